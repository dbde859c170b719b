"""Values as a Dockerfile has to spell them."""

from __future__ import annotations

import re

from codi_hook.patterns import pattern

_plain = pattern(r"[\w@%+=:,./-]+\Z").match


def quoted(text: str, escape: str = "\\") -> str:
    """`text` as one double-quoted word that BuildKit reads back unchanged, variables included."""
    return '"' + re.sub(r'(["$' + re.escape(escape) + "])", lambda m: escape + m[1], text) + '"'


def word(text: str, escape: str = "\\") -> str:
    """`text` as it is where that is one word, else quoted."""
    return text if _plain(text) else quoted(text, escape)


def unquoted(text: str) -> str:
    """The text of a word that is quoted as a whole, or the word itself."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        inner = text[1:-1]
        return text if text[0] in inner.replace("\\" + text[0], "") else inner
    return text
