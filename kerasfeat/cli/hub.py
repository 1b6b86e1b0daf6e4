import dataclasses

import click

import hub_models
from kerasfeat.cli._options import print_json, with_json

NAME = click.Choice(hub_models.names())


@click.group()
def command():
    """Published audio networks, YAMNet and VGGish: what is on this machine, and how to get it."""


@command.command("list")
@with_json
def listing(as_json):
    """Show every backbone: whether its weights are here, where, and how large they are."""
    from kerasfeat.cli._summary import print_table

    found = hub_models.listing()
    if as_json:
        print_json([dataclasses.asdict(it) for it in found])
        return
    rows = [
        [
            it.name,
            f"{it.size_bytes / 1e6:.1f} MB" if it.path else "not here",
            str(it.path or ""),
            it.licence,
            it.handle,
        ]
        for it in found
    ]
    print_table(["backbone", "weights", "where", "licence", "published at"], rows)


@command.command()
@click.argument("name", type=NAME)
@with_json
def fetch(name, as_json):
    """Download a backbone from TensorFlow Hub into the cache."""
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    _cached(name, hub_models.fetch(name), as_json)


@command.command()
@click.argument("name", type=NAME)
@click.argument("path")
@with_json
def add(name, path, as_json):
    """Copy a backbone into the cache from PATH: a SavedModel directory, a .h5 or .npz file of
    weights, or a companion file.
    """
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    _cached(name, hub_models.add(name, path), as_json)


def _cached(name, path, as_json):
    if as_json:
        print_json({"name": name, "path": path})
    else:
        click.echo(f"{name}: {path}")
