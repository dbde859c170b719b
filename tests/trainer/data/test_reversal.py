"""Labels by reversal, by injection: what is taken out, and which candidate gives it back."""

from __future__ import annotations

from collections import Counter

import pytest

from codi_hook.model import Document
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer.inject import injections
from trainer.pairs.reversal import reversals
from trainer.pairs.same import Author


def document(text: str) -> Document:
    return parse(Source(text.encode()))


def labels(text: str) -> set[tuple[str, str, str]]:
    """(injection, rule, template) of every label that the file gives."""
    return {
        (one.name, verified.finding.code, verified.candidates[label].id)
        for one, verified, label in reversals(document(text))
    }


CASES = [
    (
        "lists removed",
        "FROM debian:12\nRUN apt-get update && apt-get install -y git && "
        "rm -rf /var/lib/apt/lists/*\n",
        ("apt-lists-left", "DL3009", "remove-lists"),
    ),
    (
        "lists in a cache, shared in another way than ours",
        "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=private "
        "--mount=type=cache,target=/var/lib/apt/lists apt-get update && apt-get install -y git\n",
        ("cache-unmounted", "DL3009", "cache-mounts"),
    ),
    (
        "wget quiet",
        "FROM debian:12\nRUN wget -q https://example.org/a.tgz\n",
        ("wget-with-progress", "DL3047", "quiet"),
    ),
    (
        "wget by giga",
        "FROM debian:12\nRUN wget --progress=dot:giga https://example.org/a.tgz\n",
        ("wget-with-progress", "DL3047", "progress-dot-giga"),
    ),
    (
        "the option at another place",
        "FROM python:3.12\nRUN pip install -r requirements.txt --no-cache-dir\n",
        ("pip-with-cache", "DL3042", "add-no-cache-dir"),
    ),
    (
        "the variable for all, among others",
        "FROM python:3.12\nENV A=1 PIP_NO_CACHE_DIR=1\nRUN pip install flask\n",
        ("variable-unset", "DL3042", "env-no-cache-dir"),
    ),
    (
        "maintainer",
        'FROM debian:12\nLABEL maintainer="a@example.org"\nRUN ls\n',
        ("maintainer", "DL4000", "maintainer-label"),
    ),
    (
        "JSON form",
        'FROM debian:12\nCMD ["nginx", "-g"]\n',
        ("shell-form", "DL3025", "exec-form"),
    ),
    (
        "variables together",
        "FROM debian:12\nENV A=1 \\\n    B=2\nRUN ls\n",
        ("legacy-pairs-apart", "CODI107", "merge-neighbours"),
    ),
]


@pytest.mark.parametrize(("text", "label"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_author_s_way_is_the_label(
    text: str, label: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.pairs.reversal._drawn", lambda *_: True)
    assert label in labels(text)


def test_no_label_where_the_author_does_it_in_no_way_of_ours() -> None:
    text = (
        "FROM debian:12\nRUN apt-get update && apt-get install -y git && "
        "rm -rf /var/lib/apt/lists/* /tmp/work\n"
    )
    assert not [one for one in labels(text) if one[1] == "DL3009"]


def test_every_outcome_is_counted() -> None:
    tally: Counter[str] = Counter()
    found = list(reversals(document(CASES[0][1]), tally))
    assert tally["label"] == len(found) > 0
    assert tally["injected"] > 0


def test_the_document_with_the_smell_is_not_the_author_s() -> None:
    author = Author(document(CASES[0][1]))
    for _, verified, _ in reversals(author.document):
        assert not author.said(verified.finding.document.source.data)


def test_injections_name_rules_that_exist() -> None:
    from codi_hook import registry

    codes = {rule.code for rule in registry.rules()}
    for one in injections():
        assert set(one.codes) <= codes, one.name
        assert 0 < one.share <= 1, one.name
        assert one.make.__doc__ or one.name, one.name
