"""mkdir for a folder that WORKDIR makes.

Why it matters: WORKDIR creates its folder, with all above it, where it is missing. A RUN that makes
it first is a layer, a shell and a line for nothing. With a `cd` at its end it is a mistake as well:
the next instruction starts where the last WORKDIR says, not where `cd` went.

Which alternative: where the next line is that WORKDIR, the mkdir goes. Where a RUN ends with
`cd`, WORKDIR says what was meant, and creates the folder on the way.

Why the fixes are safe or unsafe: to drop the mkdir is safe where root runs it without a mode:
folder, owner and mode are then those that WORKDIR gives. As another user the owner depends on the
builder: BuildKit gives the folder to USER, Docker's older builder to root. A WORKDIR in place of
the `cd` that was lost moves what follows it: unsafe.

When to ignore: where the folder has to be made by another user, for an old builder.

Evidence: in 37.4 of 1,000 public Dockerfiles (605 of 16,167). Five looked at: the folder of a
program made and then entered in images of Node, Ruby and Debian, a folder for the cache of an
installer made by the user who owns the home it lies in (there the fix is unsafe), and /opt made
with a cd behind it that is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.facts import is_root, user_at
from codi_hook.recipes.instructions import cased, delete
from codi_hook.recipes.madefolders import lost_cd, made, named_by
from codi_hook.recipes.scripts import editable, remove_command
from codi_hook.recipes.users import base_is_root
from codi_hook.recipes.workdirs import is_windows
from codi_hook.shell.ast import Command, Script
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        script = document.script(item) if item.keyword == "RUN" else None
        if script is None or "mkdir" not in script.names or not editable(script):
            continue
        if is_windows(document, item) or item.heredocs:
            continue
        for command in script.commands:
            folder = made(document, item, script, command)
            if folder is None:
                continue
            lost = lost_cd(document, item, script, folder)
            following = document.following(item)
            named = following is not None and named_by(document, following) == folder
            if lost is not None:
                message = f"cd {folder} ends with this RUN"
                yield Finding(command.span, (item, script, command, lost, named), message)
                break
            if named:
                message = f"The WORKDIR of the next line makes {folder} itself"
                yield Finding(command.span, (item, script, command, None, True), message)
                break


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, script, command, lost, named = finding.subject
    document: Document = finding.document
    if lost is not None and not named:
        yield from _as_workdir(item, script, command, lost)
        return
    edits = _without(item, script, [command, lost] if lost else [command])
    user = user_at(document, item)
    stage = document.stage_of(item)
    root = is_root(user) if user else stage is not None and base_is_root(stage)
    by = Reason("root", "root makes it in both cases, with the same owner and mode")
    if not root:
        by = Reason("owner", "BuildKit gives the folder to USER, older builders to root")
    if edits:
        alone = len(script.commands) == 1 + (lost is not None)
        yield Candidate(
            "workdir-alone",
            "Leave the folder to WORKDIR",
            edits,
            Applicability.SAFE if root else Applicability.UNSAFE,
            (
                Reason("creates", "WORKDIR creates the folder, and those above it"),
                Reason("one-layer-less", "the RUN is gone, and its layer") if alone else by,
                *((by,) if alone else ()),
            ),
        )


def _without(item: Instruction, script: Script, gone: list[Command]) -> tuple[Edit, ...] | None:
    if len(script.commands) == len(gone):
        return (delete(item),)
    if len(gone) > 1:
        return None
    edit = remove_command(script, gone[0])
    return (edit,) if edit else None


def _as_workdir(
    item: Instruction, script: Script, command: Command, lost: Command
) -> Iterator[Candidate]:
    path = lost.args[0].text
    line = f"{cased(item, 'WORKDIR')} {path}"
    meant = Reason("meant", f"what follows then works in {path}, as the cd says")
    creates = Reason("creates", "WORKDIR creates the folder, and those above it")
    if len(script.commands) == 2:
        span = Span(item.span.start, item.span.end)
        yield Candidate(
            "workdir-instead",
            f"Write WORKDIR {path} in its place",
            (Edit(span, line),),
            Applicability.UNSAFE,
            (meant, creates),
        )
    before = script.statements[-2]
    cut = Edit(Span(before.span.end, lost.span.end), "")
    yield Candidate(
        "drop-cd",
        f"Take the cd {path} out: it changes nothing",
        (cut,),
        Applicability.SAFE,
        (Reason("lost", "each instruction starts where the last WORKDIR says"),),
    )


RULE = Rule(
    "CODI031",
    "workdir-makes-folder",
    Severity.INFO,
    "Leave it to WORKDIR to make its folder",
    check,
    candidates,
    triggers=("mkdir",),
    reads=("RUN", "USER"),
    templates=(
        "workdir-alone: safe, unsafe",
        "workdir-instead: unsafe",
        "drop-cd: safe",
    ),
    default=False,
)
