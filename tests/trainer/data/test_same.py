"""When two files say the same."""

from __future__ import annotations

import pytest

from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.pairs.same import Author

BASE = "FROM debian:12\nENV A=1 B=2\nRUN apt-get install -y --no-install-recommends git && ls\n"


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("-y --no-install-recommends", "--no-install-recommends -y"),
        BASE.replace("ENV A=1 B=2", "ENV A=1\nENV B=2"),
        BASE.replace("&& ls", "\\\n  && ls"),
        "FROM debian:12\nRUN apt-get install -y --no-install-recommends git && ls\nENV A=1 B=2\n",
    ],
)
def test_same(other: str) -> None:
    assert Author(parse(Source(BASE.encode()))).said(other.encode())


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace("git", "tig"),
        BASE.replace("&& ls", "; ls"),
        BASE.replace("-y ", ""),
        BASE.replace("A=1", "A=2"),
        BASE + "USER app\n",
        BASE.replace("FROM debian:12", "FROM debian:12\nFROM"),
    ],
)
def test_not_same(other: str) -> None:
    assert not Author(parse(Source(BASE.encode()))).said(other.encode())


def test_the_text_up_to_white_space() -> None:
    author = Author(parse(Source(BASE.encode())))
    assert author.wrote(BASE.replace(" && ", " \\\n\t&& ").encode())
    assert not author.wrote(BASE.replace("ENV A=1 B=2", "ENV B=2 A=1").encode())
