"""Where this runs, said at installation; all else is in pyproject.toml."""

import sys

from setuptools import setup

if sys.platform == "win32":
    sys.exit("taosha runs on Linux and macOS; on Windows install it in WSL (https://learn.microsoft.com/windows/wsl)")
setup()
