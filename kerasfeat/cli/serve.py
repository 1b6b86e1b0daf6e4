"""`kerasfeat serve`: exported models behind TensorFlow Serving."""

import click

from kerasfeat.cli._options import verbose


@click.command()
@click.argument("exports", metavar="DIR")
@verbose
def command(exports: str) -> None:
    """Serve exported models with TensorFlow Serving, or print the command to do so."""
    import os
    import shlex
    import shutil
    from pathlib import Path

    from kerasfeat.silence import import_tensorflow

    import_tensorflow(gpu=False)
    from kerasfeat.progress import say
    from kerasfeat.serving import configs

    configs.relocate(exports)
    server = shutil.which("tensorflow_model_server")
    if server:
        os.execv(server, [server, *configs.arguments(exports)])
    say("tensorflow_model_server is not installed here. With Docker:")
    compose = shlex.quote(str(Path(exports) / configs.COMPOSE))
    click.echo(f"docker compose -f {compose} up")
