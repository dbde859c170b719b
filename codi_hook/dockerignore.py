"""Which files of a build context a .dockerignore file leaves out.

The rules are those of the Dockerfile reference and of moby's pattern matcher: patterns are relative
to the context's root and match whole paths, a path below a matching folder matches too, the last
pattern that matches decides, and ``!`` lets in again. ``*`` and ``?`` stay within a folder's name,
``**`` does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath

from codi_hook.frozen import dataclass

BOM = "\ufeff"


@dataclass(frozen=True)
class IgnorePattern:
    """One line of the file. `text` is cleaned and lacks the ``!``; `line` is 1-based."""

    text: str
    readmits: bool
    line: int
    expression: re.Pattern[str]

    def matches(self, path: str) -> bool:
        """True for a path that the pattern names, or that lies below one."""
        end = len(path)
        while end > 0:
            if self.expression.match(path, 0, end):
                return True
            end = path.rfind("/", 0, end)
        return False


@dataclass(frozen=True)
class Dockerignore:
    """The patterns of a file, in order."""

    patterns: tuple[IgnorePattern, ...]

    def decides(self, path: str) -> IgnorePattern | None:
        """The pattern that leaves the cleaned `path` out; None where it is part of the context."""
        for pattern in reversed(self.patterns):
            if pattern.matches(path):
                return None if pattern.readmits else pattern
        return None

    def may_readmit_below(self, folder: str) -> bool:
        """True where something below `folder` may be let in although the folder is left out."""
        return any(pattern.readmits and _reaches(pattern.text, folder) for pattern in self.patterns)

    @property
    def has_exceptions(self) -> bool:
        return any(pattern.readmits for pattern in self.patterns)


def parse_ignore(text: str) -> Dockerignore:
    """The patterns of a .dockerignore file; a pattern that is malformed matches nothing.

    >>> ignore = parse_ignore("*\\n!src\\nsrc/*.log\\n")
    >>> [bool(ignore.decides(path)) for path in ("a", "src", "src/x.c", "src/x.log")]
    [True, False, False, True]
    """
    return Dockerignore(tuple(_patterns(text)))


def clean(path: str) -> str:
    """A path of COPY or of a pattern relative to the context's root; "" for the root itself.

    >>> clean("./a//b/"), clean("/a/../b"), clean("../x"), clean(".")
    ('a/b', 'b', 'x', '')
    """
    return normpath("/" + path.lstrip("/")).strip("/")


def _patterns(text: str) -> Iterator[IgnorePattern]:
    for number, line in enumerate(text.removeprefix(BOM).split("\n"), 1):
        if line.startswith("#") or not (written := line.strip()):
            continue
        readmits = written.startswith("!")
        pattern = clean(written[1:].strip() if readmits else written)
        expression = _compiled(pattern)
        if pattern and expression is not None:
            yield IgnorePattern(pattern, readmits, number, expression)


def _compiled(pattern: str) -> re.Pattern[str] | None:
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**", at):
            at += 2
            if pattern.startswith("/", at):
                at += 1
            parts.append("(?:.*/)?" if at < len(pattern) else ".*")
        elif char == "[":
            end = _class_end(pattern, at)
            if end < 0:
                return None
            parts.append(_class(pattern[at + 1 : end]))
            at = end + 1
        else:
            if char == "\\" and at + 1 < len(pattern):
                at += 1
                parts.append(re.escape(pattern[at]))
            else:
                parts.append({"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char))
            at += 1
    try:
        return re.compile("".join(parts) + r"\Z", re.DOTALL)
    except re.error:
        return None


def _class_end(pattern: str, start: int) -> int:
    """Offset of the bracket that closes the class opened at `start`, or -1."""
    at = start + 1 + pattern.startswith("^", start + 1)
    while at < len(pattern):
        if pattern[at] == "]":
            return at if at > start + 1 + pattern.startswith("^", start + 1) else -1
        at += 2 if pattern[at] == "\\" else 1
    return -1


def _class(inside: str) -> str:
    negated = inside.startswith("^")
    body = re.sub(r"([\[&~|])", r"\\\1", inside[negated:])
    return f"[{'^' if negated else ''}{body}]"


def _reaches(pattern: str, folder: str) -> bool:
    """True where a path that `pattern` names may lie in `folder`."""
    wanted = pattern.split("/")
    for name, part in zip(folder.split("/"), wanted, strict=False):
        if "**" in part:
            return True
        expression = _compiled(part)
        if expression is None or not expression.match(name):
            return False
    return True
