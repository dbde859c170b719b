"""cd in a RUN where WORKDIR would say it.

Why it matters: a folder that is changed in the middle of a chain has to be kept in mind by the
reader, is forgotten with the RUN, and with `;` a failed `cd` lets the rest run in the wrong
place. WORKDIR says once where the following lines work.

Which alternative: `WORKDIR` before the RUN and, where it is known, the old one behind it, fits
every chain that begins with cd. make, git and ninja take the folder as an option and need
neither. A chain that changes the folder later can be cut in two there. Where the folder exists
only within the RUN, as with a temporary one, cd is right: say so with an ignore.

Why the fixes are unsafe: WORKDIR creates a folder that is missing, owned by root, where cd
fails; and a RUN that is cut in two is two layers. Where the old one is not known and nothing sets
another, WORKDIR would stay in force for what follows: then the fix is only shown.

When to ignore: for folders that are made and removed within one RUN.

Evidence: in 219.1 of 1,000 public Dockerfiles. hadolint and this rule agree on 4,988 of the 4,991
places that hadolint reports in 16,167 public Dockerfiles, and this rule has no other.
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
from codi_hook.recipes.folders import (
    DIRECTORY_OPTION,
    can_cut,
    goes_back,
    hides_comment,
    index,
    reads_folder,
    resolved,
    returns,
    settings,
    target,
    with_restore,
)
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.scripts import insert_after_word
from codi_hook.shell.ast import Command, Script
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    runs = {id(item) for item in document.instructions}  # those of ONBUILD are not among them
    seen: set[int] = set()
    for command in document.commands("cd"):
        if "sh -c" in command.context or command.wrapper is not None:
            continue
        run = id(command.instruction)
        if run in runs and not (run in seen and goes_back(command)):
            seen.add(run)
            yield Finding(command.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    document, item = finding.document, command.instruction
    script = document.script(item)
    folder = target(command)
    at = index(script, command)
    if script is not None and at is not None:
        at = None if hides_comment(script, at) or returns(script, command) else at
    if folder and script is not None and at is not None:
        yield from _option(item, script, command, at)
        path = resolved(document, command, folder)
        if path and at == 0:
            yield _before(document, item, script, path)
        elif path and can_cut(script, command, at):
            yield _cut(document, command, script, at, path)
    yield Candidate(
        "keep-cd",
        "Keep the cd, and say so with an ignore above the RUN",
        (),
        Applicability.DISPLAY,
        (
            Reason("only-here", "cd fits a folder that exists within this RUN alone"),
            Reason("one-layer", "the commands stay in one RUN and one layer"),
        ),
    )


def _option(item: Instruction, script: Script, command: Command, at: int) -> Iterator[Candidate]:
    """The folder as an option of every command behind cd, where all of them take one."""
    later = [one for one in script.commands if one.position > command.position]
    rest = script.statements[at + 1 :]
    if any(len(one.commands) != 1 or not one.simple for one in rest):
        return
    if any(one.name not in DIRECTORY_OPTION or one.redirects for one in later):
        return
    if any(reads_folder(word) for one in later for word in one.args):
        return
    folder = command.args[0].text
    edits = [Edit(Span(command.span.start, rest[0].span.start), "")]
    edits += [
        insert_after_word(one.word, f"{DIRECTORY_OPTION[one.name]} {folder}") for one in later
    ]
    names = " and ".join(dict.fromkeys(one.name for one in later))
    makes = any(one.name in ("make", "gmake") for one in later)
    other = (Reason("pwd", f"$(PWD) in a makefile is then not {folder}, $(CURDIR) is"),)
    yield Candidate(
        "directory-option",
        f"Give {folder} to {names} as {DIRECTORY_OPTION[later[0].name]}",
        tuple(edits),
        Applicability.UNSAFE,
        (
            Reason("no-state", "no folder is changed, so nothing has to be changed back"),
            Reason("own-option", f"{names} enters {folder} by itself"),
            *(other if makes else ()),
        ),
    )


def _before(document: Document, item: Instruction, script: Script, path: str) -> Candidate:
    first, second = script.statements[:2]
    edits = [
        insert_before(item, f"{cased(item, 'WORKDIR')} {path}"),
        Edit(Span(first.span.start, second.span.start), ""),
    ]
    reasons = [Reason("said-once", f"the line before the RUN says that it works in {path}")]
    return with_restore(
        document, item, "workdir-before", f"Set WORKDIR {path} before it", edits, reasons
    )


def _cut(document: Document, command: Command, script: Script, at: int, path: str) -> Candidate:
    item = command.instruction
    before, after = script.statements[at - 1], script.statements[at + 1]
    source, newline = item.source, item.source.newline
    head = source.text(Span(item.span.start, item.body_span.start))
    text = f"{newline}{cased(item, 'WORKDIR')} {path}{newline}{head}"
    text += settings(script, at)
    edits = [Edit(Span(before.span.end, after.span.start), text)]
    reasons = [
        Reason("said-openly", f"the second half says in its own line that it works in {path}"),
        Reason("two-layers", "the halves are cached apart, and are two layers"),
    ]
    title = f"Cut the RUN in two, the second in WORKDIR {path}"
    return with_restore(document, item, "cut-at-cd", title, edits, reasons)


RULE = Rule(
    "DL3003",
    "workdir-not-cd",
    Severity.WARNING,
    "Use WORKDIR to change the folder",
    check,
    candidates,
    triggers=("cd",),
    local=True,
    templates=(
        "workdir-before: unsafe, display",
        "keep-cd: display",
        "directory-option: unsafe",
        "cut-at-cd: unsafe, display",
    ),
    default=False,
)
