"""Hot loops of the search for near-duplicates."""
