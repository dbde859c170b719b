"""Answers that the model gave before: the key of a question in the cache."""

from __future__ import annotations

from codi_hook.cache import Cache
from codi_hook.ranking.prompt import PROMPT_VERSION, Question

__all__ = ["Cache", "key"]


def key(question: Question, weights: str) -> bytes:
    """Digest of the question's content, the prompt version and what identifies the weights."""
    from hashlib import sha256

    parts = (PROMPT_VERSION, weights, question.file, question.finding, question.body)
    return sha256("\0".join(parts).encode("utf-8", "replace")).digest()
