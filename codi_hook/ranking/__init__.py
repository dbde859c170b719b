"""Which candidate first, and why: by rule, by learned frequencies, or by a small local model.

What is named here is loaded when it is asked for: a run without a model needs `order` alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codi_hook.ranking.ranker import Ranker, rank
    from codi_hook.ranking.settings import RankingSettings

__all__ = ["Ranker", "RankingSettings", "rank"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    module = "settings" if name == "RankingSettings" else "ranker"
    return getattr(import_module(f"{__name__}.{module}"), name)
