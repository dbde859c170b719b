"""Settings of apt that an earlier command has written to /etc/apt/apt.conf.d."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import replace
from codi_hook.model import Document, Edit, Finding
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.layers import preceding
from codi_hook.recipes.scripts import prepend_command
from codi_hook.recipes.users import base_is_nonroot
from codi_hook.shell.ast import Command
from codi_hook.shell.managers import Call

_FOLDER = "/etc/apt/apt.conf"
_TRUE, _FALSE = "true|yes|on|with|enable|1", "false|no|off|without|disable|0"


def configured(document: Document, call: Call, option: str, value: bool) -> bool:
    """True where the stage has set `option` to `value` before the call."""
    writers, places = _setters(document, option, value)
    if not places:
        return False
    command = call.command
    own = command.instruction
    if any(w.instruction is own and w.position < command.position for w in writers):
        return True
    return any(id(item) in places for item in preceding(document, own))


@lru_cache(maxsize=4)
def _setters(
    document: Document, option: str, value: bool
) -> tuple[tuple[Command, ...], frozenset[int]]:
    """Commands that set it, and the ids of all instructions that do. Kept for the next call of
    the same document: every apt-get of a long file asks."""
    says = _says(option, value)
    writers = [other for other in document.commands("echo", "printf") if _writes(other, says)]
    copies = [item for item in document.of("COPY") if item.heredocs and _copied(item, says)]
    places = {id(w.instruction) for w in writers} | {id(item) for item in copies}
    return tuple(writers), frozenset(places)


@lru_cache(maxsize=8)
def _says(option: str, value: bool) -> Callable[[str], object]:
    pattern = option + r"[\s\"'\\=]+(?:" + (_TRUE if value else _FALSE) + r")\b"
    return re.compile(pattern, re.IGNORECASE).search


def _copied(item: Instruction, says: Callable[[str], object]) -> bool:
    return item.arguments[-1].value.startswith(_FOLDER) and any(
        says(item.source.text(heredoc.content_span)) for heredoc in item.heredocs
    )


def _writes(command: Command, says: Callable[[str], object]) -> bool:
    targets = [item.target.text for item in command.redirects if item.target]
    if command.pipeline:
        for other in command.pipeline.commands:
            if other.name == "tee":
                targets += [word.text for word in other.args]
    return any(_FOLDER in text for text in targets) and any(
        says(word.text) for word in command.args
    )


def _is_root(document: Document, command: Command) -> bool:
    """False where writing to /etc needs sudo, or is not allowed."""
    item = command.instruction
    stage, user = document.stage_of(item), user_at(document, item)
    if command.wrapper is not None and command.wrapper.name in ("sudo", "su", "gosu"):
        return False
    return is_root(user) if user else stage is None or not base_is_nonroot(stage)


def lacking(finding: Finding, check: Callable[[Document], Iterable[Finding]]) -> list[Finding]:
    """The findings of the rule in the stage of this one, in order, triggers left out."""
    document = finding.document
    stage = document.stage_of(finding.subject.command.instruction)
    if stage is None:
        return []
    own = {id(item) for item in stage.instructions}
    return [
        replace(item, document=document)
        for item in check(document)
        if id(item.subject.command.instruction) in own
    ]


def set_for_stage(
    document: Document, calls: Sequence[Call], option: str, value: str, file: str
) -> Edit | None:
    """Write the setting at the beginning of the RUN of the first call; None where that cannot
    be done or where there are not two calls that gain by it."""
    if len(calls) < 2 or not _is_root(document, calls[0].command):
        return None
    script = document.script(calls[0].command.instruction)
    if script is None:
        return None
    return prepend_command(script, f"echo '{option} \"{value}\";' > {_FOLDER}.d/{file}")
