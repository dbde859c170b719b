"""COPY --from, or a mount, takes files from an image whose tag moves.

Why it matters: `COPY --from=composer:latest` and `COPY --from=ghcr.io/astral-sh/uv` copy a program
of whatever release the tag means on the day of the build. It lies in your image then, and neither
the FROM lines nor a bot that reads only those say which one it is.

Which alternative: where another line of the file names a release of the same image, that is at
hand. Otherwise a tag that names a release, or a digest that a bot renews, which cannot be known
here. A FROM line of its own with the image and a stage name gives the release one place.

Why the fix is unsafe: another release is another program.

When to ignore: where the newest release is what you want, and the build is not to be repeated.

Evidence: in 1.8 of 1,000 public Dockerfiles (29 of 16,167). Five looked at: composer:latest in
three images of PHP, gosu from an image without a tag, and a web server's program from another: each
time the program's release is nowhere in the file.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from codi_hook.recipes.images import is_release, pins_of, split
from codi_hook.recipes.stages import origins

_MOVES = frozenset({
    "", ":", ":canary", ":dev", ":devel", ":develop", ":edge", ":latest", ":main", ":master",
    ":nightly", ":stable", ":unstable",
})  # fmt: skip


def check(document: Document) -> Iterator[Finding]:
    for stage in document.stages:
        known = {other.name for other in document.stages[: stage.index + 1]}
        for outer in stage.instructions:
            item = outer.trigger or outer
            for text, span in origins(item):
                if text.lower() in known or text.isdecimal() or "$" in text:
                    continue
                suffix = split(text)[1]
                if suffix in _MOVES and text != "scratch":
                    what = f"Tag {suffix[1:]} of {split(text)[0]}" if suffix[1:] else text
                    says = "moves" if suffix[1:] else "without a tag is another release each time"
                    yield Finding(span, text, f"{what} {says}")


def candidates(finding: Finding) -> Iterator[Candidate]:
    text: str = finding.subject
    name = split(text)[0]
    for pin in pins_of(finding.document, name):
        if pin.suffix in _MOVES:
            continue
        same = is_release(pin.suffix)
        yield Candidate(
            "pin-as-sibling",
            f"Use {name}{pin.suffix} as line {pin.line} does",
            (Edit(finding.span, f"{name}{pin.suffix}"),),
            Applicability.UNSAFE if same else Applicability.DISPLAY,
            (
                Reason("same-file", f"line {pin.line} pins {name} to {pin.suffix[1:]} already"),
                Reason("pulled-once", "both lines then share one image"),
            ),
        )
        break
    yield Candidate(
        "pin-tag",
        f"Name the release of {name} that you take files from",
        (),
        Applicability.DISPLAY,
        (
            Reason("repeatable", f"without one each build copies what {name} is that day"),
            Reason("not-known", "which release works for you is not in this file"),
        ),
    )
    yield Candidate(
        "from-stage",
        f"Give {name} a FROM line of its own, with a release and a name, and copy from that stage",
        (),
        Applicability.DISPLAY,
        (
            Reason("bots-see-it", "bots that raise base images read FROM lines"),
            Reason("one-place", "the release then stands in one place"),
        ),
    )


RULE = Rule(
    "CODI028",
    "copy-from-moving-tag",
    Severity.WARNING,
    "Name the release of an image that files are copied from",
    check,
    candidates,
    triggers=("COPY", "RUN"),
    templates=(
        "pin-as-sibling: unsafe, display",
        "pin-tag: display",
        "from-stage: display",
    ),
)
