"""The installed version, looked up when somebody asks: the lookup costs more than a check."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("codi-hook")
    except PackageNotFoundError:  # a source tree on the path
        return "0+unknown"
