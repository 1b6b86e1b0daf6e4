import click

from kerasfeat.cli._options import assignments, names, print_json, with_json


@click.command()
@click.argument("data", metavar="PATH")
@click.option(
    "--inputs",
    default="logmel",
    show_default=True,
    metavar="NAMES",
    help="Audio inputs, separated by commas.",
)
@click.option(
    "--task", default="mood", show_default=True, help="The task whose clip length is used."
)
@click.option(
    "--set",
    "overrides",
    metavar="NAME=VALUE",
    multiple=True,
    help="A front-end's parameter (repeatable), such as logmel.mels=64.",
)
@click.option(
    "--decoder",
    type=click.Choice(["soundfile", "tensorflow-io"]),
    default="soundfile",
    show_default=True,
)
@click.option("--strict", is_flag=True, help="Take unusable files as errors.")
@with_json
def command(data, inputs, task, overrides, decoder, strict, as_json):
    """Compute audio inputs ahead of `fit`, which finds them in the cache."""
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    from kerasfeat import KerasfeatError
    from kerasfeat.audio.frontends import frontends
    from kerasfeat.experiment.dataset import extract_audio
    from kerasfeat.experiment.hyperparameters import resolve
    from kerasfeat.networks.trunks import default_trunk, trunks
    from kerasfeat.songs import loading
    from kerasfeat.tasks import tasks

    chosen = {name: frontends.get(name) for name in names(inputs)}
    hyperparameters = resolve(
        trunks.get(default_trunk(chosen)), chosen, tasks.get(task).clip_s, assignments(overrides)
    )
    table = loading.load_songs(data)
    if "audio" not in table.frame:
        raise KerasfeatError(f"{table.path} has no column 'audio' with files to extract from.")
    keys, store, failures = extract_audio(table.frame, hyperparameters.frontends, decoder, strict)
    songs, folders = (
        sum(key is not None for key in keys),
        {name: store.folder(it) for name, it in hyperparameters.frontends.items()},
    )
    if as_json:
        print_json({"songs": songs, "failures": failures, "folders": folders})
        return
    for name, folder in folders.items():
        click.echo(f"{name}: {songs} songs, {len(failures)} files can't be used, in {folder}")
