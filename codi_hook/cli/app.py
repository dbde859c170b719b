"""The click application: every command, and `check` again for help, completion and mistakes."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from codi_hook.cli.main import COMPLETION
from codi_hook.config import schema
from codi_hook.config.schema import KEYS, Key
from codi_hook.errors import CodiError

NAME = "codi-hook"
# Commands live in modules that are imported when they are used; the help is here so that
# listing them imports none.
COMMANDS = {
    "check": ("codi_hook.cli.app:check", "Check Dockerfiles; with --fix, repair them."),
    "hadolint": ("codi_hook.cli.hadolint:hadolint", "Take hadolint's options in its place."),
    "rule": ("codi_hook.cli.rules:rule", "Explain a rule."),
    "rules": ("codi_hook.cli.rules:rules", "List the rules."),
    "model": ("codi_hook.cli.model:model", "List, fetch, verify and remove base models."),
    "adapter": ("codi_hook.cli.adapter:adapter", "List, fetch and verify adapters."),
    "config": ("codi_hook.cli.config:config", "Show the settings, or start a configuration."),
    "doctor": ("codi_hook.cli.doctor:doctor", "Say what is installed, and what to run next."),
    "completion": ("codi_hook.cli.completion:completion", "Print a shell's completion script."),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            if os.path.exists(args[0]):
                raise CodiError(f"no command {args[0]!r}", f"did you mean {NAME} check {args[0]}?")
            from codi_hook.config.suggest import unknown

            raise unknown("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from codi_hook.version import version

        click.echo(f"{NAME} {version()}")
        ctx.exit()


@click.group(
    cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False
)
@click.option(
    "--version",
    "-V",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def app() -> None:
    """Finds what is wrong with Dockerfiles, offers verified fixes, and explains them offline."""


def run(arguments: list[str]) -> int:
    """Run the application; mistakes become `CodiError`."""
    try:
        result = app.main(
            arguments or ["--help"],
            prog_name=NAME,
            complete_var=COMPLETION,
            standalone_mode=False,
        )
    except click.ClickException as error:
        raise _one_line(error) from None
    except click.Abort:
        return 130
    return result if isinstance(result, int) else 0


def _one_line(error: click.ClickException) -> CodiError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else NAME
    message = error.format_message().replace("\n", " ").rstrip(".")
    return CodiError(message[:1].lower() + message[1:], f"see {command} --help")


def _option(key: Key) -> click.Option:
    names = [f"{key.flag}/{key.off}" if key.off else key.flag, key.field]
    settings: dict[str, Any] = {"help": key.help, "default": None}
    if key.kind == "bool":
        settings["is_flag"] = True
    else:
        settings["metavar"] = key.metavar or None
        settings["type"] = click.Choice(key.choices) if key.choices else click.STRING
        settings["multiple"] = key.repeats
    if key.env:
        settings["help"] += f"  [env: {key.env}]"
    return click.Option(names, **settings)


def given(values: dict[str, Any]) -> dict[str, Any]:
    """What was given, converted; an option that click filled in itself is None or empty."""
    options: dict[str, Any] = {}
    for key in KEYS:
        value = values.get(key.field)
        if value is None or value == ():
            continue
        try:
            if key.kind == "bool":
                options[key.name] = value
            elif key.repeats:
                parts = (schema.from_text(key, text) for text in value)
                options[key.name] = tuple(item for part in parts for item in part)
            else:
                options[key.name] = schema.from_text(key, value)
        except ValueError as error:
            raise click.UsageError(f"{key.flag}: {error}") from None
    return options


def configuration(config: str | None, isolated: bool) -> str:
    """What `resolve` is told to read."""
    if isolated and config:
        raise click.UsageError("--config and --isolated exclude each other")
    return "none" if isolated else config or ""


def _check(paths: tuple[str, ...], config: str | None, isolated: bool, **values: Any) -> int:
    from codi_hook.cli.arguments import Arguments
    from codi_hook.cli.check import check as run_check

    return run_check(Arguments(list(paths), given(values), configuration(config, isolated)))


def with_settings(callback: Callable[..., int | None], **attributes: Any) -> click.Command:
    """A command with every option of the schema, besides --config and --isolated."""
    params: list[click.Parameter] = [_option(key) for key in KEYS if key.flag]
    params.append(click.Option(["--config"], metavar="FILE", help="The configuration to read."))
    params.append(click.Option(["--isolated"], is_flag=True, help="Read no configuration."))
    return click.Command(callback=callback, params=params, **attributes)


check = with_settings(
    _check,
    name="check",
    short_help=COMMANDS["check"][1],
    help="""Check Dockerfiles. PATHS are files, folders (searched for Dockerfiles, through git
    where there is a repository) or - for standard input; the default is this folder.

    Exit code: 0 clean, 1 findings at or above --fail-on, 2 usage or internal error.""",
)
check.params.insert(
    0,
    click.Argument(["paths"], nargs=-1, type=click.Path(path_type=str, allow_dash=True)),
)
