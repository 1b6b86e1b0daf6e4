import click

import hub_models

NAME = click.Choice(hub_models.names())


@click.group()
def command():
    """Published audio networks, YAMNet and VGGish: what is on this machine, and how to get it."""


@command.command("list")
def listing():
    """Show every backbone: whether its weights are here, where, and how large they are."""
    from kerasfeat.cli._summary import print_table

    rows = [
        [it.name, f"{it.size_bytes / 1e6:.1f} MB" if it.path else "not here", str(it.path or ""), it.licence, it.handle]
        for it in hub_models.listing()
    ]
    print_table(["backbone", "weights", "where", "licence", "published at"], rows)


@command.command()
@click.argument("name", type=NAME)
def fetch(name):
    """Download a backbone from TensorFlow Hub into the cache."""
    from kerasfeat.quiet import import_tensorflow

    import_tensorflow()
    click.echo(f"{name}: {hub_models.fetch(name)}")


@command.command()
@click.argument("name", type=NAME)
@click.argument("path")
def add(name, path):
    """Copy a backbone into the cache from PATH: a SavedModel directory, a .h5 or .npz file of weights, or a companion file."""
    from kerasfeat.quiet import import_tensorflow

    import_tensorflow()
    click.echo(f"{name}: {hub_models.add(name, path)}")
