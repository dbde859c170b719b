"""Packages of zypper without a version.

Why it matters: `zypper install name` installs what the repositories have on the day of the build.
Two builds of the same file give different images, and a bad version cannot be told from the file.

Which alternative: `name=1.2.3` pins one version; `'name>=1.2'` sets a floor and lets fixes through
(with quotes, or the shell takes the sign for a redirection). On Leap and SLE, whose packages seldom
change their version within a release, an inline ignore says that the release is trusted.

The fixes are advice: which version is right can only be seen inside the image, with `zypper search
-s name`.

When to ignore: where the base image names a release and its newest fixes are wanted.

Evidence: 38 findings in 21 of 16,167 public Dockerfiles, 1.3 of 1,000.
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


def check(document: Document) -> Iterator[Finding]:
    return without_version(installs(document, "zypper", verbs=("install", "in")), _pinned)


def _pinned(call: Call, word: Word) -> bool:
    text = text_of(word)
    return word in call.sources or text.endswith(".rpm") or any(mark in text for mark in "=<>")


def candidates(finding: Finding) -> Iterator[Candidate]:
    _call, words = subject(finding)
    first = one_line(text_of(words[0]))
    yield by_hand(
        words,
        "=",
        ("policy", f"zypper search -s {first} names the versions, run inside the base image"),
        ("upkeep", "a repository may drop old versions, so the pins have to be kept up to date"),
    )
    yield advice(
        "pin-floor",
        f"Ask for a version or newer: '{first}>=…'",
        ("fixes-flow", f"newer builds of {named(words)} still come in"),
        ("known-good", "nothing older than what was tried can be installed"),
    )
    yield ignore_here(finding, "the release of the base image decides")


RULE = Rule(
    "DL3037",
    "pin-zypper-packages",
    Severity.WARNING,
    "Pin the versions of zypper packages",
    check,
    candidates,
    triggers=("zypper",),
    local=True,
    templates=(
        "pin-versions: display",
        "pin-floor: display",
        "ignore-here: display",
    ),
    default=False,
)
