"""A real S3 service, and no cache of the user's."""

from __future__ import annotations

from tests.models.conftest import client, endpoint, own_cache

__all__ = ["client", "endpoint", "own_cache"]
