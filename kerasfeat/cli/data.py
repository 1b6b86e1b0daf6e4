import click

from kerasfeat.cli import _sources


class _Data(click.Group):
    """The commands of this file, and one for each source."""

    def list_commands(self, ctx):
        return sorted([*super().list_commands(ctx), *_sources.names()])

    def get_command(self, ctx, name):
        own = super().get_command(ctx, name)
        return own or (_sources.command(name) if name in _sources.names() else None)


@click.group(cls=_Data)
def command():
    """Bring in songs, features, and labels; make, and look at, tables of songs.

    OUT becomes a folder with tracks.csv, audio beside it, and provenance.json. A command that was stopped goes on where it was when it
    is given again.
    """


@command.command()
@click.argument("folder", metavar="DIR")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed gives other songs.")
@click.option("--songs", type=int, default=None, help="How many. [default: as `fit` uses]")
def demo(folder, seed, songs):
    """Render kerasfeat's synthesised songs, with features and labels, into DIR."""
    from kerasfeat.data import demo
    from kerasfeat.progress import progress

    with progress("rendering", "songs") as advance:
        path = demo.render(folder, seed=seed, songs=demo.SONGS if songs is None else songs, progress=advance)
    click.echo(f"{path}: synthesised songs. Next: kerasfeat fit --task mood --data {path}")


@command.command()
@click.argument("path", metavar="PATH")
@click.option("--audio/--no-audio", default=True, help="Decode every file to see whether it can be read.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--strict", is_flag=True, help="Take unusable rows and values as errors.")
def check(path, audio, as_json, strict):
    """Say what is in a table or a folder, what each task could use, and what is wrong."""
    import json

    from kerasfeat.data import tracks
    from kerasfeat.data.check import check, render

    summary = check(tracks.load(path, strict=strict), audio=audio)
    click.echo(json.dumps(summary, ensure_ascii=False, indent=2) if as_json else render(summary))
