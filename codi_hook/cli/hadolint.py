"""`codi-hook hadolint`: the options of hadolint, so that a hook or script need not be rewritten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click

from codi_hook.config.hadolint import FORMATS, THRESHOLDS, read_options
from codi_hook.config.resolve import resolve
from codi_hook.config.schema import SEVERITIES

_MANY: dict[str, Any] = {"multiple": True, "metavar": "CODE"}


@click.command(
    short_help="Take hadolint's options in its place.",
    help="""Check FILES as hadolint would: its rules and severities, its configuration, its
    environment variables and its options. Fixes are shown, not made; see
    `codi-hook check --fix`.

    Exit code: 0 clean, 1 findings at or above the threshold, 2 usage or internal error.""",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=str, allow_dash=True))
@click.option("-c", "--config", metavar="FILE", help="The configuration, in hadolint's terms.")
@click.option("--no-fail", is_flag=True, help="Exit with 0 also when there are findings.")
@click.option("--no-color", is_flag=True, help="No colours.")
@click.option("-f", "--format", type=click.Choice(list(FORMATS)))
@click.option("--ignore", **_MANY, help="A rule to leave out, in place of the configured ones.")
@click.option("--error", **_MANY, help="Make a rule an error.")
@click.option("--warning", **_MANY, help="Make a rule a warning.")
@click.option("--info", **_MANY, help="Make a rule an info.")
@click.option("--style", **_MANY, help="Make a rule a matter of style.")
@click.option("--trusted-registry", multiple=True, metavar="HOST", help="A registry to allow.")
@click.option("--require-label", multiple=True, metavar="NAME:KIND", help="A label to require.")
@click.option("--strict-labels", is_flag=True, help="Allow no other labels.")
@click.option("--disable-ignore-pragma", is_flag=True, help="Disregard ignore comments.")
@click.option("-t", "--failure-threshold", type=click.Choice(list(THRESHOLDS)))
@click.option("-V", "--verbose", is_flag=True, help="Accepted, without effect.")
def hadolint(files: tuple[str, ...], **values: Any) -> int:
    from codi_hook.cli.check import run

    if not files:
        raise click.UsageError("name a Dockerfile, or - for standard input")
    options = {name: value for name, value in _configured(values) if value}
    config = values["config"] or ""
    return run(files, resolve({}, os.environ, config=config, as_hadolint=read_options(options)))


def _configured(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The options under the names of the configuration's keys."""
    for flag in ("no-fail", "no-color", "strict-labels", "disable-ignore-pragma", "format"):
        yield flag, values[flag.replace("-", "_")]
    yield "failure-threshold", values["failure_threshold"]
    yield "ignored", list(values["ignore"])
    yield "trustedRegistries", list(values["trusted_registry"])
    yield "label-schema", list(values["require_label"])
    yield "override", {level: list(values[level]) for level in SEVERITIES if values[level]}
