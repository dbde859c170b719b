"""Which install commands bring development dependencies along, and what a stage is for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.layers import environment, is_shipped
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.managers import Call, call

NODE = frozenset({"npm", "yarn", "pnpm", "bun"})
_VERBS = {
    "npm": frozenset({"install", "i", "in", "ci", "clean-install"}),
    "yarn": frozenset({"install", ""}),
    "pnpm": frozenset({"install", "i", "ci"}),
    "bun": frozenset({"install", "i", "ci"}),
    "composer": frozenset({"install", "i"}),
    "bundle": frozenset({"install", ""}),
    "poetry": frozenset({"install", "sync"}),
    "uv": frozenset({"sync"}),
}
MANAGERS = frozenset(_VERBS)
_DECLINES = {
    "npm": ("--omit", "--only", "--production", "--prod", "-g", "--global", "--location"),
    "yarn": ("--production", "--prod"),
    "pnpm": ("--prod", "-P", "--production", "-g", "--global"),
    "bun": ("--production", "-p", "--omit", "-g", "--global"),
    "composer": ("--no-dev",),
    "bundle": ("--without", "--only"),
    "poetry": ("--no-dev", "--only", "--without", "--only-root"),
    "uv": ("--no-dev", "--only-group", "--no-default-groups", "--no-group"),
}
_INFORM = ("--version", "-v", "--help", "-h")
# Variables that say it for every command.
_VARIABLES = {
    "composer": ("COMPOSER_NO_DEV",),
    "bundle": ("BUNDLE_WITHOUT", "BUNDLE_ONLY"),
    "uv": ("UV_NO_DEV",),
    "npm": ("NPM_CONFIG_PRODUCTION", "NPM_CONFIG_ONLY", "NPM_CONFIG_OMIT"),
}
_is_development = pattern(
    r"(?:^|[^a-z])(?:dev|devel|develop|development|devcontainer|test|tests|testing|debug|ci|lint"
    r"|local|sandbox|builder)(?:[^a-z]|$)",
    re.IGNORECASE,
).search
_DEV_WORDS = pattern(r"(?:^|:|-)(?:dev|test|watch|develop|development|lint|storybook)(?:$|:)")
_DEV_PROGRAMS = frozenset(
    {"nodemon", "ts-node", "ts-node-dev", "tsx", "webpack-dev-server", "vite", "jest", "mocha"}
    | {"gulp", "grunt", "ng", "tox", "rspec", "phpunit", "karma", "cypress", "live-server"}
)
_BUILD_PROGRAMS = frozenset(
    {"tsc", "webpack", "vite", "gulp", "grunt", "ng", "next", "nuxt", "rollup", "parcel", "babel"}
    | {"esbuild", "jest", "mocha", "bower", "eslint", "lerna", "nx", "turbo", "npx", "ember"}
)


def is_production(document: Document) -> bool:
    """True where the final stage starts a program that is not a development tool, and neither
    path nor stage name say that the image is for development."""
    if not document.stages or _is_development(document.source.path.rpartition("/")[2]):
        return False
    stage = document.stages[-1]
    if stage.name and _is_development(stage.name):
        return False
    starts = [item for member in stage.lineage() for item in member.of("CMD", "ENTRYPOINT")]
    return bool(starts) and not any(_starts_development(document, item) for item in starts)


def _starts_development(document: Document, item: Instruction) -> bool:
    script = document.script(item)
    for command in script.commands if script else ():
        if command.name in _DEV_PROGRAMS:
            return True
        if any(_DEV_WORDS.search(word.value or "") for word in command.args):
            return True
    return False


def brings_development(document: Document, found: Call) -> bool:
    """True for an install of everything that a manifest lists, development included."""
    name = found.manager.name
    if found.verb not in _VERBS.get(name, ()) or found.packages or found.sources:
        return False
    if found.has_flag(*_DECLINES[name], *_INFORM):
        return False
    values = environment(document, found.command.instruction)
    for pair in found.command.assignments:
        values[pair.name] = (pair.value.value or "$") if pair.value else ""
    upper = {key.upper(): value for key, value in values.items()}
    if name in NODE and not _is_other(upper.get("NODE_ENV", "development")):
        return False
    return not any(variable in upper for variable in _VARIABLES.get(name, ()))


def _is_other(value: str) -> bool:
    """True where NODE_ENV is known, and not production."""
    return "$" not in value and value != "production"


def commands_after(
    document: Document, stages: list[Stage], command: Command
) -> Iterator[tuple[Script, Command]]:
    """The commands that run after this one in the image's stages, each with its script."""
    item = command.instruction
    seen = False
    for stage in stages:
        for other in stage.of("RUN"):
            script = document.script(other)
            if script is None:
                continue
            for later in script.commands:
                if seen or (other is item and later.position > command.position):
                    yield script, later
            seen = seen or other is item


def is_build_step(command: Command) -> bool:
    """True for what may need development dependencies: a script of package.json, a compiler."""
    found = call(command)
    if found is not None and found.manager.family == "npm":
        script = not found.action and bool(found.verb)  # ``yarn compile``
        return (script or found.action in ("run", "build")) and "start" not in found.verb
    return command.name in _BUILD_PROGRAMS or (
        bool(command.words) and "node_modules/.bin" in command.word.text
    )


def takes_out(command: Command, name: str) -> bool:
    """True where the command removes development dependencies again, or installs without."""
    found = call(command)
    if found is not None and found.manager.name == name:
        return found.verb == "prune" or found.has_flag(*_DECLINES[name])
    return command.name == "rm" and any("node_modules" in word.text for word in command.args)


def configured(script: Script, command: Command) -> bool:
    """``bundle config set without …`` before the install."""
    return any(
        other.name == "bundle" and {"config", "without"} <= {_lower(word) for word in other.args}
        for other in script.commands[: command.position]
    )


def _lower(word: Word) -> str:
    return (word.value or word.text).lower()


def unwanted(document: Document) -> Iterator[tuple[Call, list[Script]]]:
    """Installs that leave development dependencies in the image, each with the scripts behind
    it that build with them."""
    stages = list(reversed(list(document.stages[-1].lineage())))
    for command in document.commands(*MANAGERS):
        found = call(command)
        stage = document.stage_of(command.instruction)
        if found is None or stage is None or command.instruction not in stage.instructions:
            continue
        if not is_shipped(document, stage) or not brings_development(document, found):
            continue
        script = document.script(command.instruction)
        if script is None or configured(script, command):
            continue
        name = found.manager.name
        later = list(commands_after(document, stages, command))
        if any(takes_out(other, name) for _script, other in later):
            continue
        builds = [s for s, other in later if name in NODE and is_build_step(other)]
        yield found, builds
