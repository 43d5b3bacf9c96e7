"""Kernels of the repeats stage."""
