"""One command for each source of songs, made from what its file declares."""

import click


def names():
    """What `kerasfeat data` can bring in."""
    from kerasfeat.data.sources import sources

    return sources.names()


def command(name):
    """The click command of a source."""
    from kerasfeat.data.sources import sources

    source = sources.get(name)
    arguments = [click.Argument([place.lower()], metavar=place) for place in source.places]
    options = [_option(option) for option in source.options]

    def run(out, **values):
        places = [values.pop(place.lower()) for place in source.places]
        songs = source.make(*places, out, **values)
        click.echo(f"{out}: {songs:,} songs from {name}. Next: kerasfeat data check {out}")

    help_text = f"{source.description}\n\n{source.origin.url}. Licence: {source.origin.licence}."
    return click.Command(name, callback=run, params=[*arguments, click.Argument(["out"], metavar="OUT"), *options], help=help_text)


def _option(option):
    kind = click.Choice(option.choices) if option.choices else click.IntRange(min=1) if option.kind is int else option.kind
    shown = {"help": option.help, "metavar": option.metavar, "show_default": bool(option.default)}
    return click.Option([option.flag], type=kind, is_flag=option.kind is bool, multiple=option.many, default=option.default, **shown)
