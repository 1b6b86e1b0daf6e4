import click

from kerasfeat.cli._options import print_json, with_json


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("exports", metavar="DIR")
@click.option("--name", required=True, help="The model's name on the server.")
@click.option("--version", type=click.IntRange(min=1), help="[default: the one after the highest]")
@click.option(
    "--lite",
    type=click.Choice(["float32", "float16", "int8"]),
    multiple=True,
    help="Also a LiteRT (TFLite) file, with weights of this kind (repeatable).",
)
@with_json
def command(
    run: str, exports: str, name: str, version: int | None, lite: tuple[str, ...], as_json: bool
) -> None:
    """Write a trained model for TensorFlow Serving, checked before it is published."""
    from kerasfeat.cli._summary import print_checked
    from kerasfeat.silence import import_tensorflow

    import_tensorflow(gpu=False)
    from kerasfeat.serving.export import export

    exported = export(run, exports, name, version, lite)
    if as_json:
        print_json({"version": exported.path, **exported.findings, "lite": exported.lite})
        return
    print_checked(exported.path, exported.findings)
    for line in exported.lite:
        click.echo(line)
    click.echo(f"serve it: kerasfeat serve {exports}")
