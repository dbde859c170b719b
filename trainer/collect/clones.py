"""Dockerfiles of clones: all at HEAD, and what each commit made of one."""

from __future__ import annotations

import os
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from codi_hook.discovery import is_dockerfile
from codi_hook.errors import CodiError
from trainer.collect import manifest
from trainer.collect.gitio import Blobs, GitFailed, line, tokens
from trainer.collect.making import LARGEST, change_row, file_row, name_refused, refused, stack_of
from trainer.collect.shards import Shards

DEEPEST = 6  # folders below a named one in which clones are looked for
KEPT = 256  # blobs that are remembered: the "after" of a commit is the "before" of the next one
# Wider than `is_dockerfile`, which then decides; git renames are found among these names.
_NAMES = (
    ":(top,icase,glob)**/Dockerfile*",
    ":(top,icase,glob)**/Containerfile*",
    ":(top,icase,glob)**/*.Dockerfile",
)
_part = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,100}\Z").match
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Clone:
    """A repository on this disk: its git folder, and what it is called."""

    folder: Path
    repo: str  # owner/name


class Entry(NamedTuple):
    """A file of a tree, with the name of its blob."""

    path: str
    blob: str


class Step(NamedTuple):
    """What a commit did to one file: blobs before and after."""

    commit: str
    time: int
    subject: str
    path: str
    before: str
    after: str


def run(
    data: Path,
    paths: Sequence[Path],
    shards: int,
    stacks: frozenset[str],
    tell: Tell,
    history: bool = False,
    origin: str = "git",
) -> Counter[str]:
    """Rows of the clones below the paths, as shards under raw/ and, with `history`, changes/.

    Raises:
        CodiError: there is no repository at a path.
    """
    found = clones(paths)
    outcomes: Counter[str] = Counter()
    repos: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    with Shards(data / "raw", "git", shards) as files:
        for clone in found:
            for entry, why, text in _files(clone, tell, outcomes):
                stack = "" if why else stack_of(text, entry.path)
                if not why and stacks and stack not in stacks:
                    why = "another stack"
                if not why and not files.add(
                    file_row(origin, clone.repo, entry.path, text, _head(clone))
                ):
                    why = "twice"
                outcomes[why or "files"] += 1
                if not why:
                    repos[clone.repo] += 1
                    languages[stack] += 1
    if history:
        with Shards(data / "changes", "git", shards) as changes:
            for clone in found:
                outcomes += _changes(clone, changes, stacks, tell, origin)
    part = {
        "origin": origin,
        "clones": len(found),
        "outcomes": manifest.counted(outcomes),
        "stacks": manifest.counted(languages),
        "owners": manifest.owners(repos),
    }
    manifest.record(data / "raw", "git", part)
    return outcomes


def clones(paths: Iterable[Path]) -> list[Clone]:
    """The repositories at the paths and below them, each once, in the order of their folders.

    Raises:
        CodiError: there is none at a path.
    """
    found: dict[str, Clone] = {}
    for path in paths:
        below = sorted(_git_folders(path))
        if not below:
            raise CodiError("no git repository here or below", "name a clone", str(path))
        for folder in below:
            found.setdefault(str(folder.resolve()), Clone(folder, _name(folder)))
    return list(found.values())


def _git_folders(path: Path) -> Iterator[Path]:
    depth = len(path.parts)
    for base, folders, _ in os.walk(path):
        here = Path(base)
        inner = here / ".git"
        if inner.is_dir() and _is_bare(inner):
            yield inner
        elif _is_bare(here):
            yield here
        else:
            deep = len(here.parts) - depth >= DEEPEST
            folders[:] = [] if deep else sorted(folders)
            continue
        folders[:] = []


