"""Numbers and names as running text."""


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
