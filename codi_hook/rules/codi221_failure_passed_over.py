"""A step goes on after a command that failed.

Why it matters: in a list of `;` or of lines a shell reports the status of the last command only.
An installation that fails halfway is passed over, the build succeeds, and the image lacks a
package or holds half of a program.

Which alternative: `set -e` at the beginning makes the shell stop at the first command that fails,
whatever separates them; the official images do it like that. `&&` between the commands says the
same for each pair.

Why the fixes are unsafe: a command that has failed unnoticed until now stops the build.

Reported are commands of which the failure matters: package managers, downloads, archives, compilers
and builds. What is followed by `||` is not, and neither is the last command.

When to ignore: where the failure is expected; `|| true` behind the command says so.

Evidence: 19 of 1,000 public Dockerfiles (475 findings; 13 of 1,000 written by experts). In the
history of 21 expert repositories `set -e` was added in 26 commits of 10 of them. Looked at: five
images in which `yum install` stands before `; yum clean all`, so that a missing package is not
noticed; Node.js fetched, its checksum compared and the archive unpacked in one list of
semicolons, where a wrong checksum changes nothing; a Python package that is cloned, entered and
installed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

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
from codi_hook.patterns import pattern
from codi_hook.recipes.scripts import editable, stops_on_error
from codi_hook.recipes.wording import clause
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import call
from codi_hook.source import Span

_MATTERS = (
    *("apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "pacman", "dpkg", "rpm"),
    *("pip", "pip3", "npm", "yarn", "pnpm", "gem", "bundle", "composer", "go", "cargo", "conda"),
    *("curl", "wget", "git", "tar", "unzip", "make", "cmake", "configure", "ninja", "gcc", "g++"),
    *("mvn", "gradle", "dotnet", "patch", "sha256sum", "sha512sum", "gpg"),
)
_HARMLESS = frozenset({"clean", "remove", ""})  # nothing is missing where one of these fails
_errexit = pattern(r"-[a-zA-Z]*e[a-zA-Z]*\Z").match
_gap = pattern(r"\s*(;)(?:\s|\\|`)*\Z").match


def check(document: Document) -> Iterator[Finding]:
    for script in document.scripts():
        if script.names.isdisjoint(_MATTERS) or not editable(script) or script.dialect == "exec":
            continue
        if stops_on_error(script) or _shell_stops(document, script):
            continue
        found = _passed_over(script)
        if found is not None:
            message = f"The step goes on when {found.name} fails"
            yield Finding(found.word.span, script, message)


def _shell_stops(document: Document, script: Script) -> bool:
    words = document.shell_of(script.instruction)[1:]
    return any(_errexit(word) or word == "errexit" for word in words)


def _passed_over(script: Script) -> Command | None:
    """The first command that matters, whose failure changes nothing for the step."""
    statements = script.statements
    for index, statement in enumerate(statements[:-1]):
        before = statements[index - 1].operator if index else ""
        lost = statement.operator in (";", "\n") and before != "||" and statement.simple
        command = statement.commands[-1] if statement.commands else None
        if lost and command is not None and not command.context and _matters(command):
            following = statements[index + 1]
            if not script.instruction.source.text(following.span).startswith(("if ", "exit", "[")):
                return command
    return None


def _matters(command: Command) -> bool:
    found = call(command)
    if found is not None and found.action in _HARMLESS:
        return False
    return command.name in _MATTERS


def candidates(finding: Finding) -> Iterator[Candidate]:
    script: Script = finding.subject
    source = script.instruction.source
    first = script.statements[0].span.start
    inside = any(one.content_span.start <= first for one in script.instruction.heredocs)
    lost = Reason("unnoticed", clause(finding.message) or "a failure is passed over")
    text = f"set -e{source.newline}" if inside else "set -e; "
    yield Candidate(
        "set-e",
        "Stop at the first command that fails (set -e)",
        (Edit(Span(first, first), text),),
        Applicability.UNSAFE,
        (lost, Reason("whole-step", "one word covers every command of the step")),
    )
    edits = _chained(script)
    if edits and not inside:
        yield Candidate(
            "and-chain",
            "Join the commands with &&",
            edits,
            Applicability.UNSAFE,
            (lost, Reason("each-pair", "each command runs only if the one before it succeeded")),
        )


def _chained(script: Script) -> tuple[Edit, ...]:
    """Every ``;`` of the list as ``&&``; nothing where that would regroup the commands."""
    source, statements = script.instruction.source, script.statements
    if any(one.operator not in ("", ";", "&&") for one in statements):
        return ()
    edits = []
    for left, right in pairwise(statements):
        if left.operator != ";":
            continue
        match = _gap(source.text(Span(left.span.end, right.span.start)))
        if match is None:
            return ()
        start = left.span.end
        edits.append(Edit(Span(start, start + match.end(1)), " &&"))
    return tuple(edits)


RULE = Rule(
    "CODI221",
    "failure-passed-over",
    Severity.WARNING,
    "Stop a step at the first command that fails",
    check,
    candidates,
    triggers=_MATTERS,
    reads=("set",),
    local=True,
    templates=(
        "set-e: unsafe",
        "and-chain: unsafe",
    ),
)
