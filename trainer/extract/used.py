"""Which scripts of its context a Dockerfile runs: in RUN, CMD and ENTRYPOINT, ONBUILD included.

A script is used where it is what a command starts, what a shell or ``.`` reads, what chmod makes
executable, or any word of CMD and ENTRYPOINT, which hand programs on to an init or to each other.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.recipes.contexts import sources
from codi_hook.recipes.trails import Trail
from codi_hook.recipes.values import unquoted
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.flags import operands
from codi_hook.shell.wrappers import SHELLS
from trainer.extract.context import Context, clean, is_shell
from trainer.extract.placed import UNKNOWN, Placed, absolute, last_folder, literal

LARGEST = 256 << 10  # bytes of a script
MOST = 32  # scripts of a Dockerfile
_READS = SHELLS | {".", "source", "exec"}
_executable = re.compile(r"\+\w*x|[ugoa]+[+=]\w*x|0?[1357]\d\d\Z|\d?[1357]\d\d\Z").search


def scripts(document: Document, context: Context) -> dict[str, str]:
    """Path in the repository → text of each shell script that the Dockerfile brings in and
    uses, sorted by path."""
    found: dict[str, str] = {}
    for path in sorted(set(paths(document, context))):
        data = context.read(path)
        if data is None or len(data) > LARGEST or b"\0" in data or not is_shell(path, data):
            continue
        try:
            found[path] = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if len(found) >= MOST:
            break
    return found


def paths(document: Document, context: Context) -> Iterator[str]:
    """The files of the context that are used as programs, scripts or not."""
    root = root_of(document, context)
    known: list[Placed] = []
    for stage in document.stages:
        placed = Placed(known[stage.parent.index] if stage.parent else None)
        known.append(placed)
        for outer in stage.instructions:
            item = outer.trigger or outer
            if item.keyword in ("COPY", "ADD"):
                _copied(document, item, placed, known, context, root)
            elif item.keyword == "ENV":
                placed.environment(item)
            elif item.keyword == "RUN":
                yield from _run(document, item, placed, context)
        yield from _started(document, stage, placed, context)


def root_of(document: Document, context: Context) -> str:
    """The context's folder: the Dockerfile's own or the repository's root, whichever has more of
    what is copied by name. A file that only the other one has is taken from there."""
    own = posixpath.dirname(document.source.path)
    names = [
        word
        for item in document.of("COPY", "ADD")
        for word in (unquoted(one.value) for one in sources(item))
        if "$" not in word and clean(word)
    ]
    have = {
        root: sum(next(context.matches(root, name), None) is not None for name in names)
        for root in (own, "")
    }
    return own if have[own] >= have[""] else ""


def _copied(
    document: Document,
    item: Instruction,
    placed: Placed,
    known: list[Placed],
    context: Context,
    root: str,
) -> None:
    flag = item.flag("from")
    if flag is None:
        placed.copy(document, item, context, root)
        return
    name = (flag.value or "").lower()
    for stage in document.stages[: len(known) - 1]:
        if name and name in (stage.name, str(stage.index)):
            placed.copy_from(document, item, known[stage.index], context)


def _run(document: Document, item: Instruction, placed: Placed, context: Context) -> Iterator[str]:
    script = document.script(item)
    if script is None or not script.commands:
        return
    trail = Trail(document, script)
    for command in script.commands:
        folder = trail.folder(command) or UNKNOWN
        places = [_place(word, folder) for word in operands(command)]
        placed.moved(command, places, context)
        for word in _programs(command):
            if source := _source(word, folder, placed, context, word is command.words[0]):
                yield source


def _programs(command: Command) -> Iterator[Word]:
    """The words of a command that name a program or script which it runs or makes runnable."""
    if not command.words:
        return
    yield command.words[0]
    if command.name in _READS:
        yield from operands(command)[:1]
    elif command.name == "chmod":
        modes = [word.text for word in command.args if _executable(word.text)]
        yield from operands(command)[1:] if modes else ()


def _started(document: Document, stage: Stage, placed: Placed, context: Context) -> Iterator[str]:
    folder = last_folder(document, stage)
    for outer in stage.instructions:
        item = outer.trigger or outer
        if item.keyword in ("CMD", "ENTRYPOINT"):
            script: Script | None = document.script(item)
            for command in script.commands if script else ():
                for word in command.words:
                    if source := _source(word, folder, placed, context, True):
                        yield source


def _source(word: Word, folder: str, placed: Placed, context: Context, is_name: bool) -> str | None:
    """The file of the context that the word names; a bare name is looked for along PATH."""
    text = literal(word)
    if text is None:
        return None
    found = placed.source(absolute(folder, text), context)
    if found is None and is_name and "/" not in text:
        places = (placed.source(f"{one.rstrip('/')}/{text}", context) for one in placed.path)
        found = next(filter(None, places), None)
    return found


def _place(word: Word, folder: str) -> str | None:
    text = literal(word)
    return absolute(folder, text) if text is not None else None
