"""ADD where COPY would do.

Why it matters: ADD has two powers that surprise: it fetches URLs and it unpacks archives. For
files of the build context COPY does what the reader expects and nothing else.

Which alternative: COPY, for what is in the build context or in the file itself. `COPY --link`
where the base image changes often and the files are large.

Why the fixes are safe or unsafe: for a local source that is no archive, ADD and COPY write the
same layer. ADD recognises an archive by its content; a source whose name says otherwise, or a wild
card or a variable that may stand for an archive or a URL, makes the fix `unsafe`, and so does the
slash that COPY of several sources needs. A relative destination before any WORKDIR is written in
full, and only shown where the base image's folder is unknown.

`COPY --link` makes a layer that does not depend on what lies below it, so that a new base image
does not copy the files again. It needs BuildKit, and replaces a symbolic link that stands where
the destination goes through: `unsafe`, and not offered for the folders where distributions have
such links, nor with an owner by name, which is not known in that layer.

When to ignore: where a file without an archive's name is one and is meant to be unpacked.

Evidence: in 196.8 of 1,000 public Dockerfiles. hadolint and this rule agree on 6,572 of the 6,576
places that hadolint reports in 16,167 public Dockerfiles; this rule has 50 more, all in ONBUILD.
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
from codi_hook.recipes.facts import uses_buildkit, workdir_at
from codi_hook.recipes.instructions import add_flag, set_keyword
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import destination, effective, is_absolute, is_windows, of_base

# What ADD unpacks, by the names that such files have.
_archive = pattern(
    r"\.(?:tar|t?gz|t?bz2?|tbz2|tb2|t?xz|txz|tlz|lzma|lz|z|tz|taz|zst|tzst)$", re.IGNORECASE
)
_remote = pattern(r"https?://|git@|git://|ssh://|.*\.git(?:#|$)")
_LINKED = frozenset({"bin", "sbin", "lib", "lib32", "lib64", "libx32"})
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
    if _needs_slash(item) and unquoted(item.arguments[-1].value) != ".":
        level = Applicability.UNSAFE
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
    yield from _link(finding.document, item)


def _link(document: Document, item: Instruction) -> Iterator[Candidate]:
    """COPY --link, where the destination is a folder of the image's own and the owner a number."""
    current = effective(document, item)
    path = unquoted(item.arguments[-1].value)
    target = destination(path, current) if current else path
    owner = item.flag("chown")
    named = owner is not None and not set(owner.value or "x") <= set("0123456789:")
    if target is None or not _is_own(target) or named or item.flag("link") is not None:
        return
    if item.heredocs or is_windows(document, item) or document.is_trigger(item):
        return
    if _is_loose(document, item) or _needs_slash(item):
        return
    needs = "the file needs BuildKit already, and this is part of it"
    if not uses_buildkit(document):
        needs = "the classic builder does not know --link"
    yield Candidate(
        "use-copy-link",
        "Copy with COPY --link",
        (set_keyword(item, "COPY"), add_flag(item, "--link")),
        Applicability.UNSAFE,
        (
            Reason("no-rebuild", "a new base image or a change above does not copy it again"),
            Reason("own-layer", f"a link on the way to {path} would be replaced by a folder"),
            Reason("needs-buildkit", needs),
        ),
    )


def _is_own(path: str) -> bool:
    """True for an absolute path that no distribution has a link on: not /lib, /bin, /var/run."""
    parts = [part for part in path.split("/") if part]
    if not path.startswith("/") or not parts or "$" in path or ".." in parts:
        return False
    return parts[0] not in _LINKED and parts[:2] not in (["var", "run"], ["var", "lock"])


def _is_loose(document: Document, item: Instruction) -> bool:
    """True for a destination in whatever folder the base image works in."""
    path = unquoted(item.arguments[-1].value)
    return not is_absolute(path) and workdir_at(document, item) is None


def _needs_slash(item: Instruction) -> bool:
    """True where COPY is reported for several sources and a destination that is no folder."""
    return len(item.arguments) > 2 and not unquoted(item.arguments[-1].value).endswith("/")


def _destination(document: Document, item: Instruction) -> tuple[Edit, ...]:
    """COPY to a relative path before any WORKDIR, or of several sources to a path without a slash,
    is reported, where ADD is not."""
    stage = document.stage_of(item)
    path = unquoted(item.arguments[-1].value)
    if any(c in path for c in "\\'\"~"):
        return ()
    slash = "/" if _needs_slash(item) else ""
    loose = stage is not None and _is_loose(document, item)
    if not loose and not slash:
        return ()
    target = destination(path, of_base(stage) or "/") if stage is not None and loose else path
    if target is not None and not target.endswith("/"):
        target += slash
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
    local=True,
    templates=(
        "use-copy: safe, unsafe, display",
        "use-copy-link: unsafe",
    ),
)
