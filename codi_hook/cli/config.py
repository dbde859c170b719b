"""`codi-hook config show` prints the settings in force, `config init` starts a configuration."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from codi_hook.cli.app import configuration, given, with_settings
from codi_hook.cli.check import say
from codi_hook.config import schema
from codi_hook.config.resolve import resolve
from codi_hook.config.settings import Settings
from codi_hook.errors import CodiError

START = """\
# Settings of codi-hook; docs/configuration.md describes every key.

# The least severity that fails a run: error, warning, info, style or none.
fail-on: style

# Rules to leave out, by code or name.
ignore: []

# A rule's severity by its code; off switches it off.
severity: {}
"""


@click.group(short_help="Show the settings, or start a configuration.")
def config() -> None:
    """Show the settings in force, or start a configuration."""


def _show(config: str | None, isolated: bool, **values: Any) -> None:
    settings = resolve(given(values), os.environ, config=configuration(config, isolated))
    for note in settings.notes:
        say("note", note)
    click.echo(f"# from: {settings.config_file or 'no configuration file'}")
    for key in schema.KEYS:
        click.echo(f"{key.name}: {json.dumps(_value(settings, key))}")


def _value(settings: Settings, key: schema.Key) -> Any:
    if key.name in ("select", "extend-select", "ignore"):
        layers = [getattr(layer, key.field) for layer in settings.selections]
        return next((list(value) for value in reversed(layers) if value), [])
    if key.name == "severity":
        return {code: level.label if level else "off" for code, level in settings.severity}
    value = getattr(settings, key.field)
    if key.kind == "severity":
        return value.label if value else "none"
    return dict(value) if key.kind == "labels" else value


config.add_command(
    with_settings(_show, name="show", help="Print every setting and where it was read from.")
)


@config.command()
def init() -> None:
    """Write .codi-hook.yaml into this folder; an existing configuration is left alone."""
    from codi_hook.config.files import OURS

    for name in OURS:
        if os.path.lexists(name):
            raise CodiError("there is a configuration already", "edit it", name)
    try:
        with open(OURS[0], "x", encoding="utf-8") as stream:
            stream.write(START)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise CodiError(f"cannot be written: {reason}", "check the folder", OURS[0]) from None
    click.echo(f"Wrote {OURS[0]}. Next: codi-hook config show")
