from __future__ import annotations

from tests.trainer.conftest import own_cache

__all__ = ["own_cache"]
