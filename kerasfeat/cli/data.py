import click

from kerasfeat.cli import _sources
from kerasfeat.registry import unknown


class _Data(click.Group):
    """The commands of this file, and one for each source."""

    def list_commands(self, ctx):
        return sorted([*super().list_commands(ctx), *_sources.names()])

    def get_command(self, ctx, name):
        own = super().get_command(ctx, name)
        return own or (_sources.command(name) if name in _sources.names() else None)

    def resolve_command(self, ctx, args):
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(str(unknown("source or command", args[0], self.list_commands(ctx))))
        return super().resolve_command(ctx, args)


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


@command.command()
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.argument("out", metavar="OUT")
@click.option("--least", type=click.FloatRange(0, 100), default=92.0, show_default=True, help="How alike artist and title must be.")
def join(left, right, out, least):
    """Add to the songs of A what table B knows of them: by id, ISRC, or artist and title.

    OUT/matches.csv says how each song was found.
    """
    from kerasfeat.cli._summary import print_table
    from kerasfeat.data.joining import MATCHES, join

    counts = join(left, right, out, least)
    print_table(["found by", "songs"], [[how, f"{count:,}"] for how, count in counts.items()])
    click.echo(f"{out}: {sum(counts.values()):,} songs. How each was found: {out}/{MATCHES}")


@command.command()
@click.argument("table", metavar="TABLE")
@click.argument("out", metavar="OUT")
@click.option("--by", required=True, metavar="COLUMN", help="Such as mood, genre, or artist.")
@click.option("--each", type=click.IntRange(min=1), help="Songs for each value of it. [default: as many as the rarest has]")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws other songs.")
def sample(table, out, by, each, seed):
    """Draw as many songs of each class, or of each artist."""
    from kerasfeat.data.sampling import sample

    drawn = sample(table, out, by, each, seed)
    click.echo(f"{out}: {sum(drawn.values()):,} songs, {min(drawn.values()):,} to {max(drawn.values()):,} of each of {len(drawn):,} {by}s")


@command.command()
@click.argument("path", metavar="PATH")
@click.option("--out", metavar="FILE", help="The page. [default: card.html beside the table]")
@click.option("--audio/--no-audio", default=True, help="Decode every file to see whether it can be read.")
def card(path, out, audio):
    """Write a page on a table: counts, distributions, origin, licence."""
    from kerasfeat.data import tracks
    from kerasfeat.evaluation.card import write_card

    click.echo(write_card(tracks.load(path), out, audio))
