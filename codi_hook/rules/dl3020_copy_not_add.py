"""ADD where COPY would do.

Why it matters: ADD has two powers that surprise: it fetches URLs and it unpacks archives. For
files of the build context COPY does what the reader expects and nothing else.

Why the fix is safe: for a local source that is no archive, ADD and COPY write the same layer.
ADD recognises an archive by its content; a source whose name says otherwise, or a wild card or
a variable that may stand for an archive or a URL, makes the fix `unsafe`. A relative destination
before any WORKDIR is written in full, which is `unsafe` where the base image's folder is unknown.

When to ignore: where a file without an archive's name is one and is meant to be unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
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
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import workdir_at
from codi_hook.recipes.instructions import set_keyword
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import destination, is_absolute, of_base

# What ADD unpacks, by the names that such files have.
_archive = pattern(
    r"\.(?:tar|t?gz|t?bz2?|tbz2|tb2|t?xz|txz|tlz|lzma|lz|z|tz|taz|zst|tzst)$", re.IGNORECASE
)
_remote = pattern(r"https?://|git@|git://|ssh://|.*\.git(?:#|$)")
_ONLY_ADD = frozenset({"checksum", "keep-git-dir", "unpack"})


def check(document: Document) -> Iterator[Finding]:
    for item in document.of("ADD"):
        sources = [unquoted(argument.value) for argument in item.arguments[:-1]]
        if sources and not any(_archive.search(s) or _remote.match(s) for s in sources):
            yield Finding(item.keyword_span, item)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    if any(flag.name in _ONLY_ADD for flag in item.flags):
        return
    sources = " ".join(argument.value for argument in item.arguments[:-1])
    origin = "the file itself" if item.heredocs else "the build context"
    certain = not any(char in sources for char in "*?[$")
    level = Applicability.SAFE if certain else Applicability.UNSAFE
    stage = finding.document.stage_of(item)
    if stage is not None and of_base(stage) is None and _is_loose(finding.document, item):
        level = Applicability.DISPLAY  # the destination is a guess
    yield Candidate(
        "use-copy",
        "Copy with COPY",
        (set_keyword(item, "COPY"), *_destination(finding.document, item)),
        level,
        (
            Reason("no-magic", "COPY never unpacks an archive and never fetches a URL"),
            Reason("local", f"{sources} comes from {origin}, so nothing of ADD is needed"),
        ),
    )


def _is_loose(document: Document, item: Instruction) -> bool:
    """True for a destination in whatever folder the base image works in."""
    path = unquoted(item.arguments[-1].value)
    return not is_absolute(path) and workdir_at(document, item) is None


def _destination(document: Document, item: Instruction) -> tuple[Edit, ...]:
    """COPY to a relative path before any WORKDIR is reported, where ADD is not."""
    stage = document.stage_of(item)
    path = unquoted(item.arguments[-1].value)
    if stage is None or not _is_loose(document, item) or any(c in path for c in "\\'\"~"):
        return ()
    target = destination(path, of_base(stage) or "/")
    last = item.arguments[-1]
    quote = item.source.text(last.span)[:1]
    quote = quote if quote in "'\"" else ""
    return (Edit(last.span, f"{quote}{target}{quote}"),) if target else ()


RULE = Rule(
    "DL3020",
    "copy-not-add",
    Severity.ERROR,
    "Use COPY for files of the build context",
    check,
    candidates,
    triggers=("ADD",),
)
