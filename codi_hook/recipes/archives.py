"""Archives that a COPY brings in and a RUN unpacks."""

from __future__ import annotations

import re

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.chains import take_out
from codi_hook.recipes.instructions import add_flag, delete, set_keyword
from codi_hook.recipes.tools import is_direct
from codi_hook.recipes.trails import Trail
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import flag, flags, has_flag, operands

_packed = pattern(r"\.(?:tar|gz|tgz|bz2?|tbz2?|tb2|xz|txz|Z|lz|lzma|tlz|tpz)\Z").search
_added = pattern(r"\.(?:tar(?:\.(?:gz|bz2|xz))?|tgz|tbz2?|tb2|txz)\Z").search
_variable = pattern(r"\$(\w+)")
_literal = pattern(r"[\w@%+=:./-]+\Z").match
# What tar may be told without any effect on what ADD would write.
_PLAIN_OPTIONS = frozenset({
    "-x", "-z", "-j", "-J", "-f", "-v", "-C", "--extract", "--get", "--gzip", "--bzip2", "--xz",
    "--file", "--verbose", "--directory",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Unpacked:
    """A COPY, its archive, the name by which a command of a later RUN unpacks it."""

    copy: Instruction
    archive: Argument
    name: str
    script: Script
    command: Command


def _base(text: str) -> str:
    """The last part of a path, a variable in it as ``${x}``."""
    plain = _variable.sub(r"${\1}", text.replace('"', "").replace("'", ""))
    return re.split(r"[/\\]", plain)[-1]


def archive_names(item: Instruction) -> dict[str, Argument]:
    """Under which names the COPY brings archives in, and the sources (or destination) they are."""
    found: dict[str, Argument] = {}
    *sources, target = item.arguments
    for argument, origin in (*zip(sources, sources, strict=True), (target, sources[0])):
        name = _base(argument.value)
        if _packed(name):
            found.setdefault(name, origin)
    return found


def unpacks(command: Command, names: dict[str, Argument]) -> str | None:
    """The name that the command unpacks, if it is one of those."""
    if not is_direct(command):
        return None
    if command.name == "tar" and not has_flag(command, "-x", "--extract", "--get"):
        return None
    return next((name for word in command.args if (name := _base(word.text)) in names), None)


def as_add(document: Document, found: Unpacked) -> tuple[str, tuple[Edit, ...]]:
    """The folder that ADD unpacks into, and the edits; none where ADD would do something else."""
    item, command = found.copy, found.command
    nothing = "", ()
    source = unquoted(item.arguments[0].value)
    if item.flags or len(item.arguments) != 2 or item.form == "json" or not _added(source):
        return nothing
    if command.name != "tar" or not _is_plain(command, found.name):
        return nothing
    folder = _folder(document, found)
    removed = _removed(found)
    if folder is None or removed is None:
        return nothing
    gone = take_out(found.script, _with_idle_cd(found.script, (command, *removed)))
    if gone is None:
        return nothing
    target = folder.rstrip("/") + "/"
    return target, (set_keyword(item, "ADD"), Edit(item.arguments[1].span, target), *gone)


def _with_idle_cd(script: Script, gone: tuple[Command, ...]) -> tuple[Command, ...]:
    """`gone`, and each cd where nothing else would be left to run."""
    left = [one for one in script.commands if one not in gone]
    return (*gone, *left) if all(one.name == "cd" for one in left) else gone


def _is_plain(command: Command, name: str) -> bool:
    """True where tar unpacks all of one archive, and is told nothing that ADD cannot do."""
    if command.redirects or command.assignments or command.context or operands(command):
        return False
    archive = flag(command, "-f", "--file")
    return (
        archive is not None
        and _base(archive.value or "") == name
        and all(one.name in _PLAIN_OPTIONS for one in flags(command))
    )


def _folder(document: Document, found: Unpacked) -> str | None:
    """The absolute folder that tar unpacks into."""
    given = flag(found.command, "-C", "--directory")
    target = given.value if given is not None else "."
    place = Trail(document, found.script).place(found.command, target or "")
    return _absolute(document, found.script.instruction, place)


def _absolute(document: Document, item: Instruction, place: str | None) -> str | None:
    if place is None or not (_literal(place) or place == ""):
        return None
    current = effective(document, item)
    path = place if place.startswith("/") else join(current, place or ".") if current else None
    return path if path and path.startswith("/") and _literal(path) else None


def _removed(found: Unpacked) -> tuple[Command, ...] | None:
    """The commands of the same step that remove nothing but the archive; None where the file
    mentions the archive anywhere else."""
    commands = [
        one
        for one in found.script.commands
        if one.name == "rm"
        and not one.context
        and [_base(word.text) for word in one.args if word.text[:1] != "-"] == [found.name]
    ]
    text = found.copy.source.text(found.copy.source.span)
    mentions = [found.copy.text, *(text_of(found, one) for one in (found.command, *commands))]
    expected = sum(one.count(found.name) for one in mentions)
    return tuple(commands) if text.count(found.name) == expected else None


def text_of(found: Unpacked, command: Command) -> str:
    return found.copy.source.text(command.span)


def as_mount(document: Document, found: Unpacked) -> tuple[str, tuple[Edit, ...]]:
    """Where the archive is mounted, and the edits; none where that is not known."""
    item, run = found.copy, found.script.instruction
    nothing = "", ()
    if item.flags or len(item.arguments) != 2 or found.script.dialect == "exec":
        return nothing
    source, last = (unquoted(argument.value) for argument in item.arguments)
    if not _literal(source) or document.stage_of(item) is None:
        return nothing
    target = _absolute(document, item, last)
    removed = _removed(found)
    if target is None or removed is None:
        return nothing
    if last.endswith(("/", "/.")) or last == "." or _base(target) != found.name:
        target = f"{target.rstrip('/')}/{_base(source)}"
    gone = take_out(found.script, removed) if removed else ()
    if gone is None or any(edit.span.contains(run.span) for edit in gone):
        return nothing
    source = source.removeprefix("./").lstrip("/")
    mount = f"--mount=type=bind,source={source},target={target}"
    return target, (delete(item), add_flag(run, mount), *gone)
