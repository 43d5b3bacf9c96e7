"""Hot loops of the signals."""
