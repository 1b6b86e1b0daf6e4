"""`kerasfeat tensorboard`: runs and searches in the browser."""

import click

from kerasfeat.cli._options import verbose


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1)
@click.option("--port", type=click.IntRange(0, 65535), help="[default: 6006, or the next free one]")
@click.option(
    "--host", help="Address to listen on; 0.0.0.0 lets other machines in. [default: localhost]"
)
@verbose
def command(runs: tuple[str, ...], port: int | None, host: str | None) -> None:
    """Show runs and searches in TensorBoard. Without RUN, show all in ./runs and ./searches."""
    import sys

    from kerasfeat.boards.dashboard import board, logs_of

    sys.exit(board(logs_of(runs), host, port).main())
