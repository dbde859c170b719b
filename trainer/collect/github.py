"""What is on GitHub: repositories, the Dockerfiles in them, their contents and their history.

Nothing is taken from an answer as an address: every address is made here from names.
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qs, urlsplit

from codi_hook.discovery import is_dockerfile
from codi_hook.errors import CodiError
from trainer.collect.client import RAW, Api, Unavailable
from trainer.collect.making import LARGEST
from trainer.collect.state import Answer

SEARCHED = 1000  # results of one search that GitHub gives at most
_repo_name = re.compile(r"(?!\.+/)[A-Za-z0-9._-]{1,100}/(?!\.+\Z)[A-Za-z0-9._-]{1,100}\Z").match
_object_name = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z").match
_GONE = {403: "forbidden", 404: "not found", 409: "empty repository", 410: "gone",
         451: "withheld for legal reasons"}  # fmt: skip


class Gone(Exception):
    """GitHub has it no more, or does not show it; says which in a few words."""


@dataclass(frozen=True)
class Repo:
    """A repository as the API describes it. `licence` is an SPDX id, or ""."""

    name: str  # owner/name
    branch: str
    private: bool = False
    fork: bool = False
    archived: bool = False
    licence: str = ""


@dataclass(frozen=True)
class Found:
    """A Dockerfile to fetch. `size` is -1 where nothing says it."""

    repo: Repo
    path: str
    blob: str
    commit: str
    size: int = -1


@dataclass(frozen=True)
class Commit:
    name: str
    time: int
    subject: str
    parents: tuple[str, ...]


def listed(api: Api, kind: str, account: str) -> Iterator[Repo]:
    """The repositories of an account; `kind` is "orgs" or "users".

    Raises:
        Gone, Unavailable, CodiError.
    """
    for page in _pages(api, api.url(kind, account, "repos", per_page=100, sort="full_name")):
        for item in page if isinstance(page, list) else ():
            if repo := _repo(item):
                yield repo


def repository(api: Api, name: str) -> Repo:
    """Raises:
    Gone, Unavailable, CodiError.
    """
    if not _repo_name(name):
        raise CodiError(f"{name!r} is no repository", "write owner/name")
    answer, item = api.json(api.url("repos", name))
    repo = _repo(item)
    if repo is None:
        raise Gone(_GONE.get(answer.status, "no description"))
    return repo


def searched(api: Api, query: str) -> Iterator[tuple[str, str, str, str]]:
    """What code search finds: repository, path, blob and commit of each Dockerfile.

    Raises:
        Gone, Unavailable, CodiError.
    """
    if not api.has_token:
        hint = "set GITHUB_TOKEN, or list repositories with --org, --user or --repo"
        raise CodiError("GitHub's code search wants a token", hint)
    for page in _pages(api, api.url("search", "code", q=query, per_page=100)):
        if not isinstance(page, dict):
            continue
        total = page.get("total_count")
        if isinstance(total, int) and total > SEARCHED:
            api.state.count("searches with more than 1,000 results, the rest unseen")
        if page.get("incomplete_results"):
            api.state.count("search pages that GitHub calls incomplete")
        for item in page.get("items") or ():
            if found := _hit(item):
                yield found


def _hit(item: Any) -> tuple[str, str, str, str] | None:
    item = item if isinstance(item, dict) else {}
    about = item.get("repository")
    name = about.get("full_name") if isinstance(about, dict) else None
    path, blob = item.get("path"), item.get("sha")
    if not (isinstance(name, str) and _repo_name(name) and isinstance(path, str)):
        return None
    if not (isinstance(blob, str) and _object_name(blob) and is_dockerfile(path)):
        return None
    reference = parse_qs(urlsplit(str(item.get("url", ""))).query).get("ref", [""])[0]
    return name, path, blob, reference if _object_name(reference) else ""


def head(api: Api, repo: Repo) -> str:
    """The commit at the tip of the default branch.

    Raises:
        Gone, Unavailable, CodiError.
    """
    answer, item = api.json(api.url("repos", repo.name, "git/ref/heads", repo.branch))
    target = item.get("object") if isinstance(item, dict) else None
    name = target.get("sha") if isinstance(target, dict) else None
    if not (isinstance(name, str) and _object_name(name)):
        raise Gone(_GONE.get(answer.status, "no branch"))
    return name


def dockerfiles(api: Api, repo: Repo, commit: str) -> Iterator[Found]:
    """Raises:
    Gone, Unavailable, CodiError.
    """
    for path, blob, size in tree(api, repo.name, commit):
        if is_dockerfile(path):
            yield Found(repo, path, blob, commit, size)


def tree(api: Api, repo: str, name: str, prefix: str = "") -> Iterator[tuple[str, str, int]]:
    """Path, blob and size of each regular file of a commit or tree. Where GitHub cuts the whole
    list off, folder by folder.

    Raises:
        Gone, Unavailable, CodiError.
    """
    whole = _tree(api, repo, name, recursive=1)
    if not whole.get("truncated"):
        yield from _files(whole, prefix)
        return
    level = _tree(api, repo, name)
    yield from _files(level, prefix)
    for entry in level.get("tree") or ():
        if isinstance(entry, dict) and entry.get("type") == "tree" and prefix.count("/") < 64:
            below = str(entry.get("sha"))
            if _object_name(below):
                yield from tree(api, repo, below, f"{prefix}{entry.get('path')}/")


def _tree(api: Api, repo: str, name: str, **query: int) -> dict[str, Any]:
    answer, found = api.json(api.url("repos", repo, "git/trees", name, **query), fixed=True)
    if not isinstance(found, dict):
        raise Gone(_GONE.get(answer.status, "no tree"))
    return found


def _files(found: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, int]]:
    for entry in found.get("tree") or ():
        if not isinstance(entry, dict) or entry.get("type") != "blob":
            continue
        path, blob, size = entry.get("path"), entry.get("sha"), entry.get("size")
        known = isinstance(path, str) and isinstance(blob, str) and _object_name(blob)
        if known and entry.get("mode") in ("100644", "100755"):
            yield f"{prefix}{path}", str(blob), size if isinstance(size, int) else -1


def blob(api: Api, repo: str, name: str) -> Answer:
    """The answer with a file's content, at most 1 MiB and a byte.

    A complete one has the digest that it is named by, so a connection that was cut off is not
    taken for an end.

    Raises:
        Gone, Unavailable, CodiError.
    """

    def valid(body: bytes) -> bool:
        return len(name) != 40 or sha1(b"blob %d\0" % len(body) + body).hexdigest() == name

    answer = api.get(api.url("repos", repo, "git/blobs", name), RAW, LARGEST, valid, fixed=True)
    if answer.status != 200:
        raise Gone(_GONE.get(answer.status, f"status {answer.status}"))
    return answer


def content(api: Api, repo: str, path: str, commit: str) -> bytes:
    """A file's content at a commit.

    Raises:
        Gone, Unavailable, CodiError.
    """
    url = api.url("repos", repo, "contents", path, ref=commit)
    answer = api.get(url, RAW, LARGEST, fixed=True)
    if answer.status != 200:
        raise Gone(_GONE.get(answer.status, f"status {answer.status}"))
    return answer.body


def commits(api: Api, found: Found, most: int) -> list[Commit]:
    """The newest commits that touched the file, at most `most`; its renames are not followed.

    Raises:
        Gone, Unavailable, CodiError.
    """
    made: list[Commit] = []
    start = found.commit or found.repo.branch
    query: dict[str, str | int] = {"path": found.path, "sha": start, "per_page": min(most, 100)}
    for page in _pages(api, api.url("repos", found.repo.name, "commits", **query)):
        made += filter(None, map(_commit, page if isinstance(page, list) else ()))
        if len(made) >= most:
            break
    return made[:most]


def _commit(item: Any) -> Commit | None:
    try:
        about, name = item["commit"], item["sha"]
        parents = tuple(parent["sha"] for parent in item["parents"])
        subject = " ".join(about["message"].partition("\n")[0].split())
        when = calendar.timegm(time.strptime(about["committer"]["date"], "%Y-%m-%dT%H:%M:%SZ"))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    good = all(isinstance(one, str) and _object_name(one) for one in (name, *parents))
    return Commit(name, when, subject, parents) if good else None


def _pages(api: Api, url: str) -> Iterator[Any]:
    seen = {url}
    while True:
        answer, value = api.json(url)
        if value is None:
            raise Gone(_GONE.get(answer.status, f"status {answer.status}"))
        yield value
        if not answer.next:
            return
        url = answer.next
        if url in seen:
            raise Unavailable("pages that lead in a circle")
        seen.add(url)


def _repo(item: Any) -> Repo | None:
    if not isinstance(item, dict):
        return None
    name, branch = item.get("full_name"), item.get("default_branch") or "main"
    if not (isinstance(name, str) and _repo_name(name) and isinstance(branch, str)):
        return None
    licence = item.get("license")
    spdx = licence.get("spdx_id") if isinstance(licence, dict) else None
    flags = {key: bool(item.get(key)) for key in ("private", "fork", "archived")}
    return Repo(name, branch, licence=spdx if isinstance(spdx, str) else "", **flags)
