"""Which files to check: through git where there is a repository, else by walking.

Names that count, in any case: Dockerfile, Dockerfile.*, *.Dockerfile, Containerfile*. Files of
such a name that are something else by their last suffix (ignore lists, templates, documents,
programs, leftovers of editors and merges) do not. The pre-commit hooks use the same patterns.
A file that is named on the command line always counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from codi_hook.errors import CodiError
from codi_hook.reading import STDIN, repository

# fmt: off
_OTHER = frozenset((
    "dockerignore", "containerignore", "md", "rst", "txt", "htm", "html", "py", "go", "js", "ts",
    "rb", "sh", "json", "toml", "yml", "yaml", "j2", "jinja", "jinja2", "tmpl", "gotmpl",
    "tpl", "template", "erb", "ejs", "mustache", "hbs", "m4", "in", "orig", "rej", "bak", "swp",
    "tmp", "diff", "patch",
))
_SKIPPED = frozenset((
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox",
))
# fmt: on


def is_dockerfile(path: str) -> bool:
    """True where the name alone says that this is a Dockerfile."""
    name = os.path.basename(path).lower()
    stem, dot, suffix = name.rpartition(".")
    if name.endswith("~") or (dot and suffix in _OTHER):
        return False
    return (
        name in ("dockerfile", "containerfile")
        or name.startswith(("dockerfile.", "containerfile"))
        or (suffix == "dockerfile" and bool(stem))
    )


def discover(
    paths: Sequence[str], changed_since: str = "", exclude: Sequence[str] = ()
) -> tuple[list[str], list[CodiError]]:
    """The files to check, each once, in the order of `paths` and sorted within a folder.

    Args:
        paths: files, folders, or "-"; files are taken whatever their name.
        changed_since: a revision; only files that differ from its merge base with HEAD, or
            that git does not know yet, are kept.
        exclude: globs over the relative path; they concern what is found in folders.

    Returns:
        Paths as they were named or found, and what went wrong on the way.

    Raises:
        CodiError: `changed_since` cannot be resolved.
    """
    found: dict[str, str] = {}  # by absolute path
    problems: list[CodiError] = []
    for path in paths:
        named = [path]
        if path != STDIN and os.path.isdir(path):
            try:
                named = sorted(_in_folder(os.path.normpath(path)))
            except CodiError as error:
                problems.append(error)
                continue
            named = [name for name in named if not _excluded(name, exclude)]
        for name in named:
            found.setdefault(STDIN if name == STDIN else os.path.abspath(name), name)
    if changed_since:
        found = _changed_only(found, changed_since)
    return list(found.values()), problems


def _excluded(path: str, globs: Iterable[str]) -> bool:
    from fnmatch import fnmatch

    parts = os.path.normpath(path).split(os.sep)
    ends = ["/".join(parts[: index + 1]) for index in range(len(parts))]
    return any(
        fnmatch(end, glob.rstrip("/")) or fnmatch(part, glob.rstrip("/"))
        for glob in globs
        for end, part in zip(ends, parts, strict=True)
    )


def _in_folder(folder: str) -> Iterator[str]:
    if repository(os.path.join(folder, "Dockerfile")):
        listed = _listed(folder)
        if listed is not None:
            yield from _dockerfiles(folder, listed)
            return
    for name in _walked(folder):
        if is_dockerfile(name):
            yield name


def _listed(folder: str) -> list[str] | None:
    """What git lists below `folder`, or None where it cannot (not installed, not its owner)."""
    from codi_hook.git import git

    names = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
    return None if names is None else names.split("\0")


def _dockerfiles(folder: str, names: Iterable[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):  # a merge in progress lists a file up to three times
        path = os.path.join(folder, name) if folder != "." else name
        if not name:
            continue
        if name.endswith("/") or (os.path.isdir(path) and not os.path.islink(path)):
            yield from _in_folder(path.rstrip("/"))  # a submodule, or a repository within
        elif is_dockerfile(name) and os.path.lexists(path) and not os.path.isdir(path):
            yield path


def _walked(folder: str) -> Iterator[str]:
    failed: list[OSError] = []
    for base, folders, names in os.walk(folder, onerror=failed.append):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in names:
            yield os.path.normpath(os.path.join(base, name))
    if failed:
        error = failed[0]
        reason = (error.strerror or "error").lower()
        raise CodiError(
            f"cannot be listed: {reason}", "check its permissions", error.filename or folder
        )


def _changed_only(found: dict[str, str], revision: str) -> dict[str, str]:
    from codi_hook.git import changed_since

    by_top: dict[str, set[str]] = {}
    kept = {}
    for absolute, name in found.items():
        if absolute == STDIN:
            kept[absolute] = name
            continue
        top = repository(absolute)
        if not top:
            raise CodiError("--changed-since needs a git repository", "leave it out", name)
        if top not in by_top:
            by_top[top] = changed_since(top, revision)
        here = os.path.join(os.path.realpath(os.path.dirname(absolute)), os.path.basename(absolute))
        if os.path.relpath(here, top) in by_top[top]:
            kept[absolute] = name
    return kept
