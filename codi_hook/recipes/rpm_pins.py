"""Versions of RPM packages, as yum and dnf take them: ``name-1.2`` or ``name-1.2-3.el9``."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Candidate, Document, Finding
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import one_line
from codi_hook.recipes.pins import advice, by_hand, ignore_here, named, subject, text_of
from codi_hook.shell.ast import Word
from codi_hook.shell.managers import Call

RPM_PINNED = ("install", "module install")  # a group has no version
# A dash before a digit, or before a variable, which then holds the version.
_version = pattern(r".-(?:\d[\w.+~^:-]*\Z|[\"']?\$)").search
_module = pattern(r"@?[\w.+-]+:[\w.]").match


def rpm_pinned(call: Call, word: Word) -> bool:
    """It has a version, is a file or URL, or is a module with its stream."""
    text = text_of(word)
    if word in call.sources or text.endswith(".rpm"):
        return True
    if call.verb.startswith("module") or text.startswith("@"):
        return _module(text) is not None
    return _version(text) is not None


def pin_rpm(finding: Finding) -> Iterator[Candidate]:
    """What a person can do about packages of yum or dnf without a version."""
    call, words = subject(finding)
    first, name = one_line(text_of(words[0])), call.command.name
    listing = "repoquery" if name == "microdnf" else "list --showduplicates"
    if call.verb == "module install":
        yield by_hand(words, ":", ("policy", f"{name} module list {first} names the streams"))
    elif first.startswith("@"):
        yield advice(
            "name-packages",
            f"Name the packages that are needed of {first}, each with its version",
            ("no-version", "a group has no version, and its members change"),
            ("smaller", "a group brings more than a build needs"),
        )
    else:
        yield _pin(words, name, listing)
    yield from _all_at_once(finding.document, call, words)
    yield ignore_here(finding, "the release of the base image decides")


def _pin(words: list[Word], name: str, listing: str) -> Candidate:
    first = one_line(text_of(words[0]))
    return by_hand(
        words,
        "-",
        ("policy", f"{name} {listing} {first} names the versions, run inside the base image"),
        ("upkeep", "a repository may drop old versions, so the pins have to be kept up to date"),
    )


def _all_at_once(document: Document, call: Call, words: list[Word]) -> Iterator[Candidate]:
    stage = document.stage_of(call.command.instruction)
    image = list(stage.lineage())[-1].image if stage else None
    if image is None:
        return
    if image.short_name == "centos":
        yield advice(
            "frozen-archive",
            "Install from the archive of ended releases (vault.centos.org)",
            ("all-at-once", f"it fixes {named(words)} and what they need in turn"),
            ("no-longer-changes", "the releases in the archive get no more packages"),
        )
    if image.short_name == "amazonlinux" and not image.tag.startswith(("1", "2018", "2.", "2-")):
        yield advice(
            "versioned-repository",
            "Name the repository's version with --releasever",
            ("all-at-once", f"it fixes {named(words)} and what they need in turn"),
            ("meant-for-it", "Amazon Linux keeps each version of its repositories as it was"),
        )
