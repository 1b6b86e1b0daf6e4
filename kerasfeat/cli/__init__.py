"""The `kerasfeat` command: one file a command, found by name.

Heavy imports stay inside the commands' bodies.
"""

import importlib
import pkgutil
import sys
import traceback
from itertools import pairwise

import click

from hub_models import HubError
from kerasfeat import KerasfeatError, __version__
from kerasfeat.cli import _streams as streams
from kerasfeat.cli._codes import FAILED, INTERRUPTED
from kerasfeat.cli._options import verbose
from kerasfeat.files import refusal
from kerasfeat.progress import details, say_error


class _Commands(click.Group):
    """Commands are this package's modules; each has `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(
            module.name
            for module in pkgutil.iter_modules(__path__)
            if not module.name.startswith("_")
        )

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # An option that is given as nothing would count as one that is not given.
        for before, word in pairwise(["kerasfeat", *args]):
            option, equals, value = word.partition("=")
            if not word.strip() or (option.startswith("--") and equals and not value.strip()):
                place = option if equals else f"the argument after {before!r}"
                raise click.UsageError(
                    f"{place} is empty. A shell variable that is not set is empty: set it, or "
                    "leave the option out.",
                    ctx,
                )
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if not args or self.get_command(ctx, args[0]):
                raise
            known = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"{error.message} Known: {known}.", error.ctx) from error


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__)
@verbose
def cli() -> None:
    """Predict what songs sound like: mood, genre, danceability, valence, popularity, and more.

    \b
    kerasfeat fit --task mood                  train on synthesised songs, to see how it works
    kerasfeat fit --task genre --data SONGS    train on your own table and audio files
    kerasfeat predict RUN song.mp3             use what was trained
    """


def main() -> None:
    """The console script.

    Errors that the user can mend are one message and exit code 1, anything else keeps its
    traceback.
    """
    streams.prepare()
    try:
        code = _run()
        streams.finish()
    except (KerasfeatError, HubError) as error:
        if details():
            traceback.print_exception(error)
        say_error(f"kerasfeat: {error}")
        code = FAILED
    except Exception as error:
        words = streams.refusal() or refusal(error)
        if not words:
            raise
        say_error(f"kerasfeat: {words}")
        code = FAILED
    sys.exit(code)


def _run() -> int:
    """Run the command; returns its exit code."""
    try:
        return cli.main(standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:  # click's word for Ctrl-C
        return INTERRUPTED
