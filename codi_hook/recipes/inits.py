"""Init processes: which one a container has, and starting by one."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.recipes.installs import insert_option
from codi_hook.recipes.starts import in_effect, last_command, literal, start_words
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import has_flag
from codi_hook.shell.managers import Call, call

# An init process of which kind passes signals on to every process, not to its child alone.
_SUPERVISORS = frozenset({"dumb-init", "init", "my_init", "runsvdir", "s6-svscan", "supervisord"})
# Packages of Alpine's and Debian's own repositories; the command has the package's name.
INITS = {"dumb-init": ("dumb-init",), "tini": ("tini", "-g", "--")}


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


def init_candidates(
    document: Document, stage: Stage, item: Instruction, package: str
) -> Iterator[Candidate]:
    found = init_edits(document, stage, item, package)
    if found is None:
        return
    edits, installed = found
    how = Reason("one-package", f"{package} is a package of the distribution")
    if installed:
        how = Reason("installed", f"the file installs {package} already, and starts without it")
    yield Candidate(
        f"start-by-{package}",
        f"Let {package} be process 1",
        edits,
        Applicability.UNSAFE,
        (
            Reason("whole-group", f"{package} gives the signal to every process of its group"),
            how,
            Reason("script-stays", "what is started stays in package.json"),
        ),
    )


def advise_init(name: str) -> Candidate:
    return Candidate(
        "install-init",
        "Install dumb-init or tini, and start by it",
        (),
        Applicability.DISPLAY,
        (
            Reason("whole-group", "dumb-init, and tini -g, signal every process of their group"),
            Reason("script-stays", f"{name} goes on running what package.json says"),
        ),
    )
