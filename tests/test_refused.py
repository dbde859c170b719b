"""What BuildKit refuses has one finding: of the rule that knows the reason, or CODI000."""

from __future__ import annotations

import pytest

from codi_hook import registry
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.shell import parse
from codi_hook.source import Source

RULES = registry.rules()


def codes(text: str, without: str = "") -> list[str]:
    rules = [rule for rule in RULES if rule.code != without]
    return [item.code for item in lint(parse(Source(text.encode())), rules)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LABEL a=b\nENV c=d\nFROM debian:12\nRUN cd /x\n", "DL3061"),
        ("FROM debian:12\nONBUILD FROM alpine:3.20\nRUN cd /x\n", "DL3043"),
        ("FROM debian:12\nFORM alpine:3.20\n", "CODI000"),
        ("FROM debian:12\nFORM x\nONBUILD FROM alpine:3.20\n", "CODI000"),
        ("RUN x\n", "CODI000"),
    ],
)
def test_one_finding_and_never_none(text: str, code: str) -> None:
    assert codes(text) == [code]
    assert codes(text, without=code) == ["CODI000"]


def test_candidates_are_verified_with_every_rule() -> None:
    document = parse(Source(b"RUN apt-get update && sudo x\nFROM debian:12\nCMD x y\n"))
    (result,) = verify(document, lint(document, RULES), RULES)
    assert [one.id for one in result.candidates][-1:] == ["drop-instruction"]
