"""The loop over the markup of a page: `walk` over its elements, `markup` reads a tag, `line` makes a line."""
