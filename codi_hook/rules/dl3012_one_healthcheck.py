"""More than one HEALTHCHECK in a stage.

Why it matters: only the last one has an effect. Whoever reads, or tunes, an earlier one changes
nothing and is not told, and an unhealthy container is then found late or never.

Which alternative: taking the earlier one out changes nothing about the image and is what is
wanted nearly always. Where the earlier one is the check that should run, the later one goes. Two
checks that should both hold are one command with `&&`.

Why the fixes are safe: BuildKit overwrites the whole check each time, its intervals included, so
an earlier one leaves no trace in the image's configuration. The others change what is checked:
`unsafe`.

When to ignore: never; the earlier line can become a comment.

Evidence: rare. hadolint and this rule agree on the one place in 16,167 public Dockerfiles:
`HEALTHCHECK NONE` and directly below it the check that is meant.
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
from codi_hook.recipes.instructions import body_is_one_line, delete
from codi_hook.recipes.overwritten import Pair, keep_one, overwritten
from codi_hook.source import Span


def check(document: Document) -> Iterator[Finding]:
    yield from overwritten(document, "HEALTHCHECK")


def candidates(finding: Finding) -> Iterator[Candidate]:
    pair: Pair = finding.subject
    yield from keep_one(pair, "what is checked")
    if not pair.is_last:
        return
    first, second = _command(pair.earlier), _command(pair.later)
    if first and second:
        edit = Edit(Span(second.start, second.start), f"{pair.later.source.text(first)} && ")
        yield Candidate(
            "check-both",
            "Check both, one after the other",
            (delete(pair.earlier), edit),
            Applicability.UNSAFE,
            (
                Reason("both-meant", "the first check never runs as the file stands"),
                Reason("one-timeout", "both then share one interval and one timeout"),
            ),
        )


def _command(item: Instruction) -> Span | None:
    """Where the shell command of a check stands; None for other forms and for several lines."""
    if item.form != "shell" or not item.arguments or not body_is_one_line(item):
        return None
    span = item.arguments[-1].span
    text = item.source.text(span)
    return None if text.startswith(("[", "exec ")) or any(c in text for c in "#;&|") else span


RULE = Rule(
    "DL3012",
    "one-healthcheck",
    Severity.ERROR,
    "Only the last HEALTHCHECK of a stage has an effect",
    check,
    candidates,
    aliases=("MultipleInstructionsDisallowed",),
    triggers=("HEALTHCHECK",),
    templates=(
        "drop-earlier: safe",
        "drop-later: unsafe",
        "check-both: unsafe",
    ),
)
