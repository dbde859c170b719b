"""The case in which a file writes its keywords."""

from __future__ import annotations

from collections.abc import Iterable

from codi_hook.dockerfile import Instruction


def is_upper(item: Instruction) -> bool | None:
    """True for ``RUN``, False for ``run``, None for ``Run``."""
    memo = item.memo
    if "upper" not in memo:
        written = item.source.text(item.keyword_span)
        memo["upper"] = True if written.isupper() else False if written.islower() else None
    upper: bool | None = memo["upper"]
    return upper


def majority(items: Iterable[Instruction]) -> bool:
    """True where most of the keywords are upper case, or as many as are lower case."""
    cases = [is_upper(item) for item in items]
    return cases.count(True) >= cases.count(False)
