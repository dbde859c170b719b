"""RUNs in a row that could be one.

Why it matters: each RUN is a layer. What one writes and the next deletes stays in the image, and
every layer costs a little when it is stored, pulled and mounted. Only RUNs of one command each
are reported: longer ones are usually apart for the sake of the build cache.

Which alternative: `&&` in the layout that the file uses elsewhere, for two of them or for all that
stand in a row. Where the file needs BuildKit
anyway, a here-document with `set -e` reads better and grows without backslashes. Two installations
with the same options are one call.

Why the fixes are safe: with `&&` a failure stops the build as before, and the first command is
one that leaves no state in its shell (no cd, export, set, assignment or function), so the second
sees what it saw in a shell of its own. Where the first may leave a daemon running, which the end
of its RUN would have stopped, where it replaces /bin/sh or the program that the second calls again
(a shell remembers where it found one), where it writes what Docker sets anew for every RUN
(/etc/hosts), and for here-documents, the fix is `unsafe`; so it is for installations in one call,
as a solver that sees all packages may choose other alternatives for what they depend on.

When to ignore: where the first command is slow and the second changes often.

Evidence: in 282.9 of 1,000 public Dockerfiles, the most findings of all rules. hadolint and this
rule agree on 15,198 places in 16,167 public Dockerfiles; hadolint has 54 others and this rule 22,
where the two count the commands of a step differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

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
from codi_hook.recipes.facts import uses_buildkit
from codi_hook.recipes.installs import in_one_call
from codi_hook.recipes.merging import (
    block_of,
    gap,
    is_short,
    may_leave_daemon,
    mergeable,
    same_flags,
    shows_in_next,
)
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    previous: Instruction | None = None
    for item in document.instructions:
        if item.keyword != "RUN":
            previous = None
            continue
        if previous and same_flags(previous, item) and is_short(document, previous, item):
            yield Finding(item.keyword_span, (previous, item))
        previous = item


def candidates(finding: Finding) -> Iterator[Candidate]:
    first, second = finding.subject
    document = finding.document
    if not mergeable(document, first, second):
        return
    left, right = document.script(first), document.script(second)
    line = first.start_line
    assert left is not None and right is not None  # mergeable
    daemon, changed = may_leave_daemon(left), shows_in_next(left, right)
    reasons = [
        Reason("one-layer", "both commands then write one layer instead of two"),
        Reason("same-effect", f"the command of line {line} leaves no state in its shell"),
        Reason("cached-together", "a change in either runs both again"),
    ]
    if daemon:
        reasons[1] = Reason(
            "daemon-stays", f"what line {line} may have started is then still running"
        )
    elif changed:
        reasons[1] = Reason("same-shell", changed)
    between = Span(first.body_span.end, second.body_span.start)
    yield Candidate(
        "merge-and",
        f"Join it to the RUN of line {line} with &&",
        (Edit(between, gap(document, first, second)),),
        Applicability.UNSAFE if daemon or changed else Applicability.SAFE,
        tuple(reasons),
    )
    yield from in_one_call(left, right)
    block = block_of(document, first)
    if len(block) > 2:
        yield _all(document, block)
    text = _heredoc(document, first, second)
    if text:
        yield Candidate(
            "merge-heredoc",
            f"Write it and the RUN of line {line} as one here-document",
            (Edit(Span(first.body_span.start, second.body_span.end), text),),
            Applicability.UNSAFE,
            (
                Reason("readable", "one command a line, without && and backslashes"),
                Reason("one-layer", "both commands then write one layer instead of two"),
                Reason("needs-buildkit", "the file needs BuildKit already, so it may be used"),
            ),
        )


def _all(document: Document, block: list[Instruction]) -> Candidate:
    """Worked out once for all findings of the block: it compares each RUN with each other."""
    memo, key = block[0].memo, ("merge-block", *map(id, block))
    if key not in memo:
        memo[key] = _joined(document, block)
    candidate: Candidate = memo[key]
    return candidate


def _joined(document: Document, block: list[Instruction]) -> Candidate:
    scripts = [script for item in block if (script := document.script(item)) is not None]
    lines = f"{block[0].start_line} to {block[-1].end_line}"
    reasons = [
        Reason("one-layer", f"the {len(block)} commands then write one layer"),
        Reason("cached-together", "a change in any of them runs all again"),
    ]
    differs = next((text for a, b in combinations(scripts, 2) if (text := shows_in_next(a, b))), "")
    if any(map(may_leave_daemon, scripts[:-1])):
        differs = "what one of them may have started is still running for the next"
    if differs:
        reasons.insert(1, Reason("same-shell", differs))
    return Candidate(
        "merge-block",
        f"Join all {len(block)} RUNs of lines {lines} with &&",
        tuple(
            Edit(Span(a.body_span.end, b.body_span.start), gap(document, a, b))
            for a, b in pairwise(block)
        ),
        Applicability.UNSAFE if differs else Applicability.SAFE,
        tuple(reasons),
    )


def _heredoc(document: Document, first: Instruction, second: Instruction) -> str | None:
    """The body of a RUN that runs both scripts line by line, or None where that is not the same."""
    if not uses_buildkit(document) or document.escape != "\\":
        return None
    if first.comments or second.comments:
        return None  # within a command that goes on, the shell knows no comment
    source, newline = document.source, document.source.newline
    lines = [source.text(first.body_span)]
    lines += [source.text(comment.span).strip() for comment in second.leading]
    lines.append(source.text(second.body_span))
    if "\r" in newline or any("EOF" in line for line in lines):
        return None
    return newline.join(["<<EOF", "set -e", *lines, "EOF"])


RULE = Rule(
    "DL3059",
    "consecutive-runs",
    Severity.INFO,
    "Consecutive RUNs of one command each could be one",
    check,
    candidates,
    triggers=("RUN",),
    reads=("USER",),
    templates=(
        "merge-and: safe, unsafe",
        "merge-heredoc: unsafe",
        "merge-block: safe, unsafe",
        "merge-installs: unsafe",
    ),
)
