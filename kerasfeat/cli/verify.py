import click


@click.command()
@click.argument("exports", metavar="DIR")
def command(exports):
    """Check exported models: the folder of one version, of a model, or of all."""
    from kerasfeat.cli._summary import print_checked
    from kerasfeat.serving.verify import verify, versions

    for path in versions(exports):
        print_checked(path, verify(path))
