#!/usr/bin/env python3
"""Write docs/rules/<CODE>.md for every rule: its docstring, its metadata, its cases marked show.

usage: gen_docs.py [--check] [CODE…]

With --check nothing is written; a page that is missing, stale or without a rule is named, and
the exit status is 1.
"""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from codi_hook import registry  # noqa: E402
from codi_hook.fixes.apply import apply  # noqa: E402
from codi_hook.fixes.verify import verify  # noqa: E402
from codi_hook.lint import lint  # noqa: E402
from codi_hook.model import Applicability, Candidate, Rule, Verified  # noqa: E402
from codi_hook.source import decode  # noqa: E402
from tests import cases  # noqa: E402

PAGES = ROOT / "docs" / "rules"
FAMILY = "SC.md"  # written by hand: one page for all of ShellCheck's codes
_lead_in = re.compile(r"^((?:Why|Which|When|What|How|Evidence)\b[^:.\n]*:)", re.MULTILINE).sub
LEVELS = {
    Applicability.SAFE: "safe: applied by `--fix`",
    Applicability.UNSAFE: "unsafe: applied by `--fix --unsafe-fixes`",
    Applicability.DISPLAY: "shown, never applied",
}


def page(rule: Rule) -> str:
    """The whole page of a rule, as Markdown."""
    parts = [f"# {rule.code}: {rule.summary}", _facts(rule), _about(rule)]
    shown = [case for case in cases.load(cases.case_file(rule.code, rule.name)) if case.show]
    for case in shown:
        parts.extend(_example(rule, case))
    parts.append("## Ignore it")
    parts.append(
        "Before the instruction, with a reason:\n\n"
        f"```dockerfile\n# codi-hook ignore={rule.code} # why it does not apply here\n```"
    )
    return "\n\n".join(parts) + "\n"


def _facts(rule: Rule) -> str:
    facts = [f"`{rule.name}`", f"severity {rule.severity.label}"]
    facts.append("profiles " + ", ".join(rule.profiles))
    if rule.aliases:
        facts.append("also known as " + ", ".join(f"`{alias}`" for alias in rule.aliases))
    return " · ".join(facts)


def _about(rule: Rule) -> str:
    """The docstring without its first line, which the heading's summary says already."""
    text = inspect.cleandoc(sys.modules[rule.check.__module__].__doc__ or "")
    return _lead_in(r"**\1**", text.partition("\n")[2].strip() or text)


def _example(rule: Rule, case: cases.Case) -> Iterator[str]:
    yield f"## Example: {case.name}"
    yield _block("dockerfile", decode(case.source))
    with case.document() as document:
        verified = verify(document, lint(document, (rule,)), (rule,))
    if not verified:
        yield "Nothing to report."
        return
    found = verified[case.finding - 1]
    line, column = document.source.position(found.finding.span.start)
    yield f"Line {line}, column {column}: {found.finding.message or rule.summary}."
    for number, candidate in enumerate(found.candidates, 1):
        yield from _candidate(case.source, number, candidate, found)


def _candidate(source: bytes, number: int, one: Candidate, found: Verified) -> Iterator[str]:
    level = LEVELS[one.applicability]
    count = f"{number} of {len(found.candidates)}: " if len(found.candidates) > 1 else ""
    yield f"**{count}{one.title}** (`{one.id}`; {level})"
    yield "\n".join(f"- {reason.text}" for reason in one.reasons)
    if one.edits:
        yield _block("diff", _diff(decode(source), decode(apply(source, one.edits))))


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@"))) + "\n"


def _block(language: str, text: str) -> str:
    fence = "````" if "```" in text else "```"
    newline = "" if text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{newline}{fence}"


def stale(rules: Sequence[Rule]) -> list[str]:
    """What differs between the pages on disk and the rules; one line each."""
    wanted = {PAGES / f"{rule.code}.md": rule for rule in rules}
    problems = [
        f"{path.relative_to(ROOT)}: belongs to no rule"
        for path in sorted(PAGES.glob("*.md"))
        if path not in wanted and path.name != FAMILY
    ]
    for path, rule in wanted.items():
        if not path.exists():
            problems.append(f"{path.relative_to(ROOT)}: missing")
        elif path.read_text(encoding="utf-8") != page(rule):
            problems.append(f"{path.relative_to(ROOT)}: stale")
    return problems


def main(argv: Sequence[str]) -> int:
    codes = [argument for argument in argv if not argument.startswith("-")]
    rules = tuple(registry.find(code) for code in codes) or registry.rules()
    if "--check" in argv:
        problems = stale(registry.rules())
        print("\n".join([*problems, "run `make docs`"] if problems else ["all pages are fresh"]))
        return 1 if problems else 0
    PAGES.mkdir(parents=True, exist_ok=True)
    for rule in rules:
        (PAGES / f"{rule.code}.md").write_text(page(rule), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
