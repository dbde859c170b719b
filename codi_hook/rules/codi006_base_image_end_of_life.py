"""The base image's release has reached its end of life.

Why it matters: nobody fixes a security flaw in it any more, its package mirrors move to an
archive and `apt-get update` begins to fail, and what is built on it cannot be fixed by building
it again. The severity is `warning`: the build may work for years, and be open all the time.

Which alternative: where another stage of the file builds on a supported release of the same
image, the same tag is at hand. Otherwise the advice names the releases that still get fixes; the
choice and the test are yours. Tags are never made up. Debian and Ubuntu have paid or registered
support for those who cannot move yet.

Why the fix is unsafe: another release is another set of packages.

The dates are kept with their sources in `codi_hook/recipes/eol_data.py`, Debian's with LTS.
Today is the day of the run, or SOURCE_DATE_EPOCH where that is set. A tag without a version, and
a release that is not in the data, are not judged.

When to ignore: where you have extended support for the release, with the date it ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
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
from codi_hook.recipes import clock, eol
from codi_hook.recipes.eol_data import EXTENDED
from codi_hook.recipes.images import pins, split


def check(document: Document) -> Iterator[Finding]:
    day = ""
    for stage in document.stages:
        if stage.parent is not None or not stage.image.tag:
            continue
        release = eol.of_image(stage.image.short_name, stage.image.tag)
        if release is None:
            continue
        day = day or clock.today()
        if release.ends < day:
            message = f"{release.image} {release.name} gets no fixes since {release.ends}"
            yield Finding(stage.image.span, (stage, release), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage, release = finding.subject
    day = clock.today()
    yield from _as_sibling(finding.document, stage, release, day)
    left = eol.supported(release.image, day)
    ended = Reason("ended", f"{release.image} {release.name} gets no fixes since {release.ends}")
    if left:
        names = ", ".join(reversed(left))
        yield Candidate(
            "supported-release",
            f"Move to a supported release of {release.image}",
            (),
            Applicability.DISPLAY,
            (ended, Reason("supported", f"of those known here, {names} still get fixes")),
        )
    else:
        yield Candidate(
            "another-image",
            f"Move to another image than {release.image}",
            (),
            Applicability.DISPLAY,
            (ended, Reason("none-left", f"no known release of {release.image} gets fixes")),
        )
    extended = EXTENDED.get(release.image)
    if extended:
        yield Candidate(
            "extended-support",
            f"Keep {release.name} with extended support",
            (),
            Applicability.DISPLAY,
            (Reason("offered", extended), ended),
        )


def _variant(tag: str) -> str:
    """``alpine`` of ``22-alpine``: a release of another variant lacks other things."""
    return "-".join(part for part in tag.split("-")[1:] if not part[:1].isdigit())


def _as_sibling(
    document: Document, stage: Stage, release: eol.Release, day: str
) -> Iterator[Candidate]:
    if "$" in stage.image.text:
        return
    name = split(stage.image.text)[0]
    for pin in pins(document, stage):
        tag = pin.suffix.partition("@")[0][1:]
        other = eol.of_image(stage.image.short_name, tag) if "$" not in tag else None
        if other is None or other.ends < day or _variant(tag) != _variant(stage.image.tag):
            continue
        yield Candidate(
            "release-of-sibling",
            f"Use {name}{pin.suffix} as line {pin.line} does",
            (Edit(stage.image.span, f"{name}{pin.suffix}"),),
            Applicability.UNSAFE,
            (
                Reason("gets-fixes", f"{other.image} {other.name} gets fixes until {other.ends}"),
                Reason("same-file", f"line {pin.line} builds on it already"),
                Reason("other-packages", f"what {release.name} brings may be gone or newer there"),
            ),
        )
        return


RULE = Rule(
    "CODI006",
    "base-image-end-of-life",
    Severity.WARNING,
    "The base image's release gets no fixes any more",
    check,
    candidates,
    triggers=("FROM",),
    templates=(
        "release-of-sibling: unsafe",
        "supported-release: display",
        "another-image: display",
        "extended-support: display",
    ),
)
