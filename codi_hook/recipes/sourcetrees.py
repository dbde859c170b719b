"""Source trees: which folder a step unpacks into, and what of it an installation runs in."""

from __future__ import annotations

from codi_hook.recipes.trails import Trail
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import flag, has_flag, operands

# Folders that are there to hold sources: what lies in one may go as a whole.
HOLDERS = ("/usr/src", "/usr/local/src", "/tmp", "/var/tmp", "/opt/src", "/root", "/src", "/build")
_NEVER = frozenset({"usr", "opt", "etc", "var", "home", "root", "bin", "lib", "srv", "local"})


def folder_of(trail: Trail, command: Command, *names: str) -> str | None:
    """The folder that an option names, else the one that the command works in; "." where the
    script starts in a folder that is not known."""
    where = flag(command, *names)
    word = where.value_word if where else None
    place = trail.place(command, word) if word else trail.folder(command)
    return "." if place == "" else place


def unpacks_into(trail: Trail, command: Command) -> str | None:
    """The folder that the command unpacks or clones into; None where it does neither."""
    if command.name in ("tar", "bsdtar") and has_flag(command, "-x", "--extract", "--get"):
        return folder_of(trail, command, "-C", "--directory")
    if command.name == "unzip":
        return folder_of(trail, command, "-d")
    words = operands(command)
    if command.name == "git" and words and words[0].value == "clone":
        return trail.place(command, words[2]) if len(words) > 2 else folder_of(trail, command)
    return None


def tree_of(place: str, folder: str | None) -> str | None:
    """What of the folder that the install runs in came from the unpacking at `place`."""
    if folder is None or folder == ".":
        return None
    if place == folder or (folder.startswith(place + "/") and _is_own(place)):
        return place if _is_own(place) else None
    if place == ".":
        rest = "" if folder.startswith("/") else folder
    elif folder.startswith(place.rstrip("/") + "/"):
        rest = folder[len(place.rstrip("/")) + 1 :]
    else:
        return None
    name = rest.split("/")[0]
    if not name.strip("${}.") or any(mark in name for mark in "*?[") or name in _NEVER:
        return None
    return name if place == "." else f"{place.rstrip('/')}/{name}"


def _is_own(place: str) -> bool:
    """True for a folder within one that is made to hold sources."""
    holder, _, name = place.rpartition("/")
    return holder in HOLDERS and bool(name.strip("${}."))


def from_end(trail: Trail, tree: str) -> str | None:
    """The tree as a command at the end of the script has to name it."""
    here = trail.folder(trail.script.commands[-1])
    if not tree.startswith("/"):
        if here is None or here.startswith("/"):
            return None
        above = len([part for part in here.split("/") if part])
        tree = "../" * above + tree
    return f'"{tree}"' if "$" in tree else tree
