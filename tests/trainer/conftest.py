"""The small and the embedded base are those of the tests of models."""

from __future__ import annotations

from tests.models.conftest import own_cache, shipped, tiny, wheel

__all__ = ["own_cache", "shipped", "tiny", "wheel"]
