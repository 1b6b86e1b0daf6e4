"""How pages write numbers."""

import numpy as np


def number(value: float | None, digits: int = 3) -> str:
    """A number for reading: 14,273, 0.784, −0.120; None is undefined."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "undefined"
    return with_minus(
        f"{value:,}" if isinstance(value, (int, np.integer)) else f"{value:,.{digits}f}"
    )


def difference(value: float, digits: int = 3) -> str:
    """A number that always has its sign: +0.012, −0.120."""
    return with_minus(f"{value:+.{digits}f}")


def percent(share: float) -> str:
    """A share in percent: 78.4%."""
    return f"{100 * share:.1f}%"


def with_minus(text: str) -> str:
    """Text of a number with a minus sign in place of the hyphen."""
    return text.replace("-", "\N{MINUS SIGN}")


def duration(seconds: float) -> str:
    """Seconds for reading: 3.1 s, 4 min 20 s, 1 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, hours = round(seconds) // 60, round(seconds) // 3600
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {round(seconds) % 60} s"
