"""What becomes of a RUN when one of its commands fails, and which programs are too old."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.scripts import stops_on_error
from codi_hook.shell.ast import Command, Script

_release = pattern(r"v?(\d+)(?:\.(\d+))?").match
_old_names = pattern(
    r"squeeze|wheezy|jessie|lucid|precise|quantal|raring|saucy|trusty|utopic|vivid|wily"
).search
_OWN_PIP = ("python", "pypy", "continuumio/", "conda/", "condaforge/", "mambaorg/", "jupyter/")


def failure_stops(script: Script | None, command: Command) -> bool:
    """True where the RUN, and with it the build, fails if the command does."""
    if script is None or command.context:
        return False
    if script.dialect == "exec":
        return True
    pipe = command.pipeline
    if pipe is not None and command not in pipe.commands[-1:]:
        return False
    at = next((i for i, one in enumerate(script.statements) if command in one.commands), None)
    if at is None or not script.statements[at].simple:
        return False
    end, final = at, len(script.statements) - 1
    while end < final and script.statements[end].operator == "&&":  # one may dangle at the end
        end += 1
    if end == final:
        return script.statements[end].operator in ("", ";", "\n")
    # ``set -e`` looks at the last command of an and-list only.
    last = script.statements[end].operator in (";", "\n")
    return end == at and last and stops_on_error(script)


def has_old_pip(document: Document, item: Instruction) -> bool:
    """True where the base image is a distribution whose pip is older than 6.0."""
    name, tag, release = _base(document, item)
    if name.startswith(_OWN_PIP):
        return False
    old = {"ubuntu": (16, 0), "ubuntu-debootstrap": (16, 0), "debian": (9, 0), "alpine": (3, 2)}
    limit = old.get(name.rpartition("/")[2])
    return bool(_old_names(tag)) or (limit is not None and release is not None and release < limit)


def has_old_apk(document: Document, item: Instruction) -> bool:
    """True where the base image is an Alpine before 3.3, whose apk knows no ``--no-cache``."""
    name, tag, release = _base(document, item)
    if name.rpartition("/")[2] != "alpine":
        _, found, tag = tag.rpartition("alpine")
        match = _release(tag) if found else None
        release = (int(match[1]), int(match[2])) if match and match[2] else None
    return release is not None and release < (3, 3)


def _base(document: Document, item: Instruction) -> tuple[str, str, tuple[int, int] | None]:
    stage = document.stage_of(item)
    if stage is None:
        return "", "", None
    image = list(stage.lineage())[-1].image
    match = _release(image.tag)
    release = (int(match[1]), int(match[2] or 99)) if match else None
    return image.short_name, image.tag, release
