"""`codi-hook completion SHELL` prints what makes that shell complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from codi_hook.cli.main import COMPLETION

SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Print a shell's completion script.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of SHELL. For bash, for example, put

    eval "$(codi-hook completion bash)"

    into ~/.bashrc.
    """
    from codi_hook.cli.app import NAME, app

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    script = kind(app, {}, NAME, COMPLETION)
    click.echo(script.source_template % script.source_vars())
