"""Options that commands share, and how options with structure are read."""

import codecs
import functools
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import click

from kerasfeat import progress
from kerasfeat.choices import HIGHEST_SEED
from kerasfeat.engines import Engine, Local

# What JSON leaves as it is, and a terminal may obey.
UNESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

Function = TypeVar("Function", bound=Callable[..., Any])


def assignments(words: Iterable[str]) -> dict[str, str]:
    """`name=value` words as a dict.

    Raises:
        click.BadParameter: a word is none.
    """
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{word!r} is not name=value")
        pairs[name] = value
    return pairs


def names(text: str | None) -> tuple[str, ...]:
    """Names separated by commas as a tuple."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def ranges_of(
    targets: Sequence[str], limits: tuple[float, float] | None
) -> dict[str, tuple[float, float]]:
    """The range of each target that --target names, all of them that of --range."""
    if limits and not targets:
        raise click.UsageError("--range needs --target: name the numbers it applies to.")
    return dict.fromkeys(targets, limits) if limits else {}


def _show_details(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    # The group's comes first, and holds where a command does not say.
    if value or ctx.parent is None:
        progress.show_details(value)


def _be_quiet(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value or ctx.parent is None:
        progress.be_quiet(value)


# `kerasfeat -v fit` and `kerasfeat fit -v` are the same.
_verbose = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_show_details,
    help="Print more to stderr: settings, network, timings, versions, and where an error comes "
    "from.",
)
_quiet = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_be_quiet,
    help="Print only errors to stderr.",
)
_as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON document, for scripts."
)


def verbose(function: Function) -> Function:
    """The options of how much a command says on stderr."""
    return _verbose(_quiet(function))


def printed_form(
    form: str, as_json: bool, spreadsheet: bool = False, out: str | None = None
) -> str:
    """The form in which a result is printed.

    Args:
        form: of --format.
        as_json: whether --json was given.
        spreadsheet: whether --spreadsheet was.
        out: of --out, where the result goes there.

    Raises:
        click.UsageError: these do not go together.
    """
    if out and (spreadsheet or form not in ("table", "parquet")):
        raise click.UsageError(
            "--out takes the place of stdout and writes Parquet files: leave out --format and "
            "--spreadsheet."
        )
    if as_json and form not in ("table", "json"):
        raise click.UsageError(f"--json and --format {form} are two forms: choose one.")
    if spreadsheet and form != "csv":
        raise click.UsageError("--spreadsheet belongs to --format csv.")
    return "json" if as_json else form


def with_json(function: Function) -> Function:
    """The options of a command that prints a result; the function takes `as_json`."""
    return _as_json(verbose(function))


def _engine(
    engine: str, address: str | None, workers: int | None, worker_cpus: float, worker_gpus: float
) -> Engine:
    """The engine that the options of `with_engine` name."""
    if engine == "ray":
        from kerasfeat.ray_engine import Ray

        return Ray(address, workers, worker_cpus, worker_gpus)
    if address or worker_cpus != 1 or worker_gpus:
        raise click.UsageError("--address, --worker-cpus and --worker-gpus belong to --engine ray.")
    return Local(workers)


_ENGINE_OPTIONS = (
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="What runs the work: this process, or Ray, on one machine or several.",
    ),
    click.option(
        "--address",
        metavar="HOST:PORT",
        help="Address of the Ray cluster, as `ray start --head` prints it.  [default: this "
        "machine]",
    ),
    click.option(
        "-j",
        "workers",
        type=click.IntRange(min=1),
        metavar="N",
        help="Files to process at the same time; with Ray, the number of workers.  [default: all "
        "cores]",
    ),
    click.option(
        "--worker-cpus",
        type=click.FloatRange(min=0, min_open=True),
        default=1.0,
        show_default=True,
        metavar="N",
        help="CPUs for each Ray worker; may be a fraction.",
    ),
    click.option(
        "--worker-gpus",
        type=click.FloatRange(min=0),
        default=0.0,
        show_default=True,
        metavar="N",
        help="GPUs for each Ray worker; may be a fraction.",
    ),
)
_ENGINE_NAMES = ("engine", "address", "workers", "worker_cpus", "worker_gpus")


with_parts = click.option(
    "--out",
    metavar="FOLDER",
    help="Write Parquet files to this folder instead of stdout, one per block of songs. Run it "
    "again to resume.",
)


def with_engine(function: Function) -> Function:
    """The options of what does the work; the function takes `engine`.

    Where the work is stopped, how it goes on is told.
    """

    @functools.wraps(function)
    def run(**values: Any) -> Any:
        chosen = {name: values.pop(name) for name in _ENGINE_NAMES}
        try:
            return function(engine=_engine(**chosen), **values)
        except KeyboardInterrupt:
            progress.say("stopped: finished files are kept; run the same command again to resume")
            raise

    for option in reversed(_ENGINE_OPTIONS):
        run = option(run)
    return cast(Function, run)


SEED = click.IntRange(0, HIGHEST_SEED)


def print_json(value: Any, indent: int | None = 2) -> None:
    """Print a result as one JSON document."""
    click.echo(json_text(value, indent))


def json_text(value: Any, indent: int | None = 2) -> str:
    """A value as JSON for stdout; paths are text.

    What stdout's encoding may lack is written as JSON's own escapes.
    """
    escaped = codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8"
    text = json.dumps(value, ensure_ascii=escaped, indent=indent, allow_nan=False, default=str)
    return UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
