"""Packages of apt without a version.

Why it matters: `apt-get install name` installs what the mirror has on the day of the build. Two
builds of the same file give different images, and a bad version cannot be told from the file.

Which alternative: a version on each package is the most exact, and has to be kept up: Debian's
mirrors drop a version when the next one comes, and the build then fails. Building against a
snapshot of the archive (snapshot.debian.org, snapshot.ubuntu.com) pins every package at once, those
pulled in as well. Where the newest fixes of a release are wanted, an inline ignore says so. A base
image pinned by digest at least fixes what is there already.

The fixes are advice: which version is right can only be seen inside the image, with
`apt-cache policy name`.

When to ignore: where the image is rebuilt often and the newest security fixes are worth more
than the same bytes, which many teams decide for packages of a stable distribution.

Evidence: 12,158 findings in 6,714 of 16,167 public Dockerfiles, 415.3 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding, Rule, Severity
from codi_hook.recipes.installs import APT, installs, one_line
from codi_hook.recipes.pins import (
    advice,
    by_hand,
    ignore_here,
    named,
    subject,
    text_of,
    unpinned_by_apt,
)

_SNAPSHOTS = {"debian": "snapshot.debian.org", "ubuntu": "snapshot.ubuntu.com"}


def check(document: Document) -> Iterator[Finding]:
    for call in installs(document, *APT):
        words = unpinned_by_apt(call)
        if words:
            yield Finding(words[0].span, (call, words), f"No version for {named(words)}")


def candidates(finding: Finding) -> Iterator[Candidate]:
    call, words = subject(finding)
    first = one_line(text_of(words[0]))
    yield by_hand(
        words,
        "=",
        ("policy", f"apt-cache policy {first} names the version, run inside the base image"),
        ("upkeep", "the mirror drops old versions, so the pins have to be kept up to date"),
    )
    stage = finding.document.stage_of(call.command.instruction)
    root = list(stage.lineage())[-1].image.short_name if stage else ""
    if root in _SNAPSHOTS:
        yield advice(
            "archive-snapshot",
            f"Install from a dated snapshot of the archive ({_SNAPSHOTS[root]})",
            ("all-at-once", "one date pins every package, dependencies included"),
            ("stays-available", f"{_SNAPSHOTS[root]} keeps what the mirrors of {root} drop"),
        )
    yield ignore_here(finding, "the release of the base image decides")


RULE = Rule(
    "DL3008",
    "pin-apt-packages",
    Severity.WARNING,
    "Pin the versions of apt packages",
    check,
    candidates,
    triggers=APT,
    local=True,
    templates=(
        "pin-versions: display",
        "archive-snapshot: display",
        "ignore-here: display",
    ),
    default=False,
)
