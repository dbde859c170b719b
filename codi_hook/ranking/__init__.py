"""Which candidate first, and why: by rule, by learned frequencies, or by a small local model."""

from __future__ import annotations

from codi_hook.ranking.ranker import Ranker, rank
from codi_hook.ranking.settings import RankingSettings

__all__ = ["Ranker", "RankingSettings", "rank"]
