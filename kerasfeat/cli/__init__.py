"""The `kerasfeat` command: one file a command, found by name; heavy imports stay inside the
commands' bodies.
"""

import importlib
import io
import pkgutil
import sys
import traceback

import click

from hub_models import HubError
from kerasfeat import KerasfeatError, __version__
from kerasfeat.cli._options import verbose
from kerasfeat.progress import details, say


class _Commands(click.Group):
    """Commands are this package's modules; each has `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(
            module.name
            for module in pkgutil.iter_modules(__path__)
            if not module.name.startswith("_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return importlib.import_module(f"{__name__}.{cmd_name}").command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if args and not self.get_command(ctx, args[0]):
                known = ", ".join(self.list_commands(ctx))
                ctx.fail(f"{error.format_message()} Known: {known}.")
            raise


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
    """The console script: errors that the user can mend are one message and exit code 1, anything
    else keeps its traceback.
    """
    # Names of files may be no valid text, and consoles don't know every letter: better shown as an
    # escape than not at all.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        cli()
    except (KerasfeatError, HubError) as error:
        if details():
            traceback.print_exception(error)
        say(f"kerasfeat: {error}", "red")
        sys.exit(1)
