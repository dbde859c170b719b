"""An empty line within a continued instruction.

Why it matters: BuildKit skips the line and warns that it will refuse it one day. Worse, whoever
reads the file takes the empty line for the end of the instruction; where the one below it begins
with a keyword, the builder takes it for more text of the one above.

Which alternative: without the empty line nothing else changes. A line with `#` alone keeps the
gap for the eye. Where the line below is an instruction of its own, or nothing follows at all, the
continuation character before the gap is what should go.

Why the fixes are safe: empty lines and comment lines within a continuation are both left out
before the instruction is read, so what is built is the same. At the end of the file a continuation
that nothing follows adds nothing either. To end the instruction above another one builds something
else, so that is `unsafe`.

When to ignore: never; a future BuildKit refuses the file.

Evidence: in 13 of 1,000 public Dockerfiles. Looked at: a gap before the next group of commands of
a chain (two files), one above a comment that heads the next group (two), and one behind the last
package of a list. All build today, and all are what BuildKit says it will refuse.
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
from codi_hook.recipes.continuations import Gap, gaps, heads_instruction


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        if len(item.segments) > 1 or item.span.end > item.body_span.end:
            found = gaps(item, document.escape)
            if found:
                yield Finding(found[0].lines[0], (item, found))


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    found: list[Gap]
    item, found = finding.subject
    lines = [line for gap in found for line in gap.lines]
    count = "the empty line" if len(lines) == 1 else f"the {len(lines)} empty lines"
    last = found[-1]
    if last.at_end:
        yield Candidate(
            "drop-continuation",
            "End the instruction before the empty line",
            (Edit(last.escape, ""), *_drop(found[:-1])),
            Applicability.SAFE,
            (
                Reason("nothing-follows", "nothing follows the last continuation character"),
                Reason("refused", "a future BuildKit takes the empty line for an error"),
            ),
        )
        return
    split = next((gap for gap in found if heads_instruction(item, gap)), None)
    if split is not None:
        line = item.source.line(split.next_line)
        yield Candidate(
            "end-instruction",
            f"End the {item.keyword} before the empty line",
            (Edit(split.escape, ""), *_drop([gap for gap in found if gap is not split])),
            Applicability.UNSAFE,
            (
                Reason("swallowed", f"line {line} is part of the {item.keyword} as it stands"),
                Reason("looks-separate", f"line {line} begins with a keyword in capitals"),
            ),
        )
    yield Candidate(
        "drop-empty-lines",
        f"Take {count} out",
        _drop(found),
        Applicability.SAFE,
        (
            Reason("skipped", "BuildKit leaves empty lines of a continuation out anyway"),
            Reason("refused", "a future BuildKit takes the empty line for an error"),
        ),
    )
    yield Candidate(
        "comment-empty-lines",
        f"Put # on {count}",
        tuple(Edit(line, "#") for line in lines),
        Applicability.SAFE,
        (
            Reason("keeps-gap", f"the parts of the {item.keyword} stay apart for the eye"),
            Reason("comment", "a comment line within a continuation is allowed"),
        ),
    )


def _drop(found: list[Gap]) -> tuple[Edit, ...]:
    return tuple(Edit(line, "") for gap in found for line in gap.whole_lines)


RULE = Rule(
    "CODI103",
    "no-empty-continuation",
    Severity.WARNING,
    "No empty line within a continued instruction",
    check,
    candidates,
    aliases=("NoEmptyContinuation",),
    local=True,
    templates=(
        "drop-empty-lines: safe",
        "comment-empty-lines: safe",
        "end-instruction: unsafe",
        "drop-continuation: safe",
    ),
)
