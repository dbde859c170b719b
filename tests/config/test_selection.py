"""Which rules run: ruff's rules of selection."""

from __future__ import annotations

import pytest

from codi_hook.config.selection import choose, severities
from codi_hook.config.settings import Selection
from codi_hook.errors import CodiError
from codi_hook.model import Rule, Severity


def rule(code: str, name: str, default: bool = True, aliases: tuple[str, ...] = ()) -> Rule:
    return Rule(code, name, Severity.INFO, "…", lambda _: (), aliases=aliases, default=default)


RULES = (
    rule("CODI001", "runs-as-root"),
    rule("DL3003", "no-cd"),
    rule("DL3008", "pin-apt"),
    rule("DL3057", "no-healthcheck", default=False),
    rule("DL4000", "maintainer", aliases=("MaintainerDeprecated",)),
)


def codes(*layers: Selection, severity: dict[str, Severity | None] | None = None) -> str:
    return " ".join(item.code for item in choose(RULES, layers, severity))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([], "CODI001 DL3003 DL3008 DL4000"),
        ([Selection(("DL3",))], "DL3003 DL3008 DL3057"),
        ([Selection(("ALL",), ignore=("DL",))], "CODI001"),
        ([Selection(("DL3",), ignore=("DL3008",))], "DL3003 DL3057"),
        ([Selection(("DL3008",), ignore=("DL3",))], "DL3008"),  # the longer one wins
        ([Selection(("DL3008",), ignore=("DL3008",))], ""),
        ([Selection(extend_select=("no-healthcheck",))], "CODI001 DL3003 DL3008 DL3057 DL4000"),
        ([Selection(ignore=("maintainerdeprecated", "CODI"))], "DL3003 DL3008"),
        ([Selection(ignore=("DL3003", "SC2086", "DL3999"))], "CODI001 DL3008 DL4000"),
        ([Selection(("DL3",)), Selection(("DL4",))], "DL4000"),  # a new choice starts anew
        ([Selection(("DL3",)), Selection(ignore=("DL3057",))], "DL3003 DL3008"),
        ([Selection(ignore=("DL3003",)), Selection(("DL3003",))], "DL3003"),
        ([Selection(())], ""),
    ],
)
def test_selection(layers: list[Selection], expected: str) -> None:
    assert codes(*layers) == expected


def test_a_severity_of_off_takes_a_rule_out() -> None:
    assert codes(severity={"maintainer": None, "DL3003": Severity.ERROR}) == "CODI001 DL3003 DL3008"
    assert severities(RULES, {"maintainer": Severity.STYLE}) == {"DL4000": Severity.STYLE}


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (Selection(("DL3009",)), "unknown rule in select 'DL3009' (did you mean DL3008?)"),
        (Selection(("SC20860",)), "unknown rule in select 'SC20860'"),
        (Selection(ignore=("no-cdd",)), "unknown rule in ignore 'no-cdd' (did you mean no-cd?)"),
    ],
)
def test_a_selector_that_matches_nothing(layer: Selection, line: str) -> None:
    with pytest.raises(CodiError) as caught:
        choose(RULES, [layer])
    assert str(caught.value).startswith(line)
