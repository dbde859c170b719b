"""The normalised form of a Dockerfile, by which copies are known, and what is not worth keeping."""

from __future__ import annotations

import re
from typing import Any

from datatrove.utils.word_tokenizers import WordTokenizer

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.source import Span

LARGEST = 64 << 10  # bytes; the largest of 90,000 public files has 85 KB
LONGEST = 250  # instructions; beyond that files are generated
_TEMPLATE = re.compile(r"\{\{|\}\}|\{%|<%|%%[A-Z_]+%%|@[A-Z_]{3,}@")
_WORD = re.compile(r"[A-Za-z0-9_]+|[^\sA-Za-z0-9_]")
_BREAK = re.compile(r"[\\`][ \t]*\r?\n")
_BLANKS = re.compile(r"\s+")


class Words(WordTokenizer):  # type: ignore[misc]
    """Words and marks of a normalised Dockerfile, for MinHash."""

    def word_tokenize(self, text: str) -> list[str]:
        return _WORD.findall(text)

    def sent_tokenize(self, text: str) -> list[str]:
        return text.splitlines()

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(text)]


def normal(document: Document) -> str:
    """One line an instruction: keyword in capitals, no comments, continuations or double blanks."""
    return "\n".join(_line(item) for item in document.instructions) + "\n"


def _line(item: Instruction) -> str:
    source = item.source
    text, at = "", item.keyword_span.end
    for comment in item.comments:
        text += source.text(Span(at, comment.span.start))
        at = comment.span.end
    text += source.text(Span(at, item.span.end))
    return f"{item.keyword} {_BLANKS.sub(' ', _BREAK.sub(' ', text)).strip()}"


def fault(row: dict[str, Any]) -> str:
    """Why a labelled file is not worth learning from; "" if it is."""
    text: str = row["text"]
    if "refused" in row:
        return "refused by BuildKit"
    if len(text) > LARGEST:
        return "larger than 64 KB"
    if "\0" in text or text.count("�") > 3:
        return "not text"
    if _TEMPLATE.search(text):
        return "a template of a Dockerfile"
    if row["instructions"] < 2:
        return "nothing but FROM"
    if row["instructions"] > LONGEST:
        return "more than 250 instructions"
    return ""
