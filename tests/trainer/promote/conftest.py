from __future__ import annotations

from tests.trainer.evaluate.conftest import world

__all__ = ["world"]
