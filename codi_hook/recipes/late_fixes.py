"""Ways to delete in the layer that adds: move the command, join the RUNs, or mount the file."""

from __future__ import annotations

from itertools import pairwise

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document, Edit
from codi_hook.recipes.apt_lists import by_wrapper
from codi_hook.recipes.instructions import add_flag, delete
from codi_hook.recipes.late import Late
from codi_hook.recipes.layers import relies_on_index
from codi_hook.recipes.merging import gap, mergeable
from codi_hook.recipes.mounts import mountable
from codi_hook.recipes.scripts import append_command, remove_command
from codi_hook.recipes.values import unquoted
from codi_hook.shell.flags import operands
from codi_hook.shell.managers import call
from codi_hook.source import Span

_READ_ONLY = frozenset({
    "apt", "apt-get", "cat", "cp", "dnf", "dpkg", "gpg", "install", "pip", "pip3", "rpm", "tar",
    "unzip", "yum",
})  # fmt: skip


def _without(document: Document, found: Late) -> Edit | None:
    item = found.command.instruction
    script = document.script(item)
    if script is None or found.command.wrapper is not None:
        return None
    if len(script.commands) == 1 and not item.heredocs:
        return delete(item)
    return remove_command(script, found.command)


def _between(document: Document, found: Late) -> tuple[Instruction, ...]:
    items = document.instructions
    first = document.index(found.origin)
    return items[first + 1 : document.index(found.command.instruction)]


def moved(document: Document, found: Late) -> tuple[Edit, ...]:
    """The command at the end of the RUN that has added it."""
    command = found.command
    script, origin = document.script(command.instruction), document.script(found.origin)
    gone = _without(document, found)
    text = command.instruction.source.text(command.span)
    if script is None or origin is None or gone is None or "\n" in text or command.context:
        return ()
    if by_wrapper(origin) or _is_needed(document, found):
        return ()
    words = operands(command)
    if found.kind == "fetched" and not words[0].text.strip("\"'").startswith(("/", "$")):
        return ()
    after = append_command(origin, text)
    return (after, gone) if after else ()


def _is_needed(document: Document, found: Late) -> bool:
    """True where a step in between, or the RUN itself ahead of the command, may need it."""
    command = found.command
    script = document.script(command.instruction)
    if found.kind == "packages" or script is None:
        return True
    runs = [document.script(item) for item in _between(document, found) if item.keyword == "RUN"]
    if found.kind == "cache":
        family = "apt" if "apt" in found.what else ""
        own = call(command)
        if not family and own is None and found.command.name != "rm":
            return True
        return any(run and family and relies_on_index(run, family) for run in (*runs, script))
    name = operands(command)[0].text.strip("\"'").rstrip("/").rpartition("/")[2]
    ahead = [one for one in script.commands if one.position < command.position]
    return any(name in item.text for item in _between(document, found)) or any(
        name in word.text for one in ahead for word in one.words
    )


def joined(document: Document, found: Late) -> tuple[Edit, ...]:
    """All RUNs from the one that has added it to this one as a single RUN."""
    items = (found.origin, *_between(document, found), found.command.instruction)
    edits = []
    for first, second in pairwise(items):
        if first.keyword != "RUN" or second.keyword != "RUN" or first.flags or second.flags:
            return ()
        if not mergeable(document, first, second):
            return ()
        between = Span(first.body_span.end, second.body_span.start)
        edits.append(Edit(between, gap(document, first, second)))
    return tuple(edits)


def mounted(document: Document, found: Late) -> tuple[Edit, ...]:
    """The file mounted for the one RUN that reads it and deletes it."""
    origin, command = found.origin, found.command
    item = command.instruction
    source, target = (unquoted(one.value) for one in origin.arguments)
    from_stage = origin.flag("from")
    if origin.keyword != "COPY" or any(one.name != "from" for one in origin.flags):
        return ()
    path = unquoted(operands(command)[0].text)
    script = document.script(item)
    if not path.startswith("/") or "$" in path + source + target or not mountable(document):
        return ()
    name = path.rpartition("/")[2]
    if script is None or any(name in one.text for one in _between(document, found)):
        return ()
    gone = remove_command(script, command)
    users = [one for one in script.commands if any(name in word.text for word in one.args)]
    users = [one for one in users if one is not command]
    if gone is None or not users:
        return ()
    origin_of = f"from={from_stage.value}," if from_stage else ""
    writes = "" if all(one.name in _READ_ONLY for one in users) else ",rw"
    mount = f"--mount=type=bind,{origin_of}source={source},target={path}{writes}"
    return delete(origin), add_flag(item, mount), gone
