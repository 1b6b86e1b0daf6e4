import click
from click.shell_completion import get_completion_class

from kerasfeat.cli._options import verbose

VARIABLE = "_KERASFEAT_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@verbose
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a shell completion script.

    \b
    bash: kerasfeat completion bash >> ~/.bashrc
    zsh:  kerasfeat completion zsh >> ~/.zshrc
    fish: kerasfeat completion fish > ~/.config/fish/completions/kerasfeat.fish
    """
    completion = get_completion_class(shell)
    assert completion  # click knows these three
    click.echo(completion(ctx.find_root().command, {}, "kerasfeat", VARIABLE).source())
