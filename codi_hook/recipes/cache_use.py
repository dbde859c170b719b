"""Calls of the package managers that keep a cache: where they run and what needs it later."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.recipes.caches import CACHES
from codi_hook.recipes.layers import is_shipped, later_runs
from codi_hook.shell.ast import Word
from codi_hook.shell.managers import Call, call


def calls_shipped(document: Document) -> Iterator[Call]:
    """Calls in RUNs of the stages that end up in the image, triggers left out."""
    for command in document.commands(*CACHES):
        found = call(command)
        stage = document.stage_of(command.instruction)
        if found is None or stage is None or command.instruction not in stage.instructions:
            continue
        if is_shipped(document, stage):
            yield found


def used_at_run_time(document: Document, family: str) -> bool:
    """True where the container's own command calls the tool, which may want its cache then."""
    for item in document.of("CMD", "ENTRYPOINT"):
        script = document.script(item)
        for command in script.commands if script else ():
            found = call(command)
            if found and found.manager.family == family:
                return True
    return False


def last_verb_word(found: Call) -> Word | None:
    """``install`` of ``uv pip install``; None where options stand between the two."""
    if found.verb_word is None:
        return None
    words, parts = found.command.words, found.verb.split()
    word = words[words.index(found.verb_word) + len(parts) - 1]
    return word if word.value == parts[-1] else None


def built_again(document: Document, found: Call) -> list[Instruction]:
    """The later RUNs that compile with what this one has downloaded: they need it as well."""
    if not CACHES[found.manager.name].rebuilds:
        return []
    runs = []
    for run in later_runs(document, found.command.instruction):
        script = document.script(run)
        others = [call(command) for command in script.commands] if script else []
        if any(other and other.manager.family == found.manager.family for other in others):
            runs.append(run)
    return runs
