import dataclasses
from pathlib import Path

import click

import hub_models
from kerasfeat.cli._options import print_json, with_json

NAME = click.Choice(hub_models.names())


@click.group()
def command() -> None:
    """Published audio networks, YAMNet and VGGish: what is on this machine, and how to get it."""


@command.command("list")
@with_json
def listing(as_json: bool) -> None:
    """Show every backbone: whether its weights are here, where, and how large they are."""
    from kerasfeat.cli._summary import print_table

    backbones = hub_models.listing()
    if as_json:
        print_json([dataclasses.asdict(backbone) for backbone in backbones])
        return
    rows = []
    for backbone in backbones:
        size = f"{backbone.size_bytes / 1e6:.1f} MB" if backbone.path else "not here"
        path = str(backbone.path or "")
        rows.append([backbone.name, size, path, backbone.licence, backbone.handle])
    print_table(["backbone", "weights", "where", "licence", "published at"], rows)


@command.command()
@click.argument("name", type=NAME)
@with_json
def fetch(name: str, as_json: bool) -> None:
    """Download a backbone from TensorFlow Hub into the cache."""
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    _print_cached(name, hub_models.fetch(name), as_json)


@command.command()
@click.argument("name", type=NAME)
@click.argument("path")
@with_json
def add(name: str, path: str, as_json: bool) -> None:
    """Copy a backbone into the cache from PATH: a SavedModel directory, a .h5 or .npz file of
    weights, or a companion file.
    """
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    _print_cached(name, hub_models.add(name, path), as_json)


def _print_cached(name: str, path: Path, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "path": path})
    else:
        click.echo(f"{name}: {path}")
