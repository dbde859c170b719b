"""Files that everybody may write to (chmod 777).

Why it matters: any process in the container, also one that was broken into and runs as nobody, can
replace a program or a script that another user runs next. It is mostly meant to make one user's
writing work, and there are ways to say just that.

Which alternative: the user that the container runs as can own the folder. On platforms that choose
the user's number (OpenShift), the group root with the owner's rights does the same. A program or a
script only has to be read and run: 755 suffices. A folder that really is for everybody, as /tmp is,
needs the sticky bit: 1777.

Why the fixes are unsafe: whoever else wrote there no longer can, and the file does not show who.

When to ignore: in an image for users with any number, where no group can be agreed on.

Evidence: in 365 of 15,464 public Dockerfiles (24 of 1,000; 4 of 1,000 of the curated ones), not
counting 609 nearly equal files of one generator. Looked at: a start script that only has to be run
(right; 755); a web application's cache folder (right; the user of the web server can own it);
/etc/privoxy/config, which is only read (right); an Android SDK made a+rwx for whatever user builds
(right; the group root does it); a socket of supervisor in /tmp (right). chmod 1777 of /tmp is no
finding.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from codi_hook.recipes.installs import is_json, one_line
from codi_hook.recipes.instructions import remove_flag
from codi_hook.recipes.mode_words import SHARED, Mode, in_chmod, in_option
from codi_hook.recipes.modes import for_everybody, without_others, writable_by_group
from codi_hook.recipes.users import exists_before
from codi_hook.recipes.values import unquoted
from codi_hook.shell.flags import has_flag
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("COPY", "ADD"):
        given = item.flag("chmod")
        if given is not None and given.value and given.value_span and for_everybody(given.value):
            found = Mode(given.value_span, given.value, flag=given)
            yield Finding(given.span, (item, found), _says(given.value, "what is copied"))
    for command in document.commands("chmod", "mkdir", "install"):
        found_in = in_chmod(command) if command.name == "chmod" else in_option(command)
        if found_in is not None:
            paths = one_line(" ".join(word.text for word in found_in.paths[:3])) or "it"
            yield Finding(
                command.span, (command.instruction, found_in), _says(found_in.mode, paths)
            )


def _says(mode: str, paths: str) -> str:
    return f"With {mode} everybody may write to {paths}"


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, found = finding.subject
    document = finding.document
    if found.command is not None and (found.command.word.value is None or is_json(found.command)):
        return
    shared = bool(found.paths) and all(unquoted(path.text) in SHARED for path in found.paths)
    if shared and len(found.mode) in (3, 4):
        yield _candidate(
            "sticky-bit",
            "Set the sticky bit as well",
            (Edit(found.span, f"1{found.mode[-3:]}"),),
            Reason("as-usual", "1777 is what every distribution gives /tmp"),
            Reason("own-files", "everybody may write there, and remove only what is their own"),
        )
        return
    owner = None if found.flag else _owner(document, found)
    if owner:
        yield owner
    narrow = without_others(found.mode)
    yield _candidate(
        "owner-writes",
        f"Let the owner alone write ({narrow})",
        (Edit(found.span, narrow),),
        Reason("still-runs", f"with {narrow} everybody may still read it and run what was to run"),
        Reason("others-cannot", "a process of another user that wrote there no longer can"),
    )
    group = None if found.flag else _group(found)
    if group:
        yield group
    if found.flag:
        yield _candidate(
            "as-in-context",
            "Keep the rights that the files have in the build context",
            (remove_flag(item, found.flag),),
            Reason("one-place", "the repository already says which of the files can be run"),
            Reason("umask", "the rights then depend on how the context was checked out"),
        )


def _owner(document: Document, found: Mode) -> Candidate | None:
    command = found.command
    stage = document.stage_of(command.instruction) if command else None
    if stage is None or command is None or not found.paths or command.wrapper is not None:
        return None
    users = [unquoted(one.arguments[0].value) for one in stage.of("USER") if one.arguments]
    now = user_at(document, command.instruction)
    if not users or is_root(users[-1]) or (now and not is_root(now)):
        return None
    user = users[-1].partition(":")[0]
    if not exists_before(document, command.instruction, user):
        return None
    recursive = " -R" if has_flag(command, "-R", "--recursive") else ""
    paths = " ".join(path.text for path in found.paths)
    written = Span(command.word.span.start, found.paths[-1].span.end)
    if "\n" in command.instruction.source.text(written):
        return None
    return _candidate(
        "give-to-user",
        f"Give it to {user}, as whom the container runs",
        (Edit(written, f"chown{recursive} {users[-1]} {paths}"),),
        Reason("says-who", f"{user} is the one user that has to write there"),
        Reason("others-cannot", "a process of another user that wrote there no longer can"),
    )


def _group(found: Mode) -> Candidate | None:
    command = found.command
    if command is None or not found.paths or command.wrapper is not None or command.context:
        return None
    if command.before == "||" or command.pipeline is not None:
        return None
    recursive = " -R" if has_flag(command, "-R", "--recursive") else ""
    paths = " ".join(path.text for path in found.paths)
    if "\n" in paths:
        return None
    start, mode = command.word.span.start, writable_by_group(found.mode)
    return _candidate(
        "group-root-writes",
        f"Let the group root write ({mode})",
        (Edit(Span(start, start), f"chgrp{recursive} 0 {paths} && "), Edit(found.span, mode)),
        Reason("any-number", "a user whose number the platform chooses is in the group root"),
        Reason("not-everybody", "a user outside of that group can no longer write there"),
    )


def _candidate(key: str, title: str, edits: tuple[Edit, ...], *reasons: Reason) -> Candidate:
    return Candidate(key, title, edits, Applicability.UNSAFE, reasons)


RULE = Rule(
    "CODI012",
    "world-writable",
    Severity.WARNING,
    "Files that everybody may write to",
    check,
    candidates,
    triggers=("chmod", "mkdir", "install", "COPY", "ADD"),
    local=True,
    security=True,
    templates=(
        "give-to-user: unsafe",
        "owner-writes: unsafe",
        "group-root-writes: unsafe",
        "sticky-bit: unsafe",
        "as-in-context: unsafe",
    ),
    default=False,
)
