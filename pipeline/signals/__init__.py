"""What a document is: signals that are measured on its clean text, its language, and the verdict that follows from them."""
