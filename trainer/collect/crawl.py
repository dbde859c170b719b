"""A crawl of GitHub: which repositories, which files, what became of each.

The crawl is the same sequence of questions each time; the state answers those that were answered
before. So one that was killed is simply done again, and one that ended is asked "changed?".
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from filelock import FileLock, Timeout

from codi_hook.errors import CodiError
from trainer.collect import github, manifest, past, stacks, store
from trainer.collect.client import Api, Unavailable
from trainer.collect.clock import Clock
from trainer.collect.github import Found, Gone, Repo
from trainer.collect.making import LARGEST, name_refused, refused, stack_of
from trainer.collect.shards import Shards
from trainer.collect.state import NAME, State
from trainer.collect.wanted import Wanted, Where

Tell = Callable[[str], None]


def run(
    wanted: Wanted,
    where: Where,
    tell: Tell,
    clock: Clock | None = None,
    fresh: bool = False,
    dry: bool = False,
) -> Counter[str]:
    """Collect; returns what was counted. A dry run lists, fetches no content, writes nothing.

    Raises:
        CodiError: nothing asked for, the token is refused, GitHub is out of reach.
    """
    if not (wanted.orgs or wanted.users or wanted.repos or wanted.searches):
        hint = "--org, --user, --repo, --query, --stack, --from-git or --from-jsonl"
        raise CodiError("nothing to collect", hint)
    settings = json.dumps(asdict(wanted) | {"url": where.url, "stacks": sorted(wanted.stacks)})
    raw = where.data / "raw"
    if dry:
        return _crawl(wanted, where, tell, clock or Clock(), State(None, settings), None)
    raw.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(raw / ".lock", timeout=0):
            state = State(raw / NAME, settings, fresh)
            return _crawl(wanted, where, tell, clock or Clock(), state, store.Store(raw / "files"))
    except Timeout:
        raise CodiError("another collect is at work here", "", str(raw)) from None


def _crawl(
    wanted: Wanted, where: Where, tell: Tell, clock: Clock, state: State, kept: store.Store | None
) -> Counter[str]:
    if state.resumed:
        tell("going on with the crawl that was interrupted")
    try:
        with Api(state, where.url, where.token, clock, tell, where.timeout) as api:
            crawl = Crawl(api, wanted, kept, tell, clock)
            crawl.run()
        if kept is not None:
            _write(where, kept, state, crawl.outcomes)
            if not crawl.outcomes["unavailable"]:
                state.end()
        return crawl.outcomes + state.counts()
    finally:
        state.close()


class Crawl:
    """One pass over all that is wanted. `outcomes` says what became of each file."""

    def __init__(
        self, api: Api, wanted: Wanted, kept: store.Store | None, tell: Tell, clock: Clock
    ) -> None:
        self.api, self.wanted, self.kept, self.tell, self.clock = api, wanted, kept, tell, clock
        self.outcomes: Counter[str] = Counter()
        self._seen: set[tuple[str, str]] = set()

    def run(self) -> None:
        if self.kept is not None:
            store.clear(self.kept.folder)
        for found in self._found():
            if self.wanted.limit and self.outcomes["files"] >= self.wanted.limit:
                self.tell(f"the limit of {self.wanted.limit} files is reached")
                return
            key = (found.repo.name.lower(), found.path)
            if key not in self._seen:
                self._seen.add(key)
                self.outcomes[self._one(found)] += 1

    def _one(self, found: Found) -> str:
        """Fetch and keep a file; says what became of it."""
        if why := name_refused(found.path) or ("larger than 1 MiB" if found.size > LARGEST else ""):
            return why
        if self.kept is None:
            size = f"  {found.size} bytes" if found.size >= 0 else ""
            self.tell(f"would fetch {found.repo.name}  {found.path}{size}")
            return "files"
        try:
            answer = github.blob(self.api, found.repo.name, found.blob)
        except Gone as why:
            return str(why)
        except Unavailable as why:
            self.tell(f"{found.repo.name} {found.path}: {why}")
            return "unavailable"
        data = answer.body
        if refusal := refused(data):
            return refusal
        stack = stack_of(data.decode("utf-8"), found.path)
        if self.wanted.stacks and stack not in self.wanted.stacks:
            return "another stack"
        self.kept.save(data, self._meta(found, stack, answer.etag))
        if self.wanted.history:
            self.outcomes += past.keep(self.api, found, self.wanted.commits)
        return "files"

    def _meta(self, found: Found, stack: str, etag: str) -> store.Meta:
        return {
            "repo": found.repo.name,
            "path": found.path,
            "commit": found.commit,
            "blob": found.blob,
            "etag": etag,
            "url": self.api.url("repos", found.repo.name, "git/blobs", found.blob),
            "licence": found.repo.licence,
            "private": found.repo.private,
            "fork": found.repo.fork,
            "stack": stack,
            "fetched_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock.now())),
        }

    def _found(self) -> Iterator[Found]:
        wanted = self.wanted
        if wanted.searches:
            within = [f"org:{name}" for name in wanted.orgs]
            within += [f"user:{name}" for name in wanted.users]
            within += [f"repo:{name}" for name in wanted.repos]
            for query in stacks.queries(wanted.stacks, wanted.queries, tuple(within)):
                yield from self._guarded(query, self._search(query))
            return
        for kind, accounts in (("orgs", wanted.orgs), ("users", wanted.users)):
            for account in accounts:
                yield from self._guarded(account, self._account(kind, account))
        for name in wanted.repos:
            yield from self._guarded(name, self._named(name))

    def _guarded(self, what: str, found: Iterator[Found]) -> Iterator[Found]:
        """What can be had of it; what ends it early is said and counted."""
        try:
            yield from found
        except Gone as why:
            self.tell(f"{what}: {why}")
            self.outcomes[f"listings: {why}"] += 1
        except Unavailable as why:
            self.tell(f"{what}: {why}; run it again to go on")
            self.outcomes["unavailable"] += 1

    def _search(self, query: str) -> Iterator[Found]:
        for name, path, blob, commit in github.searched(self.api, query):
            try:
                repo = github.repository(self.api, name)
            except Gone as why:
                self.outcomes[f"repositories: {why}"] += 1
                continue
            if self._takes(repo, named=False):
                yield Found(repo, path, blob, commit)

    def _account(self, kind: str, account: str) -> Iterator[Found]:
        for repo in github.listed(self.api, kind, account):
            if self._takes(repo, named=False):
                yield from self._guarded(repo.name, self._tree(repo))

    def _named(self, name: str) -> Iterator[Found]:
        repo = github.repository(self.api, name)
        if self._takes(repo, named=True):
            yield from self._tree(repo)

    def _takes(self, repo: Repo, named: bool) -> bool:
        if repo.private and not self.wanted.private:
            self.outcomes["repositories: private"] += 1
            return False
        if repo.fork and not (self.wanted.forks or named):
            self.outcomes["repositories: forks"] += 1
            return False
        return True

    def _tree(self, repo: Repo) -> Iterator[Found]:
        yield from github.dockerfiles(self.api, repo, github.head(self.api, repo))


def _write(where: Where, kept: store.Store, state: State, outcomes: Counter[str]) -> None:
    """Rows of all that was ever fetched here, and the numbers."""
    raw = where.data / "raw"
    counts: dict[str, Counter[str]] = {key: Counter() for key in ("repos", "stacks", "licences")}
    with Shards(raw, "api", where.shards) as files:
        for row, meta in kept.rows(where.origin):
            files.add(row)
            counts["repos"][row["repo"]] += 1
            counts["stacks"][str(meta.get("stack", "unknown"))] += 1
            counts["licences"][str(meta.get("licence") or "unknown")] += 1
        total = files.rows
    with Shards(where.data / "changes", "api", where.shards) as changes:
        for change in state.changes():
            changes.add({**change, "origin": where.origin})
    part: dict[str, Any] = {
        "origin": where.origin,
        "files": total,
        "changes": changes.rows,
        "last_run": {
            "outcomes": manifest.counted(outcomes),
            "counts": manifest.counted(state.counts()),
        },
        "stacks": manifest.counted(counts["stacks"]),
        "licences": manifest.counted(counts["licences"]),
        "owners": manifest.owners(counts["repos"]),
    }
    manifest.record(raw, "api", part)
