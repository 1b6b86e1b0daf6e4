from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from kerasfeat.cli._options import with_json
from kerasfeat.silence import import_tensorflow

TOGETHER = "--grpc HOST:PORT and --name NAME belong together."

if TYPE_CHECKING:
    import pandas as pd

    from kerasfeat.inference.predict import Predictions, Predictor
    from kerasfeat.serving.client import Client


@click.command()
@click.argument("paths", metavar="[RUN] PATH...", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "jsonl"]),
    default="table",
    show_default=True,
)
@click.option("--timeline", is_flag=True, help="Also what the model says of each window of a song.")
@click.option(
    "--sounds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Also the N sounds and tags that YAMNet and musicnn hear most in a song.",
)
@click.option(
    "--html",
    metavar="FILE",
    help="Also write a page: predictions, timeline over the waveform, nearest training songs.",
)
@click.option(
    "--decoder",
    type=click.Choice(["soundfile", "tensorflow-io"]),
    default="soundfile",
    show_default=True,
)
@click.option("--strict", is_flag=True, help="Stop at the first sign of an unusable file.")
@click.option(
    "--server", metavar="URL", help="Ask a server, without RUN: http://HOST:8501/v1/models/NAME."
)
@click.option(
    "--grpc",
    metavar="HOST:PORT",
    help="Ask a server over gRPC, without RUN; --name says which model.",
)
@click.option("--name", help="The model on the server that --grpc names.")
@with_json
def command(
    paths: tuple[str, ...],
    form: str,
    timeline: bool,
    sounds: int | None,
    html: str | None,
    decoder: str,
    strict: bool,
    server: str | None,
    grpc: str | None,
    name: str | None,
    as_json: bool,
) -> None:
    """Predict songs: audio files, folders, or a table."""
    form = "json" if as_json else form
    if server or grpc:
        if timeline or sounds or html:
            raise click.UsageError(
                "--timeline, --sounds and --html need the RUN: a server gives songs, not their "
                "windows."
            )
        count = _ask(_client(server, grpc, name), paths, form, decoder, strict)
    else:
        if name:
            raise click.UsageError(TOGETHER)
        if len(paths) < 2:
            raise click.UsageError("Missing argument 'PATH...'.")
        wanted = _Wanted(
            form=form,
            timeline=timeline,
            sounds=sounds,
            html=html,
            decoder=decoder,
            strict=strict,
        )
        count = _predict(paths[0], paths[1:], wanted)
    if not count:
        raise click.exceptions.Exit(1)


@dataclass(frozen=True)
class _Wanted:
    """What a run is asked to say, as the command's options have it."""

    form: str
    timeline: bool
    sounds: int | None
    html: str | None
    decoder: str
    strict: bool


def _ask(client: "Client", paths: tuple[str, ...], form: str, decoder: str, strict: bool) -> int:
    """Print what a server says of songs; returns of how many."""
    from kerasfeat.cli._output import write_predictions
    from kerasfeat.cli._songs import songs_named
    from kerasfeat.inference.records import records

    frame = songs_named(paths, client.percent, client.columns)
    answers = client.predict(frame, decoder, strict)
    write_predictions(records(client.target, answers, frame), client.target, form, False)
    return len(answers.rows)


def _predict(run: str, paths: tuple[str, ...], wanted: _Wanted) -> int:
    """Print what a run says of songs; returns of how many."""
    import_tensorflow()
    from kerasfeat.cli._output import write_predictions
    from kerasfeat.cli._songs import songs_named
    from kerasfeat.inference.predict import Predictor, heard_sounds
    from kerasfeat.inference.records import records

    predictor = Predictor(run)
    frame = songs_named(paths, predictor.percent, predictor.columns, predictor.unusual_ranges)
    predictions = predictor.predict(frame, wanted.decoder, wanted.strict)
    if wanted.html:
        _write_page(wanted.html, predictor, predictions, frame)
    heard = {}
    if wanted.sounds:
        heard = heard_sounds(predictions.frame, wanted.sounds, wanted.decoder)
    windows = partial(predictor.timeline, predictions) if wanted.timeline else None
    songs = records(predictor.target, predictions, frame, windows=windows, sounds=heard)
    write_predictions(songs, predictor.target, wanted.form, wanted.timeline)
    return len(predictions.rows)


def _write_page(
    path: str, predictor: "Predictor", predictions: "Predictions", frame: "pd.DataFrame"
) -> None:
    from kerasfeat.inference.records import records
    from kerasfeat.inference.song_page import write_song_page
    from kerasfeat.progress import say

    told = list(records(predictor.target, predictions, frame))
    say(f"page: {write_song_page(path, predictor, predictions, told)}")


def _client(server: str | None, grpc: str | None, name: str | None) -> "Client":
    """The model on the server that was named."""
    if server and grpc:
        raise click.UsageError("--server and --grpc are two ways to the same: choose one.")
    if server and not name:
        from kerasfeat.serving.client import Client
        from kerasfeat.serving.rest import Rest

        return Client(Rest(server))
    if not grpc or not name:
        raise click.UsageError(TOGETHER)
    import_tensorflow(gpu=False)
    from kerasfeat.serving.client import Client
    from kerasfeat.serving.rpc import Grpc

    return Client(Grpc(grpc, name))
