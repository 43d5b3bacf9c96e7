"""What is true of Chinese text, whatever is done with it: code points, the canonical form, plausibility, dates."""
