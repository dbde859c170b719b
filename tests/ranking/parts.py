"""Findings that need no rule of the product: their texts are the tests' own."""

from __future__ import annotations

from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
    Verified,
)
from codi_hook.shell import parse
from codi_hook.source import Source

DOCKERFILE = """\
FROM debian:bookworm-slim
WORKDIR /app
RUN apt-get update && apt-get install -y curl ca-certificates python3-pip
COPY . /app
RUN pip install -r requirements.txt
CMD ["python3", "app.py"]
"""

RULE = Rule(
    "TEST01",
    "no-install-recommends",
    Severity.INFO,
    "Leave recommended packages out",
    lambda _document: (),
)

REASONS = (
    Reason("size", "recommended packages stay out, so the image is smaller"),
    Reason("explicit", "only what is named is installed"),
    Reason("cost", "a tool that came as a recommendation has to be named"),
)
ADD_FLAG = Candidate("add-flag", "Add --no-install-recommends", (), reasons=REASONS)
APT_CONF = Candidate(
    "apt-conf",
    "Turn recommendations off in apt.conf.d",
    (),
    reasons=(
        Reason("once", "it holds for every later install in the image"),
        Reason("hidden", "the setting is not visible where packages are installed"),
    ),
)
BUILDER = Candidate(
    "builder-stage",
    "Install it in a builder stage",
    (),
    Applicability.DISPLAY,
    (Reason("clean", "nothing of the build stays in the final image"),),
)
CANDIDATES = (ADD_FLAG, APT_CONF, BUILDER)


def document(text: str = DOCKERFILE) -> Document:
    return parse(Source(text.encode("utf-8", "surrogateescape")))


def verified(
    about: Document, candidates: tuple[Candidate, ...] = CANDIDATES, *, keyword: str = "RUN"
) -> tuple[Verified, ...]:
    """A finding on every instruction of that keyword."""
    return tuple(
        Verified(Finding(item.span, rule=RULE, document=about), candidates)
        for item in about.of(keyword)
    )


def many(count: int) -> tuple[Document, tuple[Verified, ...]]:
    """A file with `count` findings that all differ."""
    runs = "".join(f"RUN apt-get install -y package-{i}\n" for i in range(count))
    about = document(f"FROM debian:bookworm-slim\n{runs}")
    return about, verified(about)


def replaced(text: str) -> Candidate:
    """A candidate that writes `text` at the beginning of the file."""
    return Candidate("replace", "Replace it", (Edit(RULE_SPAN, text),))


RULE_SPAN = document().instructions[0].span
