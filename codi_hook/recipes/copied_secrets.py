"""A file with credentials that COPY writes: where to, and which steps read it."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.frozen import dataclass
from codi_hook.model import Document
from codi_hook.recipes.credentials import Kind, kind_of
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.scripts import editable
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import destination, effective


@dataclass(frozen=True, eq=False)
class Copied:
    item: Instruction
    path: str
    kind: Kind

    @property
    def name(self) -> str:
        return self.path.rstrip("/").rpartition("/")[2]


def imported(document: Document) -> set[str]:
    """Words that name keys whose signatures are to be trusted: those are public."""
    commands = document.commands("apt-key", "gpg", "gpg2", "rpm", "apk")
    return {word.text for command in commands for word in command.args}


def readers(document: Document, found: Copied) -> list[Instruction]:
    """The RUNs of the stage behind the COPY that call a program which reads the file, where it is
    the COPY's only source and no other user has to read it."""
    stage = document.stage_of(found.item)
    if stage is None or len(found.item.arguments) != 2 or document.is_trigger(found.item):
        return []
    runs = []
    for item in stage.instructions[stage.instructions.index(found.item) + 1 :]:
        script = document.script(item) if item.keyword == "RUN" else None
        if script is None or script.names.isdisjoint(found.kind.readers):
            continue
        user = user_at(document, item)
        if not editable(script) or (user and not is_root(user)):
            return []
        runs.append(item)
    return runs


def target(document: Document, found: Copied) -> str | None:
    """Where the file is written to, as an absolute path."""
    path = unquoted(found.item.arguments[-1].value)
    folder = effective(document, found.item)
    if found.path.endswith("/") or any(char in found.path + path for char in "$*?[~"):
        return None
    full = destination(path, folder) if folder else (path if path.startswith("/") else None)
    if full is None or "$" in full:
        return None
    if full.endswith("/"):
        return full + found.name
    same = full.rpartition("/")[2] == found.name or kind_of(full) is found.kind
    return full if same else None  # else it may be a folder


def named_elsewhere(document: Document, found: Copied) -> bool:
    """True where another instruction names the file, to delete it for example."""
    return any(found.name in one.text for one in document.instructions if one is not found.item)
