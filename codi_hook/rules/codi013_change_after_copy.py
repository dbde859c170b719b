"""chown -R or chmod -R of what COPY has just written.

Why it matters: a layer holds whole files. Giving a folder another owner in a step of its own
stores everything in it a second time, and the image grows by the size of what was copied.

Which alternative: COPY --chown and --chmod write the files as they are to be. The folder itself is
made by WORKDIR or by the base image, as root: a program that creates files in it has to own it,
and changing that one folder costs nothing. Where the user is created only behind the COPY, the COPY
goes behind that step.

Why the fixes are unsafe: files that the base image has in the folder keep their owner. A user
without a group is given its own group by COPY, where chown leaves the group alone.

Reported only where each path is one that COPYs of the same stage have written, and where no step in
between is one that might have written there too.

When to ignore: where the folder holds more of the base image than of yours.

Evidence: in 57 of 16,073 public Dockerfiles (3.5 of 1,000). Many more change what is copied; where
a step in between writes into the folder too, as npm install does, there is no finding. Looked at:
an application copied to /app, its user created in the same RUN (right; the COPY goes behind it);
scripts given to www-data (right); a folder that COPY --chown had given to the user already (right;
the command can go); /var/www/html, in which a base image may have files (right, and why the fix is
unsafe); a folder named by a variable, into which an archive was unpacked by its real name (wrong:
since then a variable must be the COPY's own destination).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

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
from codi_hook.recipes.instructions import add_flag, delete, insert_after
from codi_hook.recipes.mounts import frontend_is
from codi_hook.recipes.ownership import Change, change, is_recursive, only_users
from codi_hook.recipes.scripts import drop_word, remove_command
from codi_hook.recipes.users import exists_before
from codi_hook.recipes.values import unquoted

_MOST = 25  # commands that are looked at: each looks at all that is ahead of it


def check(document: Document) -> Iterator[Finding]:
    for command in islice(filter(is_recursive, document.commands("chown", "chmod")), _MOST):
        found = change(document, command)
        if found is not None:
            what = f"{command.name} -R stores {found.path.text} a second time"
            line = found.copies[-1].start_line
            yield Finding(command.span, found, f"{what}; COPY (line {line}) can write it so")


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Change = finding.subject
    document = finding.document
    if all(_says(copy, found) for copy in found.copies):
        yield from _again(document, found)
        return
    if not all(_takes(document, found, copy.flags) for copy in found.copies):
        return
    ready = _is_there(document, found)
    gone = _without(document, found)
    source = found.command.instruction.source
    flags = tuple(add_flag(copy, f"{found.flag}={found.value}") for copy in found.copies)
    lines = " and ".join(str(copy.start_line) for copy in found.copies)
    once = Reason("stored-once", f"what line {lines} copies is then in one layer, and not in two")
    path = found.path.text
    moved = () if ready else _moved(document, found)
    if moved and gone:
        user = found.value.partition(":")[0]
        yield _candidate(
            "copy-behind-user",
            f"Copy with {found.flag}={found.value} behind the step that creates {user}",
            (*moved, gone),
            once,
            Reason("user-first", f"COPY can only name {user} once the user is there"),
            Reason("cached", f"a change of the sources no longer creates {user} again"),
        )
        return
    if found.command.name == "chown" and not ready:
        exists = Reason("must-exist", f"{found.value} has to be there before line {lines}")
        level = Applicability.DISPLAY
        more: tuple[Reason, ...] = (exists,)
    else:
        level, more = Applicability.UNSAFE, ()
    yield _candidate(
        "copy-and-folder",
        f"Copy with {found.flag}={found.value}, and change only the folder itself",
        (*flags, drop_word(source, found.option)),
        once,
        Reason("folder-too", f"{path} itself is still changed, which costs no space"),
        *more,
        level=level,
    )
    if gone:
        yield _candidate(
            "copy-with",
            f"Copy with {found.flag}={found.value}",
            (*flags, gone),
            once,
            Reason("one-step-less", "COPY says all of it, and a command less has to run"),
            Reason("folder-stays", f"{path} itself stays as WORKDIR or the base has made it"),
            *more,
            level=level,
        )


def _says(copy: Instruction, found: Change) -> bool:
    given = copy.flag(found.flag[2:])
    return given is not None and given.value == found.value


def _again(document: Document, found: Change) -> Iterator[Candidate]:
    """COPY has written the files so already: the command only stores them once more."""
    gone = _without(document, found)
    source = found.command.instruction.source
    done = Reason("done", f"COPY says {found.flag}={found.value} already")
    stays = Reason("folder-stays", f"{found.path.text} itself stays as WORKDIR or COPY made it")
    if gone:
        yield _candidate("drop-change", "Take the command out", (gone,), done, stays)
    yield _candidate(
        "folder-alone",
        "Change only the folder itself",
        (drop_word(source, found.option),),
        done,
        Reason("folder-too", f"{found.path.text} itself is changed, which costs no space"),
    )


def _takes(document: Document, found: Change, flags: tuple[object, ...]) -> bool:
    names = {getattr(flag, "name", "") for flag in flags}
    if found.flag[2:] in names or ("link" in names and not found.value.isdigit()):
        return False
    return found.command.name == "chown" or frontend_is(document, 1, 2)


def _is_there(document: Document, found: Change) -> bool:
    """True where the user, and its group, are known where the first COPY runs."""
    if found.command.name == "chmod":
        return True
    user, _, group = found.value.partition(":")
    if group and group != user and not group.isdigit() and group != "root":
        return False
    return exists_before(document, found.copies[0], user)


def _without(document: Document, found: Change) -> Edit | None:
    item = found.command.instruction
    script = document.script(item)
    if script is None:
        return None
    if len(script.commands) == 1 and not item.heredocs:
        return delete(item)
    return remove_command(script, found.command)


def _moved(document: Document, found: Change) -> tuple[Edit, ...]:
    """The one COPY behind the RUN, where nothing in between and nothing in it needs the files."""
    item = found.command.instruction
    script = document.script(item)
    if len(found.copies) != 1 or script is None or not only_users(script, found.command):
        return ()
    copy = found.copies[0]
    user = found.value.partition(":")[0]
    created = [one for one in script.commands if one.name in ("useradd", "adduser")]
    if not any(user in [unquoted(word.text) for word in one.args] for one in created):
        return ()
    if copy.heredocs or document.following(copy) is not item or copy.leading:
        return ()
    flag = f"{copy.source.text(copy.keyword_span)} {found.flag}={found.value}"
    rest = copy.source.data[copy.keyword_span.end : copy.span.end].decode("utf-8", "replace")
    return delete(copy), insert_after(item, (flag + rest).replace("\r\n", "\n"))


def _candidate(
    key: str,
    title: str,
    edits: tuple[Edit, ...],
    *reasons: Reason,
    level: Applicability = Applicability.UNSAFE,
) -> Candidate:
    return Candidate(key, title, edits, level, reasons)


RULE = Rule(
    "CODI013",
    "change-after-copy",
    Severity.INFO,
    "chown -R or chmod -R stores what was copied a second time",
    check,
    candidates,
    triggers=("chown", "chmod"),
    reads=("COPY", "ADD", "RUN"),
    templates=(
        "copy-and-folder: unsafe, display",
        "copy-with: unsafe, display",
        "copy-behind-user: unsafe",
        "drop-change: unsafe",
        "folder-alone: unsafe",
    ),
)
