"""What holds for every test."""

import signal

from hypothesis import settings

# No example is timed: machines are shared, and the first call of a kernel compiles it. Speed is measured by `make bench`.
settings.register_profile("taosha", deadline=None)
settings.load_profile("taosha")

# Under nohup, or in the background of a shell, signals are ignored, in all that a test starts too.
for number, usual in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)
