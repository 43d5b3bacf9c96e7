"""Inputs to records: the only modules that read what is in input files (`run.unchanged` hashes them, and looks at no text).

What cannot be read becomes a `Fault` and goes to quarantine; it never stops the run and is never skipped.
"""
