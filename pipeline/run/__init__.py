"""A run: what is done to the inputs, step by step."""
