"""More than one ENTRYPOINT in a stage.

Why it matters: only the last ENTRYPOINT of a stage has an effect. Whoever reads, or edits, an
earlier one changes nothing and is not told.

Which alternative: taking the earlier one out changes nothing about the image. Where the earlier
one is the program that should run, the later one goes. Where the later one is what the first
should be given as its arguments, as with a script that ends in `exec "$@"`, it was meant as CMD.

Why the fixes are safe: BuildKit overwrites the entrypoint each time, so an earlier one leaves no
trace in the configuration: any of them also takes the CMD of the base image away, and the one that
stays still does. The other two change what the container runs: `unsafe`.

When to ignore: never; the earlier line can become a comment.

Evidence: rare. hadolint and this rule agree on all 5 places in 16,167 public Dockerfiles: a
program behind an `ENTRYPOINT []` that does nothing, one that a generator's start script gives way
to, and an `ENTRYPOINT []` that takes the first one back.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.instructions import delete, set_keyword
from codi_hook.recipes.overwritten import Pair, keep_one, overwritten, short


def check(document: Document) -> Iterator[Finding]:
    yield from overwritten(document, "ENTRYPOINT")


def candidates(finding: Finding) -> Iterator[Candidate]:
    pair: Pair = finding.subject
    earlier, later = pair.earlier, pair.later
    yield from keep_one(pair, "what the container runs")
    stage = finding.document.stage_of(later)
    commands = list(stage.of("CMD")) if stage is not None else []
    as_arguments = earlier.form == later.form == "json" and earlier.arguments and later.arguments
    if not pair.is_last or not as_arguments or len(commands) > 1:
        return
    reasons = [
        Reason("given-to-first", f"{short(earlier)} then gets {short(later)} as its arguments"),
        Reason("replaceable", "what follows docker run IMAGE takes its place"),
    ]
    if commands:
        reasons.append(Reason("replaces-cmd", f"CMD {short(commands[0])} goes, one is enough"))
    edits = (set_keyword(later, "CMD"), *map(delete, commands))
    yield Candidate(
        "later-as-cmd",
        "Make the later one CMD, the arguments of the earlier",
        edits,
        Applicability.UNSAFE,
        tuple(reasons),
    )


RULE = Rule(
    "DL4004",
    "several-entrypoint",
    Severity.ERROR,
    "Only the last ENTRYPOINT of a stage has an effect",
    check,
    candidates,
    aliases=("MultipleInstructionsDisallowed",),
    triggers=("ENTRYPOINT",),
    templates=(
        "drop-earlier: safe",
        "drop-later: unsafe",
        "later-as-cmd: unsafe",
    ),
)
