import click

from kerasfeat.choices import FLOAT32, FORMATS, SAVED_MODEL, WEIGHTS
from kerasfeat.cli._options import print_json, with_json


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("exports", metavar="[DIR]", required=False)
@click.option("--name", help="Name of the model on the server, or of the folder with its files.")
@click.option(
    "--version",
    type=click.IntRange(min=1),
    help="Of a SavedModel. [default: the one after the highest]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=SAVED_MODEL,
    show_default=True,
    help="Format for TensorFlow Serving, small devices, or ONNX Runtime.",
)
@click.option(
    "--weights",
    type=click.Choice(WEIGHTS),
    default=FLOAT32,
    show_default=True,
    help="Precision of the weights in a LiteRT file.",
)
@click.option(
    "--hub-folder", metavar="FOLDER", help="Write a folder for the Hugging Face Hub, not DIR."
)
@with_json
def command(
    run: str,
    exports: str | None,
    name: str | None,
    version: int | None,
    form: str,
    weights: str,
    hub_folder: str | None,
    as_json: bool,
) -> None:
    """Export a model for a server or other programs, and check it before publishing."""
    if (exports or name) if hub_folder else not (exports and name):
        raise click.UsageError("Give DIR and --name, or --hub-folder.")
    if hub_folder and form != SAVED_MODEL:
        raise click.UsageError(
            "--format belongs to DIR: a folder for the Hugging Face Hub has the model as Keras "
            "saves it."
        )
    if version and (hub_folder or form != SAVED_MODEL):
        raise click.UsageError("--version belongs to --format saved_model.")
    if weights != FLOAT32 and (hub_folder or form == SAVED_MODEL):
        raise click.UsageError("--weights belongs to --format litert.")
    from kerasfeat.cli._summary import print_checked
    from kerasfeat.silence import import_tensorflow

    import_tensorflow(gpu=False)
    from kerasfeat.serving.export import export
    from kerasfeat.serving.files import export_files
    from kerasfeat.serving.hub_folder import write_hub_folder

    if hub_folder or form != SAVED_MODEL:
        folder = (
            write_hub_folder(run, hub_folder)
            if hub_folder
            else export_files(run, str(exports), str(name), form, weights)
        )
        files = sorted(folder.iterdir())
        if as_json:
            print_json({"folder": folder, "files": files})
            return
        for file in files:
            click.echo(file)
        return
    exported = export(run, str(exports), str(name), version)
    if as_json:
        print_json({"version": exported.path, **exported.findings})
        return
    print_checked(exported.path, exported.findings)
    click.echo(f"serve it: kerasfeat serve {exports}")
