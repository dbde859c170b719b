"""Images of a file: which are pinned, and what other lines of the same file pin them to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.frozen import dataclass
from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.recipes import clock, eol
from codi_hook.source import Span

_release = re.compile(r"v?\d[\w.]*\Z").match
_CODENAMES = frozenset((
    "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "trusty", "xenial", "bionic",
    "focal", "jammy", "noble", "stable", "oldstable", "lts", "current", "edge",
))  # fmt: skip


@dataclass(frozen=True)
class Pin:
    """What another line of the file puts behind an image's name: ":3.20", "@sha256:…"."""

    suffix: str
    line: int


def name_end(text: str) -> int:
    """Where the name ends and ``:tag`` or ``@digest`` begins, in an image as written."""
    at = text.find("@")
    text = text if at < 0 else text[:at]
    colon = text.find(":", text.rfind("/") + 1)
    while colon > 0 and _in_braces(text, colon):
        colon = text.find(":", colon + 1)
    return colon if colon >= 0 else len(text)


def _in_braces(text: str, at: int) -> bool:
    return text.rfind("${", 0, at) > text.rfind("}", 0, at)


def split(text: str) -> tuple[str, str]:
    """Name and the rest (``:tag``, ``@digest``, both or nothing) of an image as written."""
    end = name_end(text)
    return text[:end], text[end:]


def is_latest(suffix: str) -> bool:
    return suffix in ("", ":", ":latest")


def is_release(suffix: str) -> bool:
    """False for a tag that names a variant, as ``:22-alpine`` and ``:base`` do: what an image
    without a tag has may not be in it."""
    tag = suffix.partition("@")[0][1:]
    return not tag or "$" in tag or bool(_release(tag)) or tag in _CODENAMES


def pins(document: Document, stage: Stage) -> tuple[Pin, ...]:
    """What other stages, and COPY --from, put behind the name of the stage's image.

    Each suffix once, in order. A tag that the file does not hold is never among them.
    """
    return pins_of(document, split(stage.image.text)[0])


def pins_of(document: Document, name: str) -> tuple[Pin, ...]:
    """The same for an image by its name."""
    found: dict[str, Pin] = {}
    for text, line in _images(document):
        other, suffix = split(text)
        if other == name and not is_latest(suffix):
            found.setdefault(suffix, Pin(suffix, line))
    return tuple(found.values())


def _images(document: Document) -> Iterator[tuple[str, int]]:
    for stage in document.stages:
        yield stage.image.text, stage.instruction.start_line
    for item in document.of("COPY"):
        origin = item.flag("from")
        if origin is not None and origin.value and "$" not in origin.value:
            yield origin.value, item.start_line


def pin_candidates(document: Document, stage: Stage) -> Iterator[Candidate]:
    """Pin the stage's image as another line does, or say how a person finds out what to write."""
    text = stage.image.text
    name = split(text)[0]
    span = stage.image.span
    offered: set[str] = set()
    for pin in pins(document, stage):
        template = "pin-as-sibling" if pin.suffix.startswith(":") else "pin-digest-as-sibling"
        if template in offered:
            continue
        offered.add(template)
        same_kind = is_release(pin.suffix)
        differs = f"{text} may be another release today"
        if not same_kind:
            differs = f"{pin.suffix[1:]} may be another variant, without what this stage needs"
        yield Candidate(
            template,
            f"Use {name}{pin.suffix} as line {pin.line} does",
            (Edit(Span(span.start, span.end), f"{name}{pin.suffix}"),),
            Applicability.UNSAFE if same_kind else Applicability.DISPLAY,
            (
                Reason("same-file", f"line {pin.line} pins {name} to {pin.suffix[1:]} already"),
                Reason("pulled-once", "both lines then share one base image"),
                Reason("may-differ", differs),
            ),
        )
    if not offered and is_latest(split(text)[1]) and "$" not in text:
        yield from _newest(stage, name)
    yield from pin_advice(name)


def _newest(stage: Stage, name: str) -> Iterator[Candidate]:
    """The release that gets fixes the longest, of those that the table of releases knows."""
    release = eol.newest(stage.image.short_name, clock.today())
    if release is not None:
        yield Candidate(
            "newest-known-release",
            f"Use {name}:{release.name}, which gets fixes until {release.ends}",
            (Edit(stage.image.span, f"{name}:{release.name}"),),
            Applicability.UNSAFE,
            (
                Reason(
                    "known",
                    f"of the releases of {release.image} known here, {release.name} gets fixes "
                    f"the longest, until {release.ends}",
                ),
                Reason("stays", "the release then changes when the file does, and not before"),
                Reason("may-differ", f"{stage.image.text} may be another release today"),
            ),
        )


def pin_advice(name: str) -> Iterator[Candidate]:
    """How a person finds out what to write behind the name of an image."""
    yield Candidate(
        "pin-tag",
        f"Name the release of {name} that you build and test with",
        (),
        Applicability.DISPLAY,
        (
            Reason("repeatable", f"without one, each build takes whatever {name} is that day"),
            Reason("not-known", "which release works for you is not in this file"),
        ),
    )
    yield Candidate(
        "pin-digest",
        f"Pin {name} to a digest, and let a bot renew it",
        (),
        Applicability.DISPLAY,
        (
            Reason("exact", "a tag can be moved, a digest cannot"),
            Reason("needs-renewal", "a digest gets no security fix until it is renewed"),
        ),
    )
