"""Packages of apk without a version.

Why it matters: `apk add name` installs what the repository has on the day of the build. Two
builds of the same file give different images, and a bad version cannot be told from the file.

Which alternative: `name=1.2.3-r0` is the most exact and breaks when Alpine moves on, because a
release's repository keeps the newest revision only. `name=~1.2` lets revisions and patches
through and still fixes the series, which lasts for the life of a release. Either goes with a
base image whose tag names the Alpine release.

The fixes are advice: which version is right can only be seen inside the image, with
`apk policy name`.

When to ignore: where the base image names an Alpine release and its newest fixes are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.installs import installs, one_line, shown
from codi_hook.recipes.pins import advice, text_of
from codi_hook.shell.ast import Word

_MARKS = ("=", "~", ">", "<")


def check(document: Document) -> Iterator[Finding]:
    for call in installs(document, "apk", verb="add"):
        words = [word for word in (*call.packages, *call.sources) if not _pinned(word)]
        if words:
            named = one_line(shown(words))
            yield Finding(words[0].span, words, f"No version for {named}")


def _pinned(word: Word) -> bool:
    """It has a version, is a file, or with ``!`` is kept out."""
    text = text_of(word)
    return text.endswith(".apk") or text.startswith("!") or any(mark in text for mark in _MARKS)


def candidates(finding: Finding) -> Iterator[Candidate]:
    words: list[Word] = finding.subject
    first, named = one_line(text_of(words[0])), one_line(shown(words))
    yield advice(
        "pin-series",
        f"Fix the series of each package: {first}=~…",
        ("patches-flow", f"fixes within the series of {named} still come in"),
        ("lasts", "an Alpine release seldom leaves the series of a package"),
        ("policy", f"apk policy {first} names the version, run inside the base image"),
    )
    yield advice(
        "pin-versions",
        f"Give each package its exact version: {first}=…",
        ("exact", f"the version of {named} then stands in the file and in its history"),
        ("upkeep", "the repository keeps the newest revision only, so old pins stop the build"),
    )


RULE = Rule(
    "DL3018",
    "pin-apk-packages",
    Severity.WARNING,
    "Pin the versions of apk packages",
    check,
    candidates,
    triggers=("apk",),
)
