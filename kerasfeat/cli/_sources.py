"""One command for each source of songs, made from what its file declares."""

import click

from kerasfeat.cli._options import print_json, with_json


def names():
    """What `kerasfeat data` can bring in."""
    from kerasfeat.datasets.sources import sources

    return sources.names()


def command(name):
    """The click command of a source."""
    from kerasfeat.datasets.sources import sources

    source = sources.get(name)
    arguments = [click.Argument([place.lower()], metavar=place) for place in source.places]
    options = [_option(option) for option in source.options]

    def run(out, as_json, **values):
        places = [values.pop(place.lower()) for place in source.places]
        songs = source.make(*places, out, **values)
        if as_json:
            print_json({"out": out, "source": name, "songs": songs})
        else:
            click.echo(f"{out}: {songs:,} songs from {name}. Next: kerasfeat data check {out}")

    help_text = f"{source.description}\n\n{source.origin.url}. Licence: {source.origin.licence}."
    params = [*arguments, click.Argument(["out"], metavar="OUT"), *options]
    return click.command(name, params=params, help=help_text)(with_json(run))


def _option(option):
    kind = (
        click.Choice(option.choices)
        if option.choices
        else click.IntRange(min=1)
        if option.kind is int
        else option.kind
    )
    shown = {"help": option.help, "metavar": option.metavar, "show_default": bool(option.default)}
    return click.Option(
        [option.flag],
        type=kind,
        is_flag=option.kind is bool,
        multiple=option.many,
        default=option.default,
        **shown,
    )
