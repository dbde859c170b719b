"""`codi-hook rules` lists the rules, `codi-hook rule CODE` explains one."""

from __future__ import annotations

import inspect
import json
import sys

import click

from codi_hook import registry
from codi_hook.errors import CodiError
from codi_hook.model import Rule

_FORMAT = click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The format of the answer.",
)


@click.command(short_help="List the rules.")
@_FORMAT
def rules(output_format: str) -> None:
    """List every rule: code, default severity, name and what it finds.

    ShellCheck's codes come last, those that are met in Dockerfiles. They need ShellCheck, which
    codi-hook[shellcheck] brings; any other code of its is reported as well.
    """
    from codi_hook.shellcheck import family

    known = (*registry.rules(), *family.rules())
    if output_format == "json":
        click.echo(json.dumps([_plain(rule) for rule in known], indent=2))
        return
    code = max(len(rule.code) for rule in known)
    name = max(len(rule.name) for rule in known)
    for rule in known:
        severity = rule.severity.label if rule.default else "off"
        click.echo(f"{rule.code:<{code}}  {severity:<7}  {rule.name:<{name}}  {rule.summary}")


@click.command(short_help="Explain a rule.")
@click.argument("code")
@_FORMAT
def rule(code: str, output_format: str) -> None:
    """Explain the rule with that CODE, name or alias, or the rules where an alias means several."""
    try:
        several = registry.find_all(code)
    except KeyError:
        from codi_hook.config.selection import names
        from codi_hook.config.suggest import unknown

        known = [name for item in registry.rules() for name in names(item)]
        raise unknown("rule", code, known) from None
    if output_format == "json":
        plain = [_plain(found) for found in several]
        click.echo(json.dumps(plain[0] if len(plain) == 1 else plain, indent=2))
        return
    for number, found in enumerate(several):
        if number:
            click.echo()
        _explain(found)


def _explain(found: Rule) -> None:
    click.echo(f"# {found.code} {found.name}\n\n{found.summary}\n")
    click.echo(f"Severity: {found.severity.label}{'' if found.default else ' (off by default)'}")
    if found.aliases:
        click.echo(f"Also known as: {', '.join(found.aliases)}")
    click.echo(f"\n{explanation(found)}")


def explanation(found: Rule) -> str:
    """The docstring of the rule's module, which is its page."""
    module = sys.modules[found.check.__module__]
    text = inspect.cleandoc(module.__doc__ or "")
    if not text:
        raise CodiError(f"{found.code} has no explanation", "please report it")
    return text


def templates(found: Rule) -> list[dict[str, object]]:
    """The rule's templates: their permanent ids, and the applicabilities that each may have."""
    pairs = (entry.partition(": ") for entry in found.templates)
    return [{"id": key, "applicability": levels.split(", ")} for key, _, levels in pairs]


def _plain(found: Rule) -> dict[str, object]:
    return {
        "code": found.code,
        "name": found.name,
        "severity": found.severity.label,
        "default": found.default,
        "external": found.external,
        "profiles": list(found.profiles),
        "summary": found.summary,
        "aliases": list(found.aliases),
        "templates": templates(found),
        "explanation": explanation(found),
    }
