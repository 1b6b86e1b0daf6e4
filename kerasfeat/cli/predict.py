from functools import partial
from typing import TYPE_CHECKING

import click

from kerasfeat.cli._options import with_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from kerasfeat.cli._output import Predicted
    from kerasfeat.inference.predict import Predictor
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
    from kerasfeat.cli._output import write_predictions

    _check_servers(server, grpc, name)
    _check_run(paths, bool(server or grpc), bool(timeline or sounds or html))
    client = _client(server, grpc, name)
    if client:
        predicted = _ask_server(client, paths, decoder, strict)
    else:
        predicted = _ask_run(
            *paths, decoder=decoder, strict=strict, timeline=timeline, sounds=sounds, page=html
        )
    write_predictions(predicted, "json" if as_json else form)
    if not len(predicted.predictions.frame):
        raise click.exceptions.Exit(1)


def _check_servers(server: str | None, grpc: str | None, name: str | None) -> None:
    if server and grpc:
        raise click.UsageError("--server and --grpc are two ways to the same: choose one.")
    if bool(grpc) != bool(name):
        raise click.UsageError("--grpc HOST:PORT and --name NAME belong together.")


def _check_run(paths: "Sequence[str]", remote: bool, needs_run: bool) -> None:
    if remote and needs_run:
        raise click.UsageError(
            "--timeline, --sounds and --html need the RUN: a server gives songs, not their windows."
        )
    if not remote and len(paths) < 2:
        raise click.UsageError("Missing argument 'PATH...'.")


def _client(server: str | None, grpc: str | None, name: str | None) -> "Client | None":
    """The model on a server; None where no server is named."""
    if server:
        from kerasfeat.serving.client import Client
        from kerasfeat.serving.rest import Rest

        return Client(Rest(server))
    if grpc and name:
        from kerasfeat.silence import import_tensorflow

        import_tensorflow(gpu=False)
        from kerasfeat.serving.client import Client
        from kerasfeat.serving.rpc import Grpc

        return Client(Grpc(grpc, name))
    return None


def _ask_server(
    client: "Client", paths: "Sequence[str]", decoder: str, strict: bool
) -> "Predicted":
    from kerasfeat.cli._output import Predicted

    frame = _songs(paths, client)
    return Predicted(client.target, frame, client.predict(frame, decoder, strict))


def _ask_run(
    run: str,
    *paths: str,
    decoder: str,
    strict: bool,
    timeline: bool,
    sounds: int | None,
    page: str | None,
) -> "Predicted":
    """What a run says of songs; writes the page where one is named."""
    from kerasfeat.silence import import_tensorflow

    import_tensorflow()
    from kerasfeat.cli._output import Predicted, records
    from kerasfeat.inference import predict
    from kerasfeat.progress import say

    predictor = predict.Predictor(run)
    frame = _songs(paths, predictor)
    predictions = predictor.predict(frame, decoder, strict)
    if page:
        from kerasfeat.inference.song_page import write_song_page

        songs = list(records(Predicted(predictor.target, frame, predictions)))
        say(f"page: {write_song_page(page, predictor, predictions, songs)}")
    return Predicted(
        predictor.target,
        frame,
        predictions,
        timeline=partial(predictor.timeline, predictions) if timeline else None,
        sounds=predict.sounds(predictions.frame, sounds, decoder) if sounds else {},
    )


def _songs(paths: "Sequence[str]", model: "Predictor | Client") -> "pd.DataFrame":
    """The songs that were named, numbered; says what is wrong with their tables."""
    from kerasfeat.cli._output import numbered
    from kerasfeat.inference.requested import songs_of
    from kerasfeat.progress import say
    from kerasfeat.songs.problems import describe

    frame, problems = songs_of(paths, model.percent, model.columns)
    for line in describe(problems):
        say(f"data: {line}")
    return numbered(frame)
