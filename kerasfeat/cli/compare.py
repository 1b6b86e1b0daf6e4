import click

from kerasfeat.cli._options import printed_form, with_json


@click.command()
@click.argument("runs", metavar="RUN RUN...", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
)
@click.option(
    "--out",
    metavar="DIR",
    help="Folder for comparison.html and its plots. [default: comparison in the first run]",
)
@with_json
def command(runs: tuple[str, ...], form: str, out: str | None, as_json: bool) -> None:
    """Compare finished runs on the same test songs: scores, paired differences, and which run does
    better on which songs.
    """
    from pathlib import Path

    from kerasfeat.api.fitting import compare
    from kerasfeat.cli._comparison import write_result
    from kerasfeat.evaluation.comparison_page import write_comparison
    from kerasfeat.progress import say

    form = printed_form(form, as_json)
    result = compare(*runs)
    write_result(result, form)
    say(f"page: {write_comparison(result, Path(out) if out else Path(runs[0]) / 'comparison')}")
