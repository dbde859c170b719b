"""Candidates for ShellCheck's findings, each with the script that it would make.

ShellCheck is asked about that script before a candidate is offered: the comment must be gone and
no other may have come. `recheck` is that question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from codi_hook.model import Applicability, Candidate, Finding, Reason, Rejection
from codi_hook.recipes.facts import DEBIAN, family
from codi_hook.recipes.instructions import exec_form, insert_after, insert_before
from codi_hook.recipes.merging import changes_sh
from codi_hook.shellcheck.changes import Way, changed, edits, of_fix
from codi_hook.shellcheck.comments import Comments
from codi_hook.shellcheck.findings import Subject
from codi_hook.shellcheck.snippets import Snippet

_POSIX = ["/bin/sh", "-c"]
_BASH = ["/bin/bash", "-c"]


class Proposal(NamedTuple):
    """A candidate; `changed` is the script after it, None where no script changes."""

    candidate: Candidate
    changed: str | None = None


def proposals(finding: Finding) -> list[Proposal]:
    """Every candidate of a finding, whether or not it will stand the test; made once."""
    memo = finding.subject.memo
    if "proposals" not in memo:
        memo["proposals"] = _ordered(list(_proposals(finding)))
    found: list[Proposal] = memo["proposals"]
    return found


def recheck(
    finding: Finding,
    candidate: Candidate,
    ask: Callable[[str], Comments | None],
    hidden: frozenset[int] = frozenset(),
) -> tuple[Rejection, str] | None:
    """Why ShellCheck would not be content with the candidate; None where it is.

    Where only the last comment on a RUN is reported, `hidden` are codes that must not become it:
    no other comment on such a RUN may go.
    """
    if not isinstance(finding.subject, Subject):
        return None
    found = [item.changed for item in proposals(finding) if item.candidate.id == candidate.id]
    if not found or found[0] is None:
        return None
    comments = ask(found[0])
    if comments is None:
        return Rejection.FINDING_REMAINS, "ShellCheck gave no answer"
    now = Counter(comment.code for comment in comments)
    before = Counter(comment.code for comment in finding.subject.comments)
    code = finding.subject.comment.code
    if now[code] >= before[code]:
        return Rejection.FINDING_REMAINS, ""
    new = sorted(item for item in now if now[item] > before[item])
    if not new:
        new = [item.code for item in comments if item.code in hidden]
    return (Rejection.NEW_FINDING, f"SC{new[0]}") if new else None


def _ordered(found: list[Proposal]) -> list[Proposal]:
    rank = list(Applicability)
    return sorted(found, key=lambda item: rank.index(item.candidate.applicability))


def _proposals(finding: Finding) -> Iterator[Proposal]:
    from codi_hook.shellcheck.ways import ways

    subject: Subject = finding.subject
    for way in () if _misread(subject) else (*_own_fix(finding), *ways(finding)):
        made = edits(subject.snippet, way.changes) if way.changes else None
        if made:
            candidate = Candidate(way.id, way.title, made, way.applicability, way.reasons)
            yield Proposal(candidate, changed(subject.snippet, way.changes))
    if subject.comment.code >= 3000:
        yield from _in_bash(finding)
    yield Proposal(_comment(finding))


def _misread(subject: Subject) -> bool:
    """Whether another comment says that the script cannot be read for sure: what ShellCheck
    says of the rest then hangs on how it read that, and a change may make it read otherwise."""
    code = subject.comment.code
    return any(
        item.code < 2000 and item.level == "error" and item.code != code
        for item in subject.comments
    )


def _own_fix(finding: Finding) -> Iterator[Way]:
    """What ShellCheck itself proposes for codes that no way of ours is for."""
    from codi_hook.shellcheck.ways import COVERED

    subject: Subject = finding.subject
    if subject.comment.code not in COVERED:
        reasons = (
            Reason("shellcheck", f"ShellCheck itself proposes it for {finding.code}"),
            Reason("rechecked", "it finds nothing new in the step afterwards"),
        )
        changes = of_fix(subject.snippet, subject.comment)
        yield Way("shellcheck-fix", "Do what ShellCheck proposes", changes, reasons)


def _in_bash(finding: Finding) -> Iterator[Proposal]:
    """Bash for this step, where the image has it and /bin/sh is another shell."""
    document, subject = finding.document, finding.subject
    snippet = subject.snippet
    run = snippet.instruction
    stage = document.stage_of(run)
    standard = list(document.shell_of(run)) == _POSIX and document.dialect(run) == "sh"
    if snippet.dialect not in ("sh", "dash") or not standard or document.is_trigger(run):
        return
    if family(document, stage) != DEBIAN or snippet.inner or _says_who_reads(snippet):
        return
    if any(map(changes_sh, document.commands("ln", "mv", "cp", "dpkg-reconfigure"))):
        return  # /bin/sh may be bash already, and need not be what it was
    candidate = Candidate(
        "run-with-bash",
        "Run this step with bash, the next ones as before",
        (
            insert_before(run, f"SHELL {exec_form(_BASH)}"),
            insert_after(run, f"SHELL {exec_form(_POSIX)}"),
        ),
        Applicability.UNSAFE,
        (
            Reason(
                "bash-knows",
                "bash knows what the script asks for, and images of this family have it",
            ),
            Reason("restored", "the steps behind it keep /bin/sh"),
        ),
    )
    yield Proposal(candidate, changed(snippet, [], "bash"))


def _says_who_reads(snippet: Snippet) -> bool:
    """True for a here-document with a `#!` of its own: no SHELL reads it."""
    return snippet.text.data.startswith(b"#!")


def _comment(finding: Finding) -> Candidate:
    """Say in the file that this is meant: advice, for a person to follow."""
    return Candidate(
        "ignore-here",
        f"Keep it, and say why above the instruction: # hadolint ignore={finding.code}",
        (),
        Applicability.DISPLAY,
        (
            Reason("as-it-is", "the script stays as it is, and a reader sees that it is meant"),
            Reason("here-alone", f"{finding.code} is still reported of every other step"),
        ),
    )
