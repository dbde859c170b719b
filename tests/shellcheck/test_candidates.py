"""What is offered for ShellCheck's findings, and that ShellCheck agrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from codi_hook import registry
from codi_hook.fixes.apply import apply
from codi_hook.fixes.verify import verify
from codi_hook.model import Applicability, Rejection, Verified
from codi_hook.shellcheck import family
from codi_hook.shellcheck.codes import TEMPLATES
from codi_hook.shellcheck.findings import findings
from codi_hook.shellcheck.proposals import recheck
from codi_hook.shellcheck.ways import COVERED
from codi_hook.source import decode
from tests.shellcheck.parts import document, store

CASES = yaml.safe_load((Path(__file__).parent / "candidates.yaml").read_text(encoding="utf-8"))
RULES = tuple(rule for rule in registry.rules() if rule.default)


def verified(text: str, code: str) -> list[Verified]:
    found, (known, _) = document(text), store()
    chosen = [item for item in findings(found, known.comments) if item.code == code]
    assert chosen, [item.code for item in findings(found, known.comments)]
    return list(verify(found, chosen, RULES, lambda f, c: recheck(f, c, known.comments)))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['code']} {case['run']}" for case in CASES])
def test_candidates(case: dict[str, Any]) -> None:
    text = f"FROM {case.get('image', 'debian:12')}\nWORKDIR /app\nRUN {case['run']}\nUSER 65532\n"
    first = verified(text, case["code"])[0]
    made = {}
    *changing, comment = first.candidates
    for candidate in changing:
        result = decode(apply(text.encode(), candidate.edits))
        line = next(line for line in result.splitlines() if line.startswith("RUN "))
        made[candidate.id] = [candidate.applicability.value, line.removeprefix("RUN ")]
        assert 2 <= len(candidate.reasons) <= 4
    assert made == case["made"]
    assert list(made) == list(case["made"]), "in this order"
    assert comment.id == "ignore-here"
    assert comment.applicability is Applicability.DISPLAY
    assert comment.edits == ()


def test_the_listed_templates_are_those_of_the_cases() -> None:
    seen: dict[str, set[tuple[str, str]]] = {}
    for case in CASES:
        made = seen.setdefault(case["code"], set())
        made.update((key, level) for key, (level, _) in case["made"].items())
    listed = {
        rule.code: {
            (key, level)
            for key, _, levels in (entry.partition(": ") for entry in rule.templates)
            for level in levels.split(", ")
        }
        for rule in family.rules()
    }
    for code, made in seen.items():
        assert made <= listed[code], code
    anywhere = {("run-with-bash", "unsafe"), ("ignore-here", "display")}
    for number in COVERED:
        assert listed[f"SC{number}"] - anywhere <= seen.get(f"SC{number}", set()), number
    assert frozenset(TEMPLATES) == COVERED


def test_an_edit_through_continuations_and_comments() -> None:
    text = "FROM debian:12\r\nRUN true \\\r\n # a `b`\r\n && make -j`npr\\\r\noc` \\\r\n && ls\r\n"
    made = verified(text, "SC2046")[0].candidates[0]
    assert decode(apply(text.encode(), made.edits)) == text.replace(
        "`npr\\\r\noc`", '"`npr\\\r\noc`"'
    )


def test_the_closing_quote_stays_before_a_continuation() -> None:
    text = "FROM debian:12\nRUN a=$(cat b); rm $a\\\n  ; ls\n"
    made = verified(text, "SC2086")[0].candidates[0]
    assert 'rm "$a"\\\n  ; ls' in decode(apply(text.encode(), made.edits))


def test_in_a_here_document() -> None:
    text = "FROM debian:12\nRUN <<EOF\nset -e\n\tmake -j$(nproc)\nEOF\n"
    made = verified(text, "SC2046")[0].candidates[0]
    assert '\tmake -j"$(nproc)"\nEOF' in decode(apply(text.encode(), made.edits))


def test_what_json_quotes_is_not_edited() -> None:
    text = 'FROM debian:12\nRUN ["sh", "-c", "make -j$(nproc)"]\n'
    assert [c.id for c in verified(text, "SC2046")[0].candidates] == ["ignore-here"]


def test_what_shellcheck_does_not_agree_with_is_turned_down() -> None:
    found, (known, _) = document("FROM debian:12\nRUN cd /a; ls\n"), store()
    finding = next(iter(findings(found, known.comments)))
    candidate = next(iter(finding.rule.candidates(finding)))
    assert recheck(finding, candidate, known.comments) is None
    same = recheck(finding, candidate, lambda _source: finding.subject.comments)
    assert same == (Rejection.FINDING_REMAINS, "")
    assert recheck(finding, candidate, lambda _source: None) == (
        Rejection.FINDING_REMAINS,
        "ShellCheck gave no answer",
    )
    more = known.comments("#!/bin/sh\n:\nrm $x\n")
    assert recheck(finding, candidate, lambda _source: more) == (Rejection.NEW_FINDING, "SC2086")
