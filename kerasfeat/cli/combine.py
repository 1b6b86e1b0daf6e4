import click

from kerasfeat.cli._options import with_json


@click.command()
@click.argument("members", metavar="RUN RUN...", nargs=-1, required=True)
@click.option(
    "--by",
    "way",
    type=click.Choice(["mean", "vote", "stack"]),
    default="mean",
    show_default=True,
    help="Mean; majority vote (median for numbers); or a weighted mean fitted on validation songs, "
    "networks only.",
)
@click.option("--out", metavar="DIR", help="Run directory. [default: runs/TASK-TIME]")
@with_json
def command(members: tuple[str, ...], way: str, out: str | None, as_json: bool) -> None:
    """Combine finished runs with the same task, data and seed into one model."""
    import sys

    from kerasfeat.api.run import Run, load_run
    from kerasfeat.cli._summary import print_run
    from kerasfeat.silence import import_tensorflow

    for member in members:
        load_run(member)  # before TensorFlow is imported, which takes seconds
    import_tensorflow()
    from kerasfeat.inference.combine import combine

    print_run(Run(combine(members, way, out, sys.argv[1:]).path), as_json)
