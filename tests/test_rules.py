"""Runs the cases of every rule (tests/rules/*.yaml), and checks that no rule lacks its parts."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from codi_hook import registry
from codi_hook.cli.rules import templates as templates_of
from codi_hook.fixes.apply import apply
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.model import Applicability, Candidate, Finding, Rule, Severity, Verified
from codi_hook.recipes.eol_data import ENDS
from codi_hook.source import Source
from tests import cases
from tests.cases import Case

RULES = registry.rules()
BY_FILE = {cases.case_file(rule.code, rule.name): rule for rule in RULES}
CASES = [
    pytest.param(rule, case, id=f"{rule.code}-{case.name}")
    for path, rule in BY_FILE.items()
    if path.exists()
    for case in cases.load(path)
]


def check(rule: Rule, case: Case) -> tuple[Finding, ...]:
    with case.document() as document:
        return lint(document, (rule,))


def resolve(rule: Rule, case: Case) -> Verified:
    """The verified candidates of the finding that the case is about."""
    with case.document() as document:
        findings = lint(document, (rule,))
        return verify(document, findings, (rule,))[case.finding - 1]


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_findings(rule: Rule, case: Case) -> None:
    found = check(rule, case)
    position = Source(case.source).position
    places = [position(finding.span.start) for finding in found]
    assert tuple(f"{line}:{column}" for line, column in places) == case.findings
    assert {finding.code for finding in found} <= {rule.code}
    if case.messages is not None:
        assert tuple(finding.message or rule.summary for finding in found) == case.messages


# How sentences begin in English, and names do not.
OPENERS = frozenset(
    ("an", "the", "this", "that", "there", "it", "its", "no", "not", "nothing", "only", "without",
     "with", "where", "when", "what", "which", "label", "line", "lines", "stage", "missing",
     "unknown", "one", "two", "several", "every", "each", "and", "or", "if", "is", "are")
)  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_the_wording_of_messages_and_reasons(rule: Rule, case: Case) -> None:
    """A message begins with a capital, or with a name as the file has it: a command, a path. A
    title is like it; a reason is a clause. None ends in a full stop."""
    with case.document() as document:
        found = lint(document, (rule,))
        made = [one for finding in found for one in rule.candidates(finding)]
    for text in [finding.message or rule.summary for finding in found]:
        first = text.split()[0].rstrip(":,")
        assert first not in OPENERS and first != "a", text
        assert not first[0].islower() or _is_name(rule, case, first), text
        assert text[-1] != ".", text
    for one in made:
        assert one.title[0].isupper(), one.title
        for text in (one.title, *(reason.text for reason in one.reasons)):
            assert text.strip() == text and text[-1] != ".", text
        for reason in one.reasons:
            first = reason.text.split()[0].rstrip(":,")
            assert not (first.istitle() and first.lower() in OPENERS), reason.text


def _is_name(rule: Rule, case: Case, word: str) -> bool:
    """A word of the file, a command that the rule is about, or the name of an image."""
    source = case.source.decode("utf-8", "replace")
    return word in source or word in rule.triggers or word in ENDS


@pytest.mark.parametrize(
    ("rule", "case"), [param for param in CASES if param.values[1].candidates is not None]
)
def test_candidates(rule: Rule, case: Case) -> None:
    verified = resolve(rule, case)
    offered = {
        one.id: apply(case.source, one.edits) if one.edits else None for one in verified.candidates
    }
    assert case.candidates is not None
    assert _text(offered) == _text(case.candidates)
    assert list(offered) == list(case.candidates), "the order in which they are offered"
    assert len(offered) == len(verified.candidates), "a template was offered twice"
    rejected = {one.candidate.id: one.reason.value for one in verified.rejected}
    assert rejected == case.rejected, verified.rejected
    levels = {one.id: one.applicability.value for one in verified.candidates}
    assert {key: levels.get(key) for key in case.applicability} == case.applicability


def templates(rule: Rule, case: Case) -> list[Candidate]:
    """What the rule's templates make of every finding of the case, verified or not."""
    with case.document() as document:
        return [one for found in lint(document, (rule,)) for one in rule.candidates(found)]


