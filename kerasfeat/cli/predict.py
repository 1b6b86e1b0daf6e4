from typing import TYPE_CHECKING

import click

from kerasfeat.cli._options import with_json

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
    help="Also the N AudioSet classes that YAMNet hears most in a song.",
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
    from kerasfeat.cli._output import numbered, write_predictions

    remote = bool(server or grpc)
    _check(paths, remote, bool(server and grpc), bool(timeline or sounds or html), grpc, name)
    predictor = _remote(server, grpc, name) if remote else _local(paths[0])
    from kerasfeat.inference.requested import songs_of
    from kerasfeat.progress import say
    from kerasfeat.songs.problems import describe

    frame, problems = songs_of(paths if remote else paths[1:], predictor.percent, predictor.columns)
    frame = numbered(frame)
    for line in describe(problems):
        say(f"data: {line}")
    predictions = predictor.predict(frame, decoder, strict)
    if html:
        _page(html, predictor, predictions, frame)
    heard = {}
    if sounds:
        from kerasfeat.inference import predict

        heard = predict.sounds(predictions.frame, sounds, decoder)
    write_predictions(predictor, predictions, frame, "json" if as_json else form, timeline, heard)
    if not len(predictions.frame):
        raise click.exceptions.Exit(1)


def _page(
    path: str, predictor: "Predictor", predictions: "Predictions", frame: "pd.DataFrame"
) -> None:
    from kerasfeat.cli._output import records
    from kerasfeat.inference.song_page import write_song_page
    from kerasfeat.progress import say

    told = list(records(predictor, predictions, frame, False, {}))
    say(f"page: {write_song_page(path, predictor, predictions, told)}")


def _check(
    paths: tuple[str, ...],
    remote: bool,
    twice: bool,
    needs_run: bool,
    grpc: str | None,
    name: str | None,
) -> None:
    if twice:
        raise click.UsageError("--server and --grpc are two ways to the same: choose one.")
    if bool(grpc) != bool(name):
        raise click.UsageError("--grpc HOST:PORT and --name NAME belong together.")
    if remote and needs_run:
        raise click.UsageError(
            "--timeline, --sounds and --html need the RUN: a server gives songs, not their windows."
        )
    if not remote and len(paths) < 2:
        raise click.UsageError("Missing argument 'PATH...'.")


def _local(run: str) -> "Predictor":
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    from kerasfeat.inference.predict import Predictor

    return Predictor(run)


def _remote(server: str | None, grpc: str | None, name: str | None) -> "Client":
    if server:
        from kerasfeat.serving.client import Client
        from kerasfeat.serving.rest import Rest

        return Client(Rest(server))
    from kerasfeat.silence import import_tensorflow

    import_tensorflow(gpu=False)
    from kerasfeat.serving.client import Client
    from kerasfeat.serving.rpc import Grpc

    return Client(Grpc(grpc, name))
