"""A digest of what the rules can offer, by which an adapter names the rules it was trained for."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def digest() -> str:
    """SHA-256 over the codes of all rules and their templates, hexadecimal.

    It changes with a rule, a template's id or its applicability, and with nothing else.
    """
    from hashlib import sha256

    from codi_hook import registry

    lines = (f"{one.code} {' '.join(one.templates)}" for one in registry.rules())
    return sha256("\n".join(lines).encode()).hexdigest()
