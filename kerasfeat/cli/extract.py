from typing import TYPE_CHECKING

import click

from kerasfeat.choices import DECODERS, SOUNDFILE
from kerasfeat.cli._codes import fail_if_most_failed
from kerasfeat.cli._options import assignments, names, print_json, with_engine, with_json

if TYPE_CHECKING:
    from kerasfeat.engines import Engine


@click.command()
@click.argument("data", metavar="PATH")
@click.option(
    "--inputs",
    metavar="NAMES",
    help="Audio inputs, separated by commas.  [default: those that `fit` reads]",
)
@click.option("--task", default="mood", show_default=True, help="The task that the inputs are for.")
@click.option(
    "--set",
    "hyperparameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="A front-end's parameter, such as logmel.mels=64, or clip_s, the length of the windows "
    "(repeatable). `fit --model` and recipes have their own clip_s.",
)
@click.option(
    "--decoder",
    type=click.Choice(DECODERS),
    default=SOUNDFILE,
    show_default=True,
    help="Library that decodes audio files.",
)
@click.option("--strict", is_flag=True, help="Treat unusable files as errors.")
@with_engine
@with_json
def command(
    data: str,
    inputs: str | None,
    task: str,
    hyperparameters: tuple[str, ...],
    decoder: str,
    strict: bool,
    engine: "Engine",
    as_json: bool,
) -> None:
    """Compute audio inputs ahead of time; `fit` then finds them in the cache."""
    from kerasfeat.experiment.spec import Spec
    from kerasfeat.experiment.words import require_known
    from kerasfeat.silence import import_tensorflow

    asked, overrides = names(inputs), assignments(hyperparameters)
    require_known(Spec(task=task, data=data, inputs=asked, hyperparameters=overrides))
    import_tensorflow(lean=True)
    from kerasfeat import KerasfeatError
    from kerasfeat.audio.frontends import frontends
    from kerasfeat.audio.frontends.backbones import default_audio
    from kerasfeat.experiment.clip_length import choose_clip_s
    from kerasfeat.experiment.dataset import extract_audio, say_failures
    from kerasfeat.experiment.hyperparameters import CLIP, resolve
    from kerasfeat.experiment.member_kinds import MANY_SONGS
    from kerasfeat.networks.trunks import default_trunk, trunks
    from kerasfeat.progress import say
    from kerasfeat.songs import loading
    from kerasfeat.tasks import tasks

    table = loading.load_songs(data)
    if not table.known(["audio"]):
        raise KerasfeatError(f"{table.path} has no column 'audio' with files to extract from.")
    asked = asked or default_audio(len(table.frame) < MANY_SONGS)
    chosen = {name: frontends.get(name) for name in asked}
    clip_s = choose_clip_s(tasks.get(task).clip_s, asked, table.frame)
    resolved = resolve(trunks.get(default_trunk(chosen)), chosen, clip_s, overrides)
    say(f"windows of {resolved.to_json()[CLIP]:g} s (clip_s), as `fit` of these inputs cuts them")
    extracted = extract_audio(table.frame, resolved.frontends, decoder, strict, engine)
    say_failures(table.frame, extracted.failures)
    songs, failures = sum(key is not None for key in extracted.keys), extracted.failures
    folders = {name: extracted.store.folder(one) for name, one in resolved.frontends.items()}
    if as_json:
        print_json({"songs": songs, "failures": failures, "folders": folders})
    else:
        for name, folder in folders.items():
            click.echo(f"{name}: {songs} songs, {len(failures)} files can't be used, in {folder}")
    fail_if_most_failed(songs, int(table.frame["audio"].notna().sum()))
