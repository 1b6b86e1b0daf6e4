"""One command for each source of songs, made from what its file declares."""

from typing import TYPE_CHECKING, Any

import click

from kerasfeat.cli._options import print_json, with_json

if TYPE_CHECKING:
    from kerasfeat.datasets.sources import Option


def names() -> list[str]:
    """What `kerasfeat data` can bring in."""
    from kerasfeat.datasets.sources import sources

    return sources.names()


def command(name: str) -> click.Command:
    """The click command of a source."""
    from kerasfeat.datasets.sources import sources

    source = sources.get(name)
    arguments = [click.Argument([place.lower()], metavar=place) for place in source.places]
    options = [_option(option) for option in source.options]

    def run(out: str, as_json: bool, **values: Any) -> None:
        places = [values.pop(place.lower()) for place in source.places]
        songs = source.make(*places, out, **values)
        if as_json:
            print_json({"out": out, "source": name, "songs": songs})
        else:
            click.echo(f"{out}: {songs:,} songs from {name}. Next: kerasfeat data check {out}")

    origin = source.origin
    help_text = f"{source.description}\n\nSource: {origin.url}. Licence: {origin.licence}."
    params = [*arguments, click.Argument(["out"], metavar="OUT"), *options]
    return click.command(name, params=params, help=help_text)(with_json(run))


def _option(option: "Option") -> click.Option:
    kind: click.ParamType | type = option.kind
    if option.choices:
        kind = click.Choice(option.choices)
    elif option.kind is int:
        kind = click.IntRange(min=1)
    return click.Option(
        [option.flag],
        type=kind,
        is_flag=option.kind is bool,
        multiple=option.many,
        default=option.default,
        help=option.help,
        metavar=option.metavar,
        show_default=bool(option.default),
    )
