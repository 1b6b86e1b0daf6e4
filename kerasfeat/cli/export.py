import click

from kerasfeat.cli._options import print_json, with_json


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("exports", metavar="DIR")
@click.option("--name", required=True, help="The model's name on the server.")
@click.option("--version", type=click.IntRange(min=1), help="[default: the one after the highest]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["saved_model", "litert", "onnx"]),
    default="saved_model",
    show_default=True,
    help="For TensorFlow Serving, small devices, or ONNX Runtime.",
)
@click.option(
    "--weights",
    type=click.Choice(["float32", "float16", "int8"]),
    default="float32",
    show_default=True,
    help="Of a LiteRT file.",
)
@with_json
def command(
    run: str, exports: str, name: str, version: int | None, form: str, weights: str, as_json: bool
) -> None:
    """Write a trained model for a server or other programs, checked before it is there."""
    from kerasfeat.cli._summary import print_checked
    from kerasfeat.silence import import_tensorflow

    import_tensorflow(gpu=False)
    from kerasfeat.serving.export import export
    from kerasfeat.serving.files import export_files

    if form != "saved_model":
        folder = export_files(run, exports, name, form, weights)
        files = sorted(folder.iterdir())
        if as_json:
            print_json({"folder": folder, "files": files})
            return
        for file in files:
            click.echo(file)
        return
    exported = export(run, exports, name, version)
    if as_json:
        print_json({"version": exported.path, **exported.findings})
        return
    print_checked(exported.path, exported.findings)
    click.echo(f"serve it: kerasfeat serve {exports}")
