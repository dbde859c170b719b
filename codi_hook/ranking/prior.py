"""Frequencies learned from what people chose, per rule and context, in prior.json.

    {"version": 1, "rules": {"DL3009": {"python/debian": {"remove-lists": 41, "cache-mount": 7},
                                        "*": {"remove-lists": 310, "cache-mount": 95}}}}

A rule's table maps contexts to how often each template was chosen. The first context of a
document that was seen at least `ENOUGH` times decides. The table is made by the trainer and may
be missing: then nothing is known, and the rule's order stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codi_hook.model import Candidate
    from codi_hook.shell import Document

TABLE = Path(__file__).with_name("prior.json")
ENOUGH = 5  # choices; below that a context says nothing
ADDED = 1.0  # choices that every candidate is taken to have had anyway
ANY = "*"

Table = Mapping[str, Mapping[str, Mapping[str, int]]]


def contexts(document: Document) -> tuple[str, ...]:
    """The contexts of a document, the narrowest first. The trainer counts under all of them."""
    from codi_hook.recipes import facts

    final = facts.final_stage(document)
    family = facts.family(document, final) or "unknown"
    return (f"{facts.stack(document)}/{family}", f"*/{family}", ANY)


def load(path: Path | None = None) -> Table:
    """The table's rules, those of `TABLE` unless told; empty where there is no table.

    Raises:
        ValueError: the file is not a table.
    """
    import json

    path = path or TABLE
    try:
        data: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(data, dict) or data.get("version") != 1:
        raise ValueError(f"{path}: not a table of version 1")
    rules: Table = data.get("rules", {})
    return rules


def frequencies(
    table: Table,
    code: str,
    where: Sequence[str],
    candidates: Sequence[Candidate],
    *,
    enough: int = ENOUGH,
    added: float = ADDED,
) -> tuple[float, ...] | None:
    """How often each candidate was chosen, adding up to 1 over `candidates`; None if unknown.

    `added` choices are given to every candidate, so that nothing is impossible. `enough` and
    `added` are for the trainer, which tries others.
    """
    rule = table.get(code, {})
    for context in where:
        counts = rule.get(context, {})
        seen = [counts.get(candidate.id, 0) for candidate in candidates]
        if sum(seen) >= enough:
            total = sum(seen) + added * len(seen)
            return tuple((count + added) / total for count in seen)
    return None
