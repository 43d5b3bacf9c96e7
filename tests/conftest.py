"""What holds for every test."""

from hypothesis import settings

# No test is timed: machines are shared, and the first call of a kernel compiles it. Speed is measured by `make bench`.
settings.register_profile("taosha", deadline=None)
settings.load_profile("taosha")
