"""Prompts as the token ids that codi-hook feeds to llama.cpp, by the tokeniser of transformers.

Segments are tokenised one by one, and outside of a control segment ``<|im_end|>`` and the like
are plain text, as in `codi_hook.ranking.runtime`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.ranking.prompt import LETTERS, Chunk, Question, Template, render


class Tokens:
    """A tokeniser with the chat template of its base.

    Args:
        tokenizer: a fast tokeniser of transformers.
        template: what the hook would use for this base.

    Raises:
        CodiError: a letter is not one token.
    """

    def __init__(self, tokenizer: Any, template: Template) -> None:
        self.tokenizer, self.template = tokenizer, template
        self._known: dict[tuple[str, bool], tuple[int, ...]] = {}
        self.letters = [self._letter(letter) for letter in LETTERS]
        ends = self.text("<|im_end|>", True)
        self.end = ends[0] if len(ends) == 1 else None

    def _letter(self, letter: str) -> int:
        ids = self.text(letter, False)
        if len(ids) != 1:
            raise CodiError(f"the base's tokeniser has no single token for {letter!r}")
        return ids[0]

    def text(self, text: str, control: bool) -> list[int]:
        """Tokens of a piece of text; special tokens are recognised only if `control`."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        found = self.tokenizer(text, add_special_tokens=False, split_special_tokens=not control)
        ids: list[int] = found["input_ids"]
        return ids

    def chunks(self, chunks: Iterable[Chunk]) -> list[int]:
        """Tokens of a rendered question."""
        ids: list[int] = []
        for chunk in chunks:
            for segment in chunk:
                key = segment.text, segment.control
                known = self._known.get(key)
                if known is None:
                    if len(self._known) > 4096:
                        self._known.clear()
                    known = self._known[key] = tuple(self.text(*key))
                ids += known
        return ids

    def question(self, question: Question) -> list[int]:
        """The prompt whose last position the hook reads the letters' logits from."""
        return self.chunks(render(question, self.template))
