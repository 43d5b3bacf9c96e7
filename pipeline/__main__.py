"""`python -m pipeline` is `taosha`, and begins here."""

import signal
import sys


def main() -> None:
    """Import the commands and call one. Ctrl-C while they are imported ends this process and needs no traceback."""
    if sys.platform == "win32":     # workers, locks of folders and restored files are made with calls that it has not
        sys.exit("taosha: this runs on Linux and macOS; on Windows run it in WSL")
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pipeline.cli import main as run

    run()


if __name__ == "__main__":
    main()
