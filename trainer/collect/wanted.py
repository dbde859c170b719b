"""What a crawl is to collect, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trainer.collect.client import API


@dataclass(frozen=True)
class Wanted:
    """What to collect. With `queries` or, without any account, with `stacks`, code search looks
    for it, within the accounts where some are named; else the accounts' repositories are listed.
    `limit` is a number of files, 0 for no limit."""

    orgs: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    repos: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    stacks: frozenset[str] = frozenset()
    limit: int = 0
    history: bool = False
    commits: int = 100  # of each file, with `history`
    forks: bool = False
    private: bool = False

    @property
    def searches(self) -> bool:
        accounts = self.orgs or self.users or self.repos
        return bool(self.queries or (self.stacks and not accounts))


@dataclass(frozen=True)
class Where:
    """The folder of the data, the API, and how the shards are cut."""

    data: Path
    url: str = API
    token: str = ""
    shards: int = 16
    origin: str = "github-api"
    timeout: float = 30.0
