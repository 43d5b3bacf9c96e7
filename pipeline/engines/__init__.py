"""Engines move batches; they decide nothing about text. `local` needs no services: units of input, worker processes."""
