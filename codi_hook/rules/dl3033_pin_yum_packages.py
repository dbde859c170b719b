"""Packages of yum without a version.

Why it matters: `yum install name` installs what the repositories have on the day of the build. Two
builds of the same file give different images, and a bad version cannot be told from the file.

Which alternative: `name-1.2.3` pins the version and lets the distribution's rebuilds of it through;
`name-1.2.3-4.el9` pins the rebuild as well. On Amazon Linux 2023 and others with versioned
repositories `--releasever` pins every package at once; of an ended CentOS release the archive no
longer changes. Where the newest fixes of an enterprise release are wanted, an inline ignore says
so.

The fixes are advice: which version is right can only be seen inside the image, with `yum list
--showduplicates name`.

When to ignore: on an enterprise distribution whose packages keep their version for the life of the
release, where a rebuild is wanted for its security fixes.

Evidence: 1,068 findings in 702 of 16,167 public Dockerfiles, 43.4 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Finding, Rule, Severity
from codi_hook.recipes.installs import installs
from codi_hook.recipes.pins import without_version
from codi_hook.recipes.rpm_pins import RPM_PINNED, pin_rpm, rpm_pinned


def check(document: Document) -> Iterator[Finding]:
    return without_version(installs(document, "yum", verbs=RPM_PINNED), rpm_pinned)


RULE = Rule(
    "DL3033",
    "pin-yum-packages",
    Severity.WARNING,
    "Pin the versions of yum packages",
    check,
    pin_rpm,
    triggers=("yum",),
    local=True,
    templates=(
        "pin-versions: display",
        "frozen-archive: display",
        "ignore-here: display",
        "name-packages: display",
        "versioned-repository: display",
    ),
    default=False,
)
