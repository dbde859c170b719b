"""COPY --from names neither a stage above it nor an image with a tag.

Why it matters: what is no stage is taken for an image of that name. A typo, or a stage that
stands further down, makes BuildKit ask a registry for it; and a real image without a tag is
whatever its `latest` is on the day.

Which alternative: the stage that was meant, spelled as it is. For an image, the tag that another
line of the file gives it, or one that you choose. BuildKit does not fill variables in here: a
stage of its own does that, since FROM knows the ARGs above the first one.

Why the fixes are safe or unsafe: BuildKit compares names of stages without regard to capitals,
so the spelling changes nothing: safe. A stage between the variable and the COPY gives the image
that the ARG says, where the line as it stands fails: `unsafe`, as is another stage or another tag.

When to ignore: where a named build context (`--build-context name=…`) is meant.

Evidence: hadolint and this rule agree on all 29 places in 16,167 public Dockerfiles (12 files).
Nearly all are images without a tag, `composer` first among them.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Flag, Instruction, Stage
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
from codi_hook.recipes.images import is_release, pin_advice, pins_of
from codi_hook.recipes.instructions import insert_before
from codi_hook.recipes.pins import advice
from codi_hook.recipes.stagenames import free_name
from codi_hook.source import Span

_variable = pattern(r"\$\{?(\w+)\}?\Z").match


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        for item in stage.of("COPY"):
            flag = item.flag("from")
            if flag is None or not flag.value or flag.value_span is None:
                continue
            value = flag.value
            known = value.isdecimal() and int(value[:9]) <= stage.index
            if not known and ":" not in value and value not in _names(document, stage.index):
                yield Finding(flag.value_span, (stage, item, flag), f"No stage above is {value}")


def _names(document: Document, last: int) -> list[str]:
    """Names of the stages up to that one, as they are written."""
    stages = document.stages[: last + 1]
    return [stage.name_argument.value for stage in stages if stage.name_argument is not None]


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject[0]
    item: Instruction = finding.subject[1]
    flag: Flag = finding.subject[2]
    value = flag.value or ""
    document = finding.document
    names = _names(document, stage.index - 1) if stage.index else []
    same = next((name for name in reversed(names) if name.lower() == value.lower()), None)
    if same is not None:
        yield _spelled(finding.span, same)
        return
    from difflib import get_close_matches  # rarely needed, and slow to load

    close = get_close_matches(value, names, 1, 0.75)
    if close:
        yield _meant(finding.span, value, close[0])
    elif "$" in value:
        yield from _own_stage(document, finding.span, value)
    elif value.isdecimal() or any(one.name == value.lower() for one in document.stages):
        yield advice(
            "stage-above",
            f"Put the stage that {value} means above this one, and copy from its name",
            ("built-before", f"a stage can only copy from those above it, and {value} is not"),
            ("registry", f"as it stands, {value} is asked for in a registry"),
        )
    else:
        yield from _image(document, item, finding.span, value)


def _spelled(span: Span, name: str) -> Candidate:
    return Candidate(
        "same-spelling",
        f"Write {name} as the stage is named",
        (Edit(span, name),),
        Applicability.SAFE,
        (
            Reason("same-stage", f"BuildKit finds {name} in any spelling, other tools do not"),
            Reason("found-by-search", "a search for the name then finds both lines"),
        ),
    )


def _meant(span: Span, value: str, name: str) -> Candidate:
    return Candidate(
        "known-stage",
        f"Copy from the stage {name}",
        (Edit(span, name),),
        Applicability.UNSAFE,
        (
            Reason("typo", f"{value} is a letter or two away from the stage {name}"),
            Reason("no-registry", f"as it stands, {value} is asked for in a registry"),
        ),
    )


def _own_stage(document: Document, span: Span, value: str) -> Iterator[Candidate]:
    match = _variable(value)
    if match is None or not any(item.pair(match[1]) for item in document.meta_args):
        return
    name = free_name(document, match[1].lower().replace("_", "-"))
    if not name[0].isalpha():
        return
    first = document.stages[0].instruction
    keyword = first.source.text(first.keyword_span)
    joint = "as" if keyword.islower() else "AS"
    yield Candidate(
        "own-stage",
        f"Give the image a stage of its own, {name}",
        (insert_before(first, f"{keyword} {value} {joint} {name}"), Edit(span, name)),
        Applicability.UNSAFE,
        (
            Reason("not-expanded", f"--from={value} is not filled in, FROM {value} is"),
            Reason("one-place", f"the image of {value} is then named where the others are"),
        ),
    )


def _image(document: Document, item: Instruction, span: Span, value: str) -> Iterator[Candidate]:
    for pin in pins_of(document, value):
        same_kind = is_release(pin.suffix)
        yield Candidate(
            "pin-as-sibling",
            f"Use {value}{pin.suffix} as line {pin.line} does",
            (Edit(span, f"{value}{pin.suffix}"),),
            Applicability.UNSAFE if same_kind else Applicability.DISPLAY,
            (
                Reason("same-file", f"line {pin.line} pins {value} to {pin.suffix[1:]} already"),
                Reason("pulled-once", "both lines then share one image"),
            ),
        )
        break
    yield from pin_advice(value)


RULE = Rule(
    "DL3022",
    "copy-from-known",
    Severity.WARNING,
    "COPY --from should name a stage above it, or an image with a tag",
    check,
    candidates,
    triggers=("COPY",),
    reads=("FROM",),
    templates=(
        "pin-tag: display",
        "pin-digest: display",
        "pin-as-sibling: unsafe, display",
        "own-stage: unsafe",
        "same-spelling: safe",
        "known-stage: unsafe",
        "stage-above: display",
    ),
)
