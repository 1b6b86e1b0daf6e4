"""Predict what songs sound like from tabular features, from audio, and from both."""

__version__ = "0.1.0"


class KerasfeatError(Exception):
    """A problem the user can mend: the message says what, what was received, what is allowed, and
    what to do.
    """
