import click


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "jsonl"]), default="table", show_default=True)
@click.option("--timeline", is_flag=True, help="Also what the model says of each window of a song.")
@click.option("--sounds", type=click.IntRange(min=1), metavar="N", help="Also the N AudioSet classes that YAMNet hears most in a song.")
@click.option("--decoder", type=click.Choice(["soundfile", "tensorflow-io"]), default="soundfile", show_default=True)
@click.option("--strict", is_flag=True, help="Stop at the first sign of an unusable file.")
def command(run, paths, form, timeline, sounds, decoder, strict):
    """Predict songs: audio files, folders, or a table."""
    from kerasfeat.cli._output import numbered, write_predictions
    from kerasfeat.quiet import import_tensorflow

    import_tensorflow()
    from kerasfeat.data.problems import describe
    from kerasfeat.progress import say
    from kerasfeat.training.predicting import Predictor, songs_of
    from kerasfeat.training.predicting import sounds as heard

    predictor = Predictor(run)
    frame, problems = songs_of(paths)
    frame = numbered(frame)
    for line in describe(problems):
        say(f"data: {line}")
    predictions = predictor.predict(frame, decoder, strict)
    write_predictions(predictor, predictions, frame, form, timeline, heard(predictions.frame, sounds, decoder) if sounds else {})
    if not len(predictions.frame):
        raise click.exceptions.Exit(1)
