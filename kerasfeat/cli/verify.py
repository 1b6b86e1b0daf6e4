import click

from kerasfeat.cli._options import print_json, with_json


@click.command()
@click.argument("exports", metavar="DIR")
@with_json
def command(exports: str, as_json: bool) -> None:
    """Check exported models: the folder of one version, of a model, or of all."""
    from kerasfeat.cli._summary import print_checked
    from kerasfeat.serving.verify import verify, versions

    if as_json:
        print_json([{"version": path, **verify(path)} for path in versions(exports)])
        return
    for path in versions(exports):
        print_checked(path, verify(path))
