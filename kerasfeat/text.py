"""Numbers and names as running text."""

import re

# What moves a terminal's cursor, changes its colours, or turns the direction of reading.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """A text in one line, its control characters as escapes such as \\x1b.

    Songs, labels, and files are called what others wrote, and servers answer what they like.
    """
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def count(number: int, noun: str) -> str:
    """A number with its noun in the right form, such as "1 song" or "14,273 songs".

    Args:
        number: how many there are.
        noun: what there is of it, in the singular; the plural has an "s" more.
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def words(name: str) -> str:
    """A name without its underscores: gradient_boosting is gradient boosting."""
    return name.replace("_", " ")