def _text(files: Mapping[str, bytes | None]) -> dict[str, str]:
    """Files as text, so that pytest shows a readable difference."""
    return {
        key: "(no change)" if data is None else data.decode("utf-8", "backslashreplace")
        for key, data in files.items()
    }


def test_every_rule_has_cases_and_every_case_file_a_rule() -> None:
    present = set(cases.RULES.glob("*.yaml"))
    assert not {path.name for path in BY_FILE.keys() - present}, "rules without cases"
    assert not {path.name for path in present - BY_FILE.keys()}, "cases without a rule"
    assert RULES, "no rules were found"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
class TestRule:
    def test_has_findings_and_no_ops(self, rule: Rule) -> None:
        found = cases.load(cases.case_file(rule.code, rule.name))
        assert any(case.findings for case in found), "no case with a finding"
        assert any(not case.findings for case in found), "no case without one"
        assert any(case.show for case in found), "no case is marked show, so the page has none"

    def test_every_template_is_exercised(self, rule: Rule) -> None:
        found = cases.load(cases.case_file(rule.code, rule.name))
        shown = {key for case in found for key in (case.candidates or {})}
        shown |= {key for case in found for key in case.rejected}
        assert not template_ids(rule) - shown, "templates that no case exercises"

    def test_the_listed_templates_are_those_of_the_cases(self, rule: Rule) -> None:
        listed = {item["id"]: item["applicability"] for item in templates_of(rule)}
        made: dict[str, set[str]] = {}
        for case in cases.load(cases.case_file(rule.code, rule.name)):
            for one in templates(rule, case):
                made.setdefault(one.id, set()).add(one.applicability.value)
        if rule.refused:  # for files that BuildKit refuses; tests/test_refused.py has them
            assert listed
            return
        assert listed.keys() == made.keys()
        for key, levels in made.items():
            assert levels <= set(listed[key]), key
        known = {level.value for level in Applicability}
        assert all(known.issuperset(levels) for levels in listed.values())

    def test_metadata(self, rule: Rule) -> None:
        assert re.fullmatch(r"(CODI|DL|SC)\d{3,4}", rule.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
        assert isinstance(rule.severity, Severity)
        assert rule.summary and not rule.summary.endswith("."), "a summary is no sentence"
        assert len(rule.summary) <= 80
        assert _module(rule).__doc__, "the docstring is the rule's page"

    def test_candidates_explain_themselves(self, rule: Rule) -> None:
        for case in cases.load(cases.case_file(rule.code, rule.name)):
            for one in templates(rule, case):
                assert one.title and not one.title.endswith("."), one.id
                assert one.reasons, f"{one.id} gives no reason"
                ids = [reason.id for reason in one.reasons]
                assert len(set(ids)) == len(ids), f"{one.id}: a reason's id twice"
                for reason in one.reasons:
                    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", reason.id), reason
                    assert reason.text and not reason.text.endswith("."), reason
                    assert "{" not in reason.text or "${" in reason.text, "an unfilled slot"


def _module(rule: Rule):  # type: ignore[no-untyped-def]
    return sys.modules[rule.check.__module__]


def template_ids(rule: Rule) -> set[str]:
    """Ids of the templates that the rule's file names: literals that begin a Candidate.

    A template whose id is not a literal there (made by a shared recipe) is seen only when a
    case yields it.
    """
    tree = ast.parse(Path(inspect.getfile(_module(rule))).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        first = node.args[0] if node.args else None
        first = next((key.value for key in node.keywords if key.arg == "id"), first)
        is_template = name == "Candidate" or name.endswith("_candidate")
        if is_template and isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.add(first.value)
    return found
