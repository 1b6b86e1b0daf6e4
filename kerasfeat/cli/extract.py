from typing import TYPE_CHECKING

import click

from kerasfeat.choices import DECODERS, SOUNDFILE
from kerasfeat.cli._codes import FAILED
from kerasfeat.cli._options import assignments, names, print_json, with_engine, with_json

if TYPE_CHECKING:
    from kerasfeat.engines import Engine


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
    "hyperparameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="A front-end's parameter (repeatable), such as logmel.mels=64.",
)
@click.option(
    "--decoder",
    type=click.Choice(DECODERS),
    default=SOUNDFILE,
    show_default=True,
)
@click.option("--strict", is_flag=True, help="Take unusable files as errors.")
@with_engine
@with_json
def command(
    data: str,
    inputs: str,
    task: str,
    hyperparameters: tuple[str, ...],
    decoder: str,
    strict: bool,
    engine: "Engine",
    as_json: bool,
) -> None:
    """Compute audio inputs ahead of `fit`, which finds them in the cache."""
    from kerasfeat.experiment.spec import Spec
    from kerasfeat.experiment.words import require_known
    from kerasfeat.silence import import_tensorflow

    asked, overrides = names(inputs), assignments(hyperparameters)
    require_known(Spec(task=task, data=data, inputs=asked, hyperparameters=overrides))
    import_tensorflow(lean=True)
    from kerasfeat import KerasfeatError
    from kerasfeat.audio.frontends import frontends
    from kerasfeat.experiment.dataset import extract_audio, say_failures
    from kerasfeat.experiment.hyperparameters import resolve
    from kerasfeat.networks.trunks import default_trunk, trunks
    from kerasfeat.songs import loading
    from kerasfeat.tasks import tasks

    chosen = {name: frontends.get(name) for name in asked}
    trunk, clip_s = trunks.get(default_trunk(chosen)), tasks.get(task).clip_s
    resolved = resolve(trunk, chosen, clip_s, overrides)
    table = loading.load_songs(data)
    if "audio" not in table.frame:
        raise KerasfeatError(f"{table.path} has no column 'audio' with files to extract from.")
    extracted = extract_audio(table.frame, resolved.frontends, decoder, strict, engine)
    say_failures(table.frame, extracted.failures)
    songs, failures = sum(key is not None for key in extracted.keys), extracted.failures
    folders = {name: extracted.store.folder(one) for name, one in resolved.frontends.items()}
    if as_json:
        print_json({"songs": songs, "failures": failures, "folders": folders})
    else:
        for name, folder in folders.items():
            click.echo(f"{name}: {songs} songs, {len(failures)} files can't be used, in {folder}")
    if len(failures) > songs:
        raise click.exceptions.Exit(FAILED)
