"""Inputs to records: the only modules that open input files.

What cannot be read becomes a `Fault` and goes to quarantine; it never stops the run and is never skipped.
"""
