"""How each package manager is told to leave development dependencies out."""

from __future__ import annotations

import re

from codi_hook.model import Applicability, Candidate, Document, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.layers import environment
from codi_hook.shell.managers import Call

_VARIABLES = {
    "npm": "NODE_ENV=production",
    "yarn": "NODE_ENV=production",
    "pnpm": "NODE_ENV=production",
    "composer": "COMPOSER_NO_DEV=1",
    "bundle": "BUNDLE_WITHOUT=development:test",
}
_OPTIONS = {
    "yarn": ("--production",),
    "pnpm": ("--prod",),
    "bun": ("--production",),
    "composer": ("--no-dev",),
    "poetry": ("--only=main", "--without=dev"),
    "uv": ("--no-dev", "--no-default-groups"),
}
_major = pattern(r"v?(\d+)").match


def is_yarn_2(found: Call) -> bool:
    """True where an option says that this is yarn 2 or later, which has no --production."""
    return found.manager.name == "yarn" and found.has_flag(
        "--immutable", "--immutable-cache", "--inline-builds"
    )


def npm_option(document: Document, found: Call) -> str:
    """``--omit=dev`` came with npm 7 (Node 15); before, and where the version is not known,
    ``--only=production``, which later versions still understand."""
    stage = document.stage_of(found.command.instruction)
    if stage is None:
        return "--only=production"
    image = list(stage.lineage())[-1].image
    if image.short_name != "node":
        return "--only=production"
    major = _major(image.tag)
    return "--only=production" if major and int(major[1]) < 15 else "--omit=dev"


def declining_options(document: Document, found: Call) -> tuple[str, ...]:
    name = found.manager.name
    if name == "npm":
        return (npm_option(document, found),)
    if name == "poetry":
        version = environment(document, found.command.instruction).get("POETRY_VERSION", "")
        if re.match(r"(?:0\.|1\.[01](?:\.|$))", version):
            return ("--no-dev",)  # groups came with 1.2
    return _OPTIONS.get(name, ())


def variable_for(name: str) -> str | None:
    return _VARIABLES.get(name)


def prune_command(document: Document, found: Call) -> str | None:
    """The command that takes development dependencies out of what is installed."""
    name = found.manager.name
    if name == "npm":
        return f"npm prune {npm_option(document, found)}".replace("--only=", "--")
    if name == "yarn" and not is_yarn_2(found):
        return "yarn install --production --ignore-scripts --prefer-offline"
    return "pnpm prune --prod" if name == "pnpm" else None


def advise_stage(name: str) -> Candidate:
    return Candidate(
        "build-in-own-stage",
        "Build in a stage of its own and copy the result",
        (),
        Applicability.DISPLAY,
        (
            Reason("nothing-stays", f"what {name} installs for the build stays in the build stage"),
            Reason("small", "the final stage holds the result and what it needs to run"),
        ),
    )


def advise_focus() -> Candidate:
    """yarn 2 and later install by workspace; which ones is not to be read from the file."""
    return Candidate(
        "yarn-workspaces-focus",
        "Install with yarn workspaces focus --all --production",
        (),
        Applicability.DISPLAY,
        (
            Reason("yarn-2", "yarn 2 and later have no --production and do not read NODE_ENV"),
            Reason("focus", "workspaces focus --production leaves out what only development needs"),
        ),
    )
