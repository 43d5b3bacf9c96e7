"""Hot loops of the line model."""
