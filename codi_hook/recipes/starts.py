"""What an image starts: the CMD and ENTRYPOINT in effect, init processes, edits on both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.execform import only_command
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.recipes.instructions import exec_form
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import has_flag
from codi_hook.shell.managers import Call, call
from codi_hook.source import Span

# An init process of which kind passes signals on to every process, not to its child alone.
_SUPERVISORS = frozenset({"dumb-init", "init", "my_init", "runsvdir", "s6-svscan", "supervisord"})
# Packages of Alpine's and Debian's own repositories; the command has the package's name.
INITS = {"dumb-init": ("dumb-init",), "tini": ("tini", "-g", "--")}
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


def plain_init(document: Document, stage: Stage) -> tuple[bool, Command | None]:
    """Whether an init process passes signals on to all processes that the stage starts; and a
    ``tini`` without ``-g``, which passes them on to its child alone."""
    for keyword in ("ENTRYPOINT", "CMD"):
        item = in_effect(stage, keyword)
        script = document.script(item) if item is not None else None
        for command in script.commands if script else ():
            if command.name in _SUPERVISORS:
                return True, None
            if command.name == "tini":
                return has_flag(command, "-g"), command
    return False, None


def installs_of(document: Document, stage: Stage) -> Iterator[Call]:
    """Installs by a distribution's package manager on the way to the stage, in order."""
    for part in reversed(list(stage.lineage())):
        for item in part.of("RUN"):
            script = document.script(item)
            for command in script.commands if script else ():
                found = call(command)
                if found is not None and found.manager.system and found.action == "install":
                    yield found


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


def init_edits(
    document: Document, stage: Stage, item: Instruction, package: str
) -> tuple[tuple[Edit, ...], bool] | None:
    """Start by one of `INITS`, and whether the file installs it already; it is installed beside
    other packages where not. None where neither can be done."""
    command = last_command(document, item)
    words = literal(command.words) if command is not None else None
    edit = start_words(document, item, [*INITS[package], *words]) if words else None
    installs = list(installs_of(document, stage))
    if edit is None:
        return None
    if any((word.value or "").split("=")[0] == package for c in installs for word in c.packages):
        return (edit,), True
    room = next((c for c in reversed(installs) if _has_room(c)), None)
    if room is None:
        return None
    return (insert_option(room.command, room.packages[-1], package), edit), False


def _has_room(found: Call) -> bool:
    """True where a package without a version is installed from Alpine's or Debian's packages."""
    if found.manager.family not in ("apk", "apt") or not found.packages:
        return False
    return not found.pinned(found.packages[-1]) and not found.has_flag("--virtual", "-t")


def literal(words: Sequence[Word]) -> list[str] | None:
    """The values of the words; None where one of them has to be expanded."""
    values = [word.value for word in words if word.value is not None]
    return values if len(values) == len(words) else None
