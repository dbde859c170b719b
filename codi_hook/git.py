"""The few questions that are asked of git, each one process."""

from __future__ import annotations

import os
import subprocess

from codi_hook.errors import CodiError
from codi_hook.reading import repository


def git(folder: str, *arguments: str) -> str | None:
    """What git prints in `folder`, as file names are decoded; None where it fails."""
    # A git hook sets these for its own repository, which need not be the one of `folder`.
    own = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            check=False,
        )
    except OSError:
        return None
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def changed_since(top: str, revision: str) -> set[str]:
    """Paths below `top` that differ from the merge base of `revision` and HEAD.

    The working tree counts, staged or not, and so do files that git does not track yet.
    """
    base = _merge_base(top, revision)
    changed = git(top, "diff", "--name-only", "-z", "--no-renames", base, "--")
    fresh = git(top, "ls-files", "-z", "--others", "--exclude-standard")
    if changed is None or fresh is None:
        raise CodiError("git could not compare", "run `git diff` there to see why", top)
    return {name for name in (changed + fresh).split("\0") if name}


def content_at(path: str, revision: str) -> bytes | None:
    """The file at the absolute `path` as the merge base of `revision` and HEAD holds it.

    None where it does not. Raises CodiError for an unknown revision and outside a repository.
    """
    top = repository(path)
    if not top:
        raise CodiError("--changed-lines needs a git repository", "leave it out", path)
    base = _merge_base(top, revision)
    folder = os.path.realpath(os.path.dirname(path))
    name = os.path.relpath(os.path.join(folder, os.path.basename(path)), top)
    text = git(top, "cat-file", "blob", f"{base}:{name.replace(os.sep, '/')}")
    return None if text is None else os.fsencode(text)


def _merge_base(top: str, revision: str) -> str:
    commit = git(
        top, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"
    )
    if commit is None:
        hint = "fetch it first; in CI check out the whole history (fetch-depth: 0)"
        raise CodiError(f"git knows no revision {revision!r}", hint)
    base = git(top, "merge-base", commit.strip(), "HEAD")
    if base is None:
        hint = "in CI check out the whole history (fetch-depth: 0)"
        raise CodiError(f"{revision!r} and HEAD have no commit in common", hint)
    return base.strip()
