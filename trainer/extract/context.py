"""The files of one revision of a repository, and which of them a COPY names."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

_shape = re.compile(r"[*?\[]").search
_shell = re.compile(
    rb"#!\s*(?:/usr)?(?:/local)?/bin/(?:env\s+(?:-\S+\s+)*)?(?:busybox\s+)?"
    rb"(?:sh|bash|dash|ash|ksh|mksh|zsh)\b"
).match
_NAMED = (".sh", ".bash", ".ksh", ".zsh", ".ash")


class Context:
    """`paths` are the regular files; `read` gives the content of one, or None."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        self.files = frozenset(paths)
        self.read = read
        self._within: dict[str, set[str]] = defaultdict(set)
        for path in self.files:
            while path:
                above = posixpath.dirname(path)
                if path in self._within[above]:
                    break
                self._within[above].add(path)
                path = above

    def is_folder(self, path: str) -> bool:
        return not path or path in self._within

    def matches(self, root: str, pattern: str) -> Iterator[str]:
        """Files and folders below `root` ("" or a folder) that a source of COPY names."""
        found = [root]
        for part in clean(pattern).split("/"):
            if part:
                found = [path for folder in found for path in self._part(folder, part)]
        yield from sorted(found)

    def _part(self, folder: str, part: str) -> Iterator[str]:
        if not _shape(part):
            path = f"{folder}/{part}" if folder else part
            if path in self.files or path in self._within:
                yield path
            return
        for path in self._within.get(folder, ()):
            if fnmatchcase(posixpath.basename(path), part):
                yield path


def clean(path: str) -> str:
    """A source of COPY from the root of its context; it cannot lead out of it.

    >>> clean("./a//b/"), clean("/a/../b"), clean("../x"), clean(".")
    ('a/b', 'b', 'x', '')
    """
    return posixpath.normpath("/" + path.lstrip("/")).strip("/")


def is_shell(name: str, data: bytes) -> bool:
    """True for a shell script: by its first line, or where there is no such line by its name."""
    if data.startswith(b"#!"):
        return _shell(data) is not None
    return name.lower().endswith(_NAMED)
