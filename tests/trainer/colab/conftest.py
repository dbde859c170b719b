from __future__ import annotations

from tests.trainer.conftest import own_cache
from tests.trainer.train.conftest import one_thread

__all__ = ["one_thread", "own_cache"]
