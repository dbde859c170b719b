"""A variable is used in the same ENV that sets it.

Why it matters: BuildKit fills in all values of an ENV before it sets any of them. In
`ENV A=/opt B=$A/bin` the second is `/bin`, or holds what A was before, in the base image perhaps.

Which alternative: an ENV of its own behind the first one, which then sees the new value. Or the
value itself, where it is short and plain.

Why the fixes are unsafe: the variable gets the value that its author most probably meant, and
that is another one than it has now.

When to ignore: where the value from before is meant, as with a PATH that is kept and extended in
one ENV. Two instructions say that more clearly.

No finding where an ENV or ARG ahead in the stage has set the variable already, nor for
`${A:-default}`, whose author has thought of it, nor for `$` in single quotes or behind the
escape character, which is plain text.

Evidence: in 25 of 16,167 public Dockerfiles, 1.5 of 1,000.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Pair
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
from codi_hook.recipes.instructions import insert_after, without_pair
from codi_hook.recipes.labels import plain
from codi_hook.source import Span

_reference = pattern(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", re.ASCII)


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if item.keyword == "ENV" and len(item.pairs) > 1:
            names = [pair.key.value.strip("\"'") for pair in item.pairs]
            times = Counter(names)
            for pair, own in zip(item.pairs, names, strict=True):
                uses = _names(document, pair)
                used = next((n for n in uses if times[n] > (n == own)), None)
                if used is not None and not _set_before(document, item, used):
                    message = f"{own} uses {used}, which only this ENV sets"
                    yield Finding(pair.span, (item, pair, used), message)


def _names(document: Document, pair: Pair) -> Iterator[str]:
    """The variables that the value names, single quotes and escapes respected."""
    text = pair.value.value if pair.value else ""
    for match in _reference.finditer(text) if "$" in text else ():
        before = text[: match.start()]
        if plain(before + "$_", document.escape) is None:
            yield match[1] or match[2]


def _set_before(document: Document, item: Instruction, name: str) -> bool:
    stage = document.stage_of(item)
    for member in stage.lineage() if stage else ():
        for other in member.instructions:
            if other is item:
                break
            if other.keyword in ("ENV", "ARG") and other.pair(name):
                return True
    return False


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, pair, used = finding.subject
    document = finding.document
    name = pair.key.value
    source = item.pair(used)
    order = item.pairs.index(pair)
    ahead = source is not None and item.pairs.index(source) < order
    moved = _split(item, order) if ahead else _behind(item, pair)
    if moved:
        yield Candidate(
            "own-env",
            f"Set {name} in an ENV behind the one that sets {used}",
            moved,
            Applicability.UNSAFE,
            (
                Reason("new-value", f"{name} then gets the new value of {used}"),
                Reason("was-old", f"so far it gets what {used} was before this ENV, if anything"),
            ),
        )
    value = source.value.value if source is not None and source.value else "$"
    written = document.source.text(pair.value.span) if pair.value else ""
    if re.fullmatch(r"[\w./:@%+-]+", value) and used != name and written == pair.value.value:
        spelt = re.compile(r"\$(?:\{" + used + r"\}|" + used + r"(?!\w))", re.ASCII)
        yield Candidate(
            "write-value",
            f"Write {value} in place of ${used}",
            (Edit(pair.value.span, spelt.sub(lambda _match: value, written)),),
            Applicability.UNSAFE,
            (
                Reason("one-layer", "the ENV stays one instruction"),
                Reason("twice", f"{value} then stands in two places, to be changed together"),
            ),
        )


def _split(item: Instruction, at: int) -> tuple[Edit, ...]:
    """A new ENV from the pair on; comments between them stay where they are."""
    gap = Span(item.pairs[at - 1].span.end, item.pairs[at].span.start)
    lines = item.source.text(gap).splitlines()
    comments = [line.strip() for line in lines if line.strip().startswith("#")]
    keyword = item.source.text(item.keyword_span)
    return (Edit(gap, item.source.newline.join(["", *comments, f"{keyword} "])),)


def _behind(item: Instruction, pair: Pair) -> tuple[Edit, ...]:
    """The pair alone in an ENV behind this one, unless another value here needs it."""
    named = "$" + pair.key.value, "${" + pair.key.value
    if any(text in item.text for text in named):
        return ()
    written = f"{item.source.text(item.keyword_span)} {item.source.text(pair.span)}"
    return (without_pair(item, pair), insert_after(item, written))


RULE = Rule(
    "DL3044",
    "env-self-reference",
    Severity.ERROR,
    "A variable is used in the same ENV that sets it",
    check,
    candidates,
    triggers=("ENV",),
    templates=(
        "own-env: unsafe",
        "write-value: unsafe",
    ),
)
