"""`python -m pipeline` is `taosha`."""

from pipeline.cli import main

main()
