"""An instruction before the first FROM.

Why it matters: before FROM there is no image that an instruction could change; only ARG may stand
there. BuildKit refuses the file.

Which alternative: behind the first FROM, which is where such a line was meant to act nearly
always. Where it says nothing that the image needs, as an old MAINTAINER, it can go.

Why the fixes are only shown: a file that could not be built then can, and what it builds nobody
has seen before. Nothing is applied to a file that BuildKit refuses. An ARG above FROM has to be
named again below it before a moved line sees its value.

When to ignore: never. With the rule switched off, the file is reported as CODI000 all the same.

Evidence: hadolint reports 5 lines in 4 of 16,167 public Dockerfiles: ENV, LABEL, MAINTAINER and RUN
above the first FROM. One finding a file is reported here, as for everything that BuildKit refuses.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.instructions import delete, insert_after

_MAY_PRECEDE = frozenset({"ARG", "ONBUILD"})  # ONBUILD may not, but is a parse error to hadolint


def _early(document: Document) -> tuple[list[Instruction], Instruction | None]:
    """The instructions above the first FROM, and that FROM."""
    found: list[Instruction] = []
    for item in document.instructions:
        if item.keyword == "FROM":
            return found, item
        if item.keyword not in _MAY_PRECEDE:
            found.append(item)
    return found, None


def check(document: Document) -> Iterator[Finding]:
    found, first = _early(document)
    for item in found if first is not None else ():
        message = f"{item.keyword} stands before the first FROM, where only ARG may"
        yield Finding(item.keyword_span, item, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    found, first = _early(finding.document)
    if first is None:
        return
    text = "\n".join(one.text for one in found).replace(item.source.newline, "\n")
    moved = "it" if len(found) == 1 else f"the {len(found)} instructions"
    reasons = [Reason("acts-there", f"below FROM {item.keyword} has an image to act on")]
    if "$" in text and any(one.keyword == "ARG" for one in finding.document.meta_args):
        reasons.append(Reason("arg-again", "an ARG above FROM has no value below it"))
    else:
        reasons.append(Reason("only-arg", "nothing but ARG may stand above FROM"))
    yield Candidate(
        "behind-from",
        f"Move {moved} behind the FROM of line {first.start_line}",
        (*map(delete, found), insert_after(first, text)),
        Applicability.DISPLAY,
        tuple(reasons),
    )
    if len(found) == 1:
        yield Candidate(
            "drop-instruction",
            f"Take {item.keyword} out",
            (delete(item),),
            Applicability.DISPLAY,
            (
                Reason("no-effect", f"{item.keyword} has no image to act on where it stands"),
                Reason("says-less", "what the line says is then no longer in the file"),
            ),
        )


RULE = Rule(
    "DL3061",
    "from-first",
    Severity.ERROR,
    "Only ARG may stand before the first FROM",
    check,
    candidates,
    triggers=("FROM",),
    templates=(
        "behind-from: display",
        "drop-instruction: display",
    ),
    refused=True,
)
