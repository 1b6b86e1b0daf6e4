"""How commands end, as docs/reliability.md says; Click ends a wrong command line with 2."""

import click

FAILED = 1
UNMET = 3
# 128 and the number of the signal, as shells have it.
INTERRUPTED = 130


def fail_if_most_failed(done: int, asked: int) -> None:
    """End the command as failed where less than half of the songs could be used, or none.

    Args:
        done: songs that could be used.
        asked: songs that were asked for.

    Raises:
        click.exceptions.Exit: with FAILED.
    """
    if 2 * done < asked or not done:
        raise click.exceptions.Exit(FAILED)
