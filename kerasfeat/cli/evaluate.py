import click

from kerasfeat.cli._options import print_json, with_json

SHOWN = ("data", "resampled", "units", "test", "members", "baselines", "best_baseline")


@click.command()
@click.argument("run", metavar="RUN")
@click.option(
    "--data",
    metavar="PATH",
    help="Songs with labels that the model has not seen. [default: the run's own test songs]",
)
@click.option("--label", metavar="COLUMN", help="The table's column that holds the label.")
@with_json
def command(run: str, data: str | None, label: str | None, as_json: bool) -> None:
    """Show how good a trained model is, on its own test songs or on others."""
    import json

    from kerasfeat.cli._summary import over, print_scores
    from kerasfeat.targets import of_run

    if data is None:
        from kerasfeat.experiment.run_directory import load

        loaded = load(run)
        state = loaded.read()
        metrics = json.loads((loaded / "metrics.json").read_text(encoding="utf-8"))
        result = {name: metrics[name] for name in SHOWN if name in metrics}
    else:
        from kerasfeat.silence import import_tensorflow

        import_tensorflow()
        from kerasfeat.inference.evaluate import evaluate

        state, result = evaluate(run, data, label)
    if as_json:
        print_json(result)
    else:
        print(over(result))
        print_scores(result, of_run(state))
