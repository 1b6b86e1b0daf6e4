from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from kerasfeat.choices import DECODERS, SOUNDFILE
from kerasfeat.cli._codes import fail_if_most_failed
from kerasfeat.cli._options import printed_form, with_engine, with_json, with_parts
from kerasfeat.engines import LOCAL
from kerasfeat.silence import import_tensorflow

TOGETHER = "--grpc HOST:PORT and --name NAME belong together."

if TYPE_CHECKING:
    import pandas as pd

    from kerasfeat.engines import Engine
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
@click.option(
    "--spreadsheet",
    is_flag=True,
    help="In CSV, put a ' before text that a spreadsheet would read as a formula.",
)
@click.option("--timeline", is_flag=True, help="Also print the prediction for each window.")
@click.option(
    "--sounds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Also print the N most probable sounds and tags from YAMNet and musicnn.",
)
@click.option(
    "--html",
    metavar="FILE",
    help="Also write a page: predictions, timeline over the waveform, nearest training songs.",
)
@click.option(
    "--decoder",
    type=click.Choice(DECODERS),
    default=SOUNDFILE,
    show_default=True,
    help="Library that decodes audio files.",
)
@click.option("--strict", is_flag=True, help="Stop at the first unusable file or missing column.")
@click.option(
    "--server", metavar="URL", help="Query a server, without RUN: http://HOST:8501/v1/models/NAME."
)
@click.option(
    "--grpc",
    metavar="HOST:PORT",
    help="Query a server over gRPC, without RUN; --name says which model.",
)
@click.option("--name", help="Name of the model on the server of --grpc.")
@with_parts
@with_engine
@with_json
def command(
    paths: tuple[str, ...],
    form: str,
    spreadsheet: bool,
    timeline: bool,
    sounds: int | None,
    html: str | None,
    decoder: str,
    strict: bool,
    server: str | None,
    grpc: str | None,
    name: str | None,
    out: str | None,
    engine: "Engine",
    as_json: bool,
) -> None:
    """Make predictions for songs: audio files, folders, or a table."""
    form = printed_form(form, as_json, spreadsheet, out)
    if server or grpc:
        if timeline or sounds or html:
            raise click.UsageError(
                "--timeline, --sounds and --html need the RUN: a server predicts songs, not "
                "windows."
            )
        if engine != LOCAL or out:
            raise click.UsageError(
                "--engine, -j and --out need the RUN: a server does this work itself."
            )
        count, asked = _ask(
            _client(server, grpc, name),
            paths,
            form=form,
            spreadsheet=spreadsheet,
            decoder=decoder,
            strict=strict,
        )
    else:
        if name:
            raise click.UsageError(TOGETHER)
        if len(paths) < 2:
            raise click.UsageError("Missing argument 'PATH...'.")
        wanted = _Wanted(
            form=form,
            spreadsheet=spreadsheet,
            timeline=timeline,
            sounds=sounds,
            html=html,
            decoder=decoder,
            strict=strict,
            out=out,
            engine=engine,
        )
        count, asked = _predict(paths[0], paths[1:], wanted)
    fail_if_most_failed(count, asked)


@dataclass(frozen=True)
class _Wanted:
    """What a run is asked to say, as the command's options have it."""

    form: str
    spreadsheet: bool
    timeline: bool
    sounds: int | None
    html: str | None
    decoder: str
    strict: bool
    out: str | None
    engine: "Engine"


def _ask(
    client: "Client",
    paths: tuple[str, ...],
    *,
    form: str,
    spreadsheet: bool,
    decoder: str,
    strict: bool,
) -> tuple[int, int]:
    """Print what a server says of songs; returns (of how many, how many were asked for)."""
    from kerasfeat.cli._output import write_predictions
    from kerasfeat.cli._songs import songs_named
    from kerasfeat.inference.records import record_columns, records
    from kerasfeat.inference.requested import require_columns

    frame = songs_named(paths, client.percent, client.columns)
    require_columns(frame, client.columns, strict)
    answers = client.predict(frame, decoder, strict)
    songs = records(client.target, answers, frame)
    columns = record_columns(client.target, frame)
    write_predictions(songs, client.target, form, columns, spreadsheet)
    return len(answers.rows), len(frame)


def _predict(run: str, paths: tuple[str, ...], wanted: _Wanted) -> tuple[int, int]:
    """Print what a run says of songs; returns (of how many, how many were asked for)."""
    from kerasfeat.api.run import load_run

    load_run(run)  # before TensorFlow is imported, which takes seconds
    import_tensorflow(lean=True)
    from kerasfeat.cli._output import print_written, write_predictions
    from kerasfeat.cli._songs import songs_named
    from kerasfeat.inference.predict import Predictor
    from kerasfeat.inference.predicting import Predicting, predicted, write_predicted
    from kerasfeat.inference.records import Counted, record_columns
    from kerasfeat.inference.requested import require_columns

    predictor = Predictor(run)
    frame = songs_named(paths, predictor.percent, predictor.columns, predictor.unusual_ranges)
    require_columns(frame, predictor.columns, wanted.strict)
    _say_cautions(predictor)
    work = Predicting(
        predictor,
        predictor.from_table(frame),
        decoder=wanted.decoder,
        strict=wanted.strict,
        timeline=wanted.timeline,
        sounds=wanted.sounds or 0,
    )
    predictions = None
    if wanted.html:  # a page holds all songs
        predictions = work.predictions(frame, wanted.engine)
        _write_page(wanted.html, predictor, predictions, frame)
    if wanted.out:
        written = write_predicted(work, frame, wanted.out, wanted.engine)
        print_written(wanted.out, written, wanted.form == "json")
        return written.songs, written.asked
    answers = Counted(
        work.records(frame, predictions, wanted.engine)
        if predictions
        else predicted(work, frame, wanted.engine)
    )
    columns = record_columns(predictor.target, frame, wanted.timeline, bool(wanted.sounds))
    write_predictions(answers, predictor.target, wanted.form, columns, wanted.spreadsheet)
    answers.say_unheard(frame)
    return answers.count, len(frame)


def _say_cautions(predictor: "Predictor") -> None:
    """Say why the model's answers should not be believed, where that is known."""
    from kerasfeat.progress import say

    for caution in predictor.cautions:
        say(f"model: {caution}")


def _write_page(
    path: str, predictor: "Predictor", predictions: "Predictions", frame: "pd.DataFrame"
) -> None:
    from kerasfeat.inference.records import records
    from kerasfeat.inference.song_page import write_song_page
    from kerasfeat.progress import say

    answers = list(records(predictor.target, predictions, frame))
    say(f"page: {write_song_page(path, predictor, predictions, answers)}")


def _client(server: str | None, grpc: str | None, name: str | None) -> "Client":
    """The model on the server that was named."""
    if server and grpc:
        raise click.UsageError("--server and --grpc both name a server: choose one.")
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
