"""`kerasfeat data`: bring in songs; make, check, and describe tables of them."""

import click

from kerasfeat.cli import _sources
from kerasfeat.cli._options import SEED, print_json, with_json
from kerasfeat.registry import unknown


class _Data(click.Group):
    """The commands of this file, and one for each source."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_sources.names()])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        own = super().get_command(ctx, name)
        return own or (_sources.command(name) if name in _sources.names() else None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(str(unknown("source or command", args[0], self.list_commands(ctx))))
        return super().resolve_command(ctx, args)


@click.group(cls=_Data)
def command() -> None:
    """Import songs, features and labels; create and inspect tables.

    OUT becomes a folder with tracks.csv, the audio, and provenance.json. If a command is stopped,
    run it again to resume.
    """


@command.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--seed", type=SEED, default=0, show_default=True, help="Another seed gives different songs."
)
@click.option(
    "--songs", type=int, default=None, help="Number of songs. [default: as many as `fit` uses]"
)
@with_json
def demo(folder: str, seed: int, songs: int | None, as_json: bool) -> None:
    """Render kerasfeat's synthesised songs, with features and labels, into DIR."""
    from kerasfeat.datasets import demo
    from kerasfeat.progress import progress

    with progress("rendering", "songs") as advance:
        count = demo.SONGS if songs is None else songs
        path = demo.render(folder, seed=seed, songs=count, progress=advance)
    if as_json:
        print_json({"out": path, "source": "synthesised"})
    else:
        click.echo(f"{path}: synthesised songs. Next: kerasfeat fit --task mood --data {path}")


@command.command()
@click.argument("path", metavar="PATH")
@click.option(
    "--audio/--no-audio", default=True, help="Decode every file to see whether it can be read."
)
@click.option("--strict", is_flag=True, help="Treat unusable rows and values as errors.")
@with_json
def check(path: str, audio: bool, strict: bool, as_json: bool) -> None:
    """Show what is in a table or a folder, what each task could use, and what is wrong."""
    from kerasfeat.datasets.check import check, render
    from kerasfeat.songs import loading

    summary = check(loading.load_songs(path, strict=strict), audio=audio)
    if as_json:
        print_json(summary)
    else:
        click.echo(render(summary))


@command.command()
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.argument("out", metavar="OUT")
@click.option(
    "--least",
    type=click.FloatRange(0, 100),
    default=88.0,
    show_default=True,
    help="How similar artist and title must each be, in percent.",
)
@with_json
def join(left: str, right: str, out: str, least: float, as_json: bool) -> None:
    """Add the columns of table B to the songs of A, matched by id, ISRC, or artist and title.

    OUT/matches.csv shows how each song was matched. Ids other than Spotify's count unless artist or
    title contradict them. A song gets nothing from several rows of B that differ.

    The features of a song come from one table, since two sources measure differently: a song with
    any in A, even just the tempo, gets none from B. To get B's, give B first.
    """
    from kerasfeat.cli._summary import print_table
    from kerasfeat.datasets.joining import MATCHES, join

    counts = join(left, right, out, least)
    if as_json:
        total = sum(counts.values())
        matches = f"{out}/{MATCHES}"
        print_json({"out": out, "songs": total, "found_by": counts, "matches": matches})
        return
    print_table(["found by", "songs"], [[how, f"{count:,}"] for how, count in counts.items()])
    click.echo(f"{out}: {sum(counts.values()):,} songs. How each was found: {out}/{MATCHES}")


@command.command()
@click.argument("table", metavar="TABLE")
@click.argument("out", metavar="OUT")
@click.option("--by", required=True, metavar="COLUMN", help="A column such as mood or artist.")
@click.option(
    "--each",
    type=click.IntRange(min=1),
    help="Songs for each value of that column. [default: as many as the rarest value has]",
)
@click.option(
    "--seed", type=SEED, default=0, show_default=True, help="Another seed draws different songs."
)
@with_json
def sample(table: str, out: str, by: str, each: int | None, seed: int, as_json: bool) -> None:
    """Draw the same number of songs from each class or artist.

    The values of COLUMN are read like the labels of a task. It may be named as in the file.
    """
    from kerasfeat.datasets.sampling import sample

    drawn = sample(table, out, by, each, seed)
    if as_json:
        print_json({"out": out, "songs": sum(drawn.values()), "by": by, "drawn": drawn})
        return
    click.echo(
        f"{out}: {sum(drawn.values()):,} songs, {min(drawn.values()):,} to "
        f"{max(drawn.values()):,} of each of {len(drawn):,} {by}s"
    )


@command.command()
@click.argument("path", metavar="PATH")
@click.option(
    "--out", metavar="FILE", help="The page to write. [default: card.html beside the table]"
)
@click.option(
    "--audio/--no-audio", default=True, help="Decode every file to see whether it can be read."
)
@with_json
def card(path: str, out: str | None, audio: bool, as_json: bool) -> None:
    """Write a page about a table: counts, distributions, origin, licence."""
    from kerasfeat.evaluation.card import write_card
    from kerasfeat.songs import loading

    page = write_card(loading.load_songs(path), out, audio)
    if as_json:
        print_json({"card": page})
    else:
        click.echo(page)
