"""`codi-train`: the steps that make an adapter, one command each.

Every module here is a command of its name (`init_adapter` is `init-adapter`), which it holds as
`command`. A module is imported when its command is asked for.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

from codi_hook.errors import CodiError


class _Steps(click.Group):
    """Finds its commands among the modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(one.name.replace("_", "-") for one in pkgutil.iter_modules(__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CodiError as error:
            raise _Failure(str(error)) from None
        except ImportError as error:
            missing = error.name or str(error)
            raise _Failure(f"{missing} is not installed (pip install 'codi-hook[train]')") from None


class _Failure(click.ClickException):
    exit_code = 2

    def format_message(self) -> str:
        return " ".join(self.message.split())


@click.group(cls=_Steps, no_args_is_help=False)
def main() -> None:
    """Make and check LoRA adapters for codi-hook."""
