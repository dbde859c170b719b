from __future__ import annotations

from tests.trainer.conftest import own_cache, shipped, tiny, wheel

__all__ = ["own_cache", "shipped", "tiny", "wheel"]
