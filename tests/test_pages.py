"""docs/rules is generated: every rule has its page, and it says what the rule says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from codi_hook import registry
from scripts import gen_docs


def test_pages_are_fresh() -> None:
    assert gen_docs.stale(registry.rules()) == []


def test_a_stale_page_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pages = tmp_path / "docs" / "rules"
    pages.mkdir(parents=True)
    monkeypatch.setattr(gen_docs, "ROOT", tmp_path)
    monkeypatch.setattr(gen_docs, "PAGES", pages)
    first, *rest = registry.rules()
    for rule in rest:
        (pages / f"{rule.code}.md").write_text(gen_docs.page(rule))
    (pages / f"{first.code}.md").write_text(gen_docs.page(first) + "by hand\n")
    (pages / "DL9999.md").write_text("# of no rule\n")
    assert gen_docs.stale(registry.rules()) == [
        "docs/rules/DL9999.md: belongs to no rule",
        f"docs/rules/{first.code}.md: stale",
    ]
