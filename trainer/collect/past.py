"""What each commit made of a file on GitHub. A commit's "before" is the content at its parent;
merges are left out, and renames end a history, because the API does not follow them."""

from __future__ import annotations

from collections import Counter

from trainer.collect import github
from trainer.collect.client import Api, Unavailable
from trainer.collect.github import Commit, Found, Gone
from trainer.collect.making import change_row, refused


def keep(api: Api, found: Found, most: int) -> Counter[str]:
    """Put the changes of the newest `most` commits into the state; says what became of them.

    Raises:
        CodiError: GitHub is out of reach.
    """
    outcomes: Counter[str] = Counter()
    known: dict[str, bytes | None] = {}  # by commit: a parent is mostly the next older one
    try:
        for commit in github.commits(api, found, most):
            if len(commit.parents) == 1:
                after = _content(api, found, commit.name, known)
                before = _content(api, found, commit.parents[0], known)
                if outcome := _change(api, found, commit, before, after):
                    outcomes[outcome] += 1
    except Gone as why:
        outcomes[f"histories: {why}"] += 1
    except Unavailable:
        outcomes["unavailable"] += 1
    return outcomes


def _content(api: Api, found: Found, commit: str, known: dict[str, bytes | None]) -> bytes | None:
    if commit not in known:
        try:
            known[commit] = github.content(api, found.repo.name, found.path, commit)
        except Gone:
            known[commit] = None
    return known[commit]


def _change(
    api: Api, found: Found, commit: Commit, before: bytes | None, after: bytes | None
) -> str:
    if before is None or after is None or before == after:
        return ""
    if why := refused(before) or refused(after):
        return f"changes: {why}"
    where = (found.repo.name, found.path, commit.name)
    texts = (before.decode("utf-8"), after.decode("utf-8"))
    api.state.keep_change(change_row("", where, commit.time, commit.subject, texts))
    return "changes"
