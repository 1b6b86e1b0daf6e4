"""How options with structure are read."""

import click


def assignments(words):
    """`name=value` words as a dict."""
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{word!r} is not name=value")
        pairs[name] = value
    return pairs


def names(text):
    """Names separated by commas as a tuple."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
