"""Packages of apk without a version.

Why it matters: `apk add name` installs what the repository has on the day of the build. Two
builds of the same file give different images, and a bad version cannot be told from the file.

Which alternative: `name=1.2.3-r0` is the most exact and breaks when Alpine moves on, because a
release's repository keeps the newest revision only. `name=~1.2` lets revisions and patches
through and still fixes the series, which lasts for the life of a release. Either goes with a
base image whose tag names the Alpine release; where that is enough, an inline ignore says so.

The fixes are advice: which version is right can only be seen inside the image, with
`apk policy name`.

When to ignore: where the base image names an Alpine release and its newest fixes are wanted.

Evidence: 4,302 findings in 3,388 of 16,167 public Dockerfiles, 209.6 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.installs import installs, one_line
from codi_hook.recipes.pins import (
    advice,
    by_hand,
    ignore_here,
    named,
    subject,
    text_of,
    without_version,
)
from codi_hook.shell.ast import Word
from codi_hook.shell.managers import Call

_MARKS = ("=", "~", ">", "<")


def check(document: Document) -> Iterator[Finding]:
    return without_version(installs(document, "apk", verb="add"), _pinned)


def _pinned(_call: Call, word: Word) -> bool:
    """It has a version, is a file, or with ``!`` is kept out."""
    text = text_of(word)
    return text.endswith(".apk") or text.startswith("!") or any(mark in text for mark in _MARKS)


def candidates(finding: Finding) -> Iterator[Candidate]:
    _call, words = subject(finding)
    first = one_line(text_of(words[0]))
    yield advice(
        "pin-series",
        f"Fix the series of each package: {first}=~…",
        ("patches-flow", f"fixes within the series of {named(words)} still come in"),
        ("lasts", "an Alpine release seldom leaves the series of a package"),
        ("policy", f"apk policy {first} names the version, run inside the base image"),
    )
    yield by_hand(
        words,
        "=",
        ("upkeep", "the repository keeps the newest revision only, so old pins stop the build"),
    )
    yield ignore_here(finding, "the release of the base image decides")


RULE = Rule(
    "DL3018",
    "pin-apk-packages",
    Severity.WARNING,
    "Pin the versions of apk packages",
    check,
    candidates,
    triggers=("apk",),
    local=True,
    templates=(
        "pin-series: display",
        "pin-versions: display",
        "ignore-here: display",
    ),
    default=False,
)
