"""Whether a model may have a say in a run, and the ranker that the settings ask for.

A run without one imports none of it: no cache, no model store.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from codi_hook.config.settings import Settings
from codi_hook.model import Ranked, Verified
from codi_hook.shell import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codi_hook.ranking.settings import RankingSettings

ANSWERS = "answers.sqlite"


def needed(settings: Settings) -> bool:
    """True where a model may have a say; `ranking.plain` does the rest."""
    if not settings.candidates:
        return False
    if settings.ranker == "llm":
        return True
    if settings.llm is False or (settings.ranker != "auto" and settings.rationale == "rule"):
        return False
    return bool(settings.llm or settings.llm_endpoint or settings.model or settings.adapter) or (
        os.path.isdir(store_folder(settings))
    )


def cache_folder() -> str:
    """Where what can be made again is kept; the same as the model store's."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "codi-hook")


def store_folder(settings: Settings) -> str:
    """Where models are looked for."""
    return os.path.expanduser(settings.model_path) or os.path.join(cache_folder(), "models")


def ranking_settings(settings: Settings) -> RankingSettings:
    """The part of the settings that ranking needs, folders filled in."""
    from codi_hook.ranking.settings import RankingSettings

    return RankingSettings(
        ranker=settings.ranker,
        llm=settings.llm,
        model=settings.model,
        store=store_folder(settings),
        adapter=settings.adapter,
        endpoint=settings.llm_endpoint,
        allowlist=settings.allowlist,
        threads=settings.threads,
        timeout=settings.llm_timeout,
        cache=os.path.join(cache_folder(), ANSWERS) if settings.cache else "",
        rationale=settings.rationale,
    )


class Assist:
    """The ranker of one run, and what the record has to say about it."""

    def __init__(self, settings: Settings) -> None:
        from codi_hook.ranking.ranker import Ranker

        self.used_model = False
        self._ranker = Ranker(ranking_settings(settings))

    def __enter__(self) -> Assist:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ranker.close()

    def rank(self, document: Document, verified: Sequence[Verified]) -> Sequence[Ranked]:
        ranked = self._ranker.rank(document, verified)
        if not self.used_model:
            self.used_model = any(dict(item.telemetry).get("questions") for item in ranked)
        return ranked

    @property
    def notes(self) -> list[str]:
        """What went wrong with the model; the run goes on without it."""
        return self._ranker.notices

    def record(self) -> dict[str, Any]:
        """Versions, digests and the machine, of what was really opened."""
        return self._ranker.describe()
