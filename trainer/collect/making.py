"""Rows out of bytes: what counts as a Dockerfile's text, and how a row is identified."""

from __future__ import annotations

from hashlib import sha256

from codi_hook.recipes import facts
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.rows import Change, File

LARGEST = 1 << 20  # bytes; the hook reads no larger file
LONGEST_PATH = 4096  # bytes


def refused(data: bytes) -> str:
    """Why the bytes make no row, in a few words; "" where they do."""
    if len(data) > LARGEST:
        return "larger than 1 MiB"
    if b"\0" in data:
        return "binary"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8"
    return "" if text.strip() else "empty"


def refused_text(text: str) -> str:
    """`refused` for what was text already: a lone surrogate is none."""
    if len(text) > LARGEST:
        return "larger than 1 MiB"
    try:
        return refused(text.encode())
    except UnicodeEncodeError:
        return "not UTF-8"


def name_refused(path: str) -> str:
    """Why a path inside a repository is taken over by no row; "" where it is plain."""
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "name is not UTF-8"
    if not path or size > LONGEST_PATH:
        return "name too long"
    parts = path.split("/")
    if path.startswith("/") or not {"", ".", ".."}.isdisjoint(parts) or not path.isprintable():
        return "unsafe name"
    return ""


def file_row(origin: str, repo: str, path: str, text: str, commit: str = "") -> File:
    row: File = {
        "id": sha256(text.encode()).hexdigest(),
        "origin": origin,
        "repo": repo,
        "path": path,
        "text": text,
    }
    if commit:
        row["commit"] = commit
    return row


def change_row(
    origin: str,
    where: tuple[str, str, str],
    when: int,
    subject: str,
    texts: tuple[str, str],
) -> Change:
    """`where` is repository, path and commit; `texts` are those before and after it."""
    return {
        "id": sha256("\0".join(where).encode()).hexdigest(),
        "origin": origin,
        "repo": where[0],
        "path": where[1],
        "commit": where[2],
        "time": when,
        "subject": subject,
        "before": texts[0],
        "after": texts[1],
    }


def stack_of(text: str, path: str = "Dockerfile") -> str:
    """The main language of a Dockerfile: that of `codi_hook.recipes.facts`."""
    return facts.stack(parse(Source(text.encode(), path)))