def _is_bare(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def _name(folder: Path) -> str:
    """owner/name, by the address that it was cloned from, else by its folders. Nothing else of
    the address is kept: it may hold a password."""
    address = line(folder, "config", "--get", "remote.origin.url")
    parts = re.split(r"[/:]+", address.rstrip("/"))[-2:]
    if len(parts) == 2 and _part(parts[0]) and _part(name := parts[1].removesuffix(".git")):
        return f"{parts[0]}/{name}"
    real = folder.resolve()
    work = real.parent if real.name == ".git" else real
    names = [re.sub(r"[^A-Za-z0-9._-]+", "-", part).strip(".-") or "local" for part in work.parts]
    owner, name = (["local", "local", *names])[-2:]
    return f"{owner[:100]}/{name.removesuffix('.git')[:100]}"


def _head(clone: Clone) -> str:
    return line(clone.folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")


def tree(clone: Clone, revision: str = "HEAD") -> Iterator[Entry]:
    """The regular files of a revision, as git sorts them.

    Raises:
        GitFailed: there is no such revision, or the repository is damaged.
    """
    arguments = ("ls-tree", "-r", "-z", "--full-tree", revision)
    for one in tokens(clone.folder, *arguments):
        about, _, path = one.partition(b"\t")
        mode, _, blob = about.split(b" ")
        if mode in (b"100644", b"100755", b"100664"):
            yield Entry(os.fsdecode(path), blob.decode())


def _files(clone: Clone, tell: Tell, outcomes: Counter[str]) -> Iterator[tuple[Entry, str, str]]:
    """The Dockerfiles at HEAD: entry, why there is no row ("" where there is one), and text."""
    try:
        with Blobs(clone.folder, LARGEST) as blobs:
            for entry in tree(clone):
                if is_dockerfile(entry.path):
                    data = blobs.read(entry.blob)
                    why = name_refused(entry.path) or refused_blob(data)
                    yield entry, why, "" if why or data is None else data.decode("utf-8")
    except GitFailed as error:
        outcomes["repositories that could not be read"] += 1
        tell(f"{clone.repo}: {error}: empty or damaged")


def refused_blob(data: bytes | None) -> str:
    return "missing" if data is None else refused(data)


def _changes(
    clone: Clone, changes: Shards, stacks: frozenset[str], tell: Tell, origin: str
) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    known: OrderedDict[str, bytes | None] = OrderedDict()
    try:
        with Blobs(clone.folder, LARGEST) as blobs:
            for step in steps(clone):
                texts = [_known(blobs, known, name) for name in (step.after, step.before)]
                after, before = texts
                why = refused_blob(before) or refused_blob(after) or name_refused(step.path)
                if not why and after is not None and before is not None:
                    text = after.decode("utf-8")
                    if stacks and stack_of(text, step.path) not in stacks:
                        why = "another stack"
                    else:
                        row = change_row(
                            origin,
                            (clone.repo, step.path, step.commit),
                            step.time,
                            step.subject,
                            (before.decode("utf-8"), text),
                        )
                        why = "" if changes.add(row) else "twice"
                outcomes[f"changes: {why}" if why else "changes"] += 1
    except GitFailed as error:
        outcomes["histories that could not be read"] += 1
        tell(f"{clone.repo}: {error}")
    return outcomes


def _known(blobs: Blobs, known: OrderedDict[str, bytes | None], name: str) -> bytes | None:
    if name not in known:
        known[name] = blobs.read(name)
        if len(known) > KEPT:
            known.popitem(last=False)
    return known[name]


def steps(clone: Clone) -> Iterator[Step]:
    """What each commit behind HEAD did to one Dockerfile, the newest first. Merges are left out,
    renames are followed, and what only appeared, vanished or moved is no step.

    Raises:
        GitFailed: there is no commit, or the repository is damaged.
    """
    found = tokens(
        clone.folder, "log", "-z", "--raw", "--no-abbrev", "--full-history", "--no-merges",
        "--root", "-M", "-l1000", "-O/dev/null", "--no-ext-diff", "--no-textconv", "--no-color",
        "--no-notes", "--no-mailmap", "--encoding=UTF-8", "--format=tformat:%x01%H %ct %s",
        "HEAD", "--", *_NAMES,
    )  # fmt: skip
    commit, when, subject = "", 0, ""
    for token in found:
        token = token.lstrip(b"\n")
        if token.startswith(b"\x01"):
            name, time, rest = (token[1:].decode("utf-8", "replace") + "  ").split(" ", 2)
            commit, subject = name, " ".join(rest.split())
            when = int(time) if time.isdigit() else 0
        elif token.startswith(b":"):
            _, mode, before, after, status = token.decode("ascii", "replace").split(" ")
            path = os.fsdecode(next(found, b""))
            if status[:1] in "RC":
                path = os.fsdecode(next(found, b""))
            kept = status[:1] in "MR" and mode.startswith("100") and before != after
            if kept and is_dockerfile(path):
                yield Step(commit, when, subject, path, before, after)
