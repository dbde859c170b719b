"""What an image starts: the CMD and ENTRYPOINT in effect, init processes, edits on both."""

from __future__ import annotations

from collections.abc import Sequence

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.execform import only_command
from codi_hook.recipes.installs import is_json
from codi_hook.recipes.instructions import exec_form
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.wrappers import SHELLS
from codi_hook.source import Span

SPEAKS = frozenset({"ARG", "CMD", "ENTRYPOINT", "ENV", "RUN"})
_for_development = pattern(
    r"(?:^|[^a-z])(?:dev|devel|develop|development|devcontainer|test|tests|testing|debug|ci|lint"
    r"|local)(?:[^a-z]|$)"
).search


def is_for_development(document: Document, stage: Stage) -> bool:
    """True where the stage's name or the file's says that it is no production image."""
    name = document.source.path.rpartition("/")[2].lower()
    return bool(_for_development(name) or _for_development(stage.name or ""))


def mentions(document: Document, text: str) -> bool:
    """True where an instruction that sets, or may read, a variable holds the text."""
    return any(text in item.text for item in document.instructions if item.keyword in SPEAKS)


def own(stage: Stage, keyword: str) -> Instruction | None:
    """The last CMD or ENTRYPOINT of the stage itself: the others have no effect."""
    found = None
    for item in stage.of(keyword):
        found = item
    return found


def in_effect(stage: Stage, keyword: str) -> Instruction | None:
    """The same, that of the stages it is built on included."""
    return next((item for part in stage.lineage() if (item := own(part, keyword))), None)


def last_command(document: Document, item: Instruction | None) -> Command | None:
    """What the instruction starts in the end: the last command, behind all that runs it."""
    script = document.script(item) if item is not None else None
    return script.commands[-1] if script is not None and script.commands else None


def starts_shell(document: Document, stage: Stage) -> bool:
    """True where all that the stage starts is a shell for somebody who types."""
    found = [last_command(document, in_effect(stage, word)) for word in ("ENTRYPOINT", "CMD")]
    started = [one for one in found if one is not None]
    shells = [one for one in started if one.name in SHELLS and len(one.words) == 1]
    return bool(started) and started == shells


def start_words(document: Document, item: Instruction, words: Sequence[str]) -> Edit | None:
    """The instruction in exec form with `words` for its last command; None where a shell has
    more to do than to start that command."""
    command = last_command(document, item)
    if command is None or item.comments or item.heredocs:
        return None
    if is_json(command):
        span = Span(command.words[0].span.start, command.words[-1].span.end)
        return Edit(span, exec_form(list(words))[1:-1])
    if item.form == "json" or only_command(document.script(item)) is not command:
        return None
    if command.assignments or command.redirects:
        return None
    return Edit(Span(item.body_span.start, item.span.end), exec_form(list(words)))


def literal(words: Sequence[Word]) -> list[str] | None:
    """The values of the words; None where one of them has to be expanded."""
    values = [word.value for word in words if word.value is not None]
    return values if len(values) == len(words) else None
