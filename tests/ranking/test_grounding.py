from __future__ import annotations

import pytest

from codi_hook.model import Candidate, Edit, Finding, Reason
from codi_hook.ranking import grounding
from tests.ranking import parts

ABOUT = parts.document()
FINDING = Finding(ABOUT.instructions[2].span, rule=parts.RULE, document=ABOUT)
CANDIDATE = Candidate(
    "add-flag",
    "Add --no-install-recommends",
    (Edit(ABOUT.instructions[2].span, "apt-get install --no-install-recommends -y curl"),),
    reasons=(
        Reason("size", "recommended packages stay out, so the image is smaller"),
        Reason("signals", "the process itself receives signals, no shell swallows them"),
        Reason("lists", "the package lists are removed in the same layer"),
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "Recommended packages stay out, so the image is smaller.",
        "It makes the image smaller",
        "With --no-install-recommends only curl and ca-certificates are installed.",
        "The flag -y answers for apt-get; the packages that are recommended stay out.",
        "Signals reach the process, and no shell swallows them.",
        "The RUN instruction then installs fewer things.",
    ],
)
def test_what_may_be_shown(text: str) -> None:
    assert grounding.problem(text, FINDING, CANDIDATE) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not one sentence"),
        ("It is smaller. It is faster.", "not one sentence"),
        ("It is\nsmaller", "not one sentence"),
        ("x" * 300, "not one sentence"),
        ("A: A: A: A: A: A: A: A: A: A: A: A:", "too few words"),
        ("Aw, Aw, Aw, Aw, Aw, Aw, Aw, Aw, Aw,", "repeats itself"),
        ("It keeps the layer small, small, small, small, small and small", "repeats itself"),
        ("Recommended packages stay out, so the image,", "breaks off"),
        ("That was quite wonderful, thank you!", "says nothing about this fix"),
        ("RUN apt-get install -y curl", "holds a Dockerfile instruction"),
        ("run apt-get install -y curl", "holds a Dockerfile instruction"),
        ("It is better to write RUN apt-get update", "holds a Dockerfile instruction"),
        ("Use `FROM debian` for it.", "holds a Dockerfile instruction"),
        ("Use this: USER 1000", "holds a Dockerfile instruction"),
        ("It is what --no-cache does.", "names --no-cache"),
        ("It removes /var/cache/apt too.", "names /var/cache/apt"),
        ("Then nginx is not installed.", "names nginx"),
        ("It works with ubuntu:24.04 as well.", "names ubuntu:24.04"),
        ("The file setup.cfg says so.", "names setup.cfg"),
        ("Set $DEBIAN_FRONTEND for it.", "names $DEBIAN_FRONTEND"),
        ("Python 3.12 needs it.", "names 3.12"),
        ("It needs apt for that.", "names apt"),
        ("See the HEALTHCHECK of it.", "names HEALTHCHECK"),
        ("Recommended packages stay out, so the image is larger.", "contradicts size"),
        ("Recommended packages do not stay out of the image.", "contradicts size"),
        ("The process receives signals, the shell swallows them.", "contradicts signals"),
        ("The package lists are never removed in that layer.", "contradicts lists"),
    ],
)
def test_what_may_not(text: str, why: str) -> None:
    assert grounding.problem(text, FINDING, CANDIDATE).startswith(why)
