#!/usr/bin/env python3
"""Start a new rule: a rule that works, its cases and its page. Nothing else has to change.

usage: new_rule.py CODE slug "Summary"        e.g. new_rule.py CODI042 no-secrets "Do not …"
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

RULE = '''"""{summary}.

Say here why it matters, what it costs to leave it, and when to ignore it. This text is the
rule's page.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("{slug}"):
        yield Finding(command.word.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    yield Candidate(
        "replace-command",
        "Run true instead",
        (Edit(finding.subject.word.span, "true"),),
        Applicability.UNSAFE,
        reasons=(Reason("does-nothing", "true does nothing and succeeds"),),
    )


RULE = Rule(
    "{code}",
    "{slug}",
    Severity.WARNING,
    {quoted},
    check,
    candidates,
    triggers=("{slug}",),
    local=True,
    templates=("replace-command: unsafe",),
)
'''

CASES = """\
- name: the command is replaced
  show: true
  source: |
    FROM debian:bookworm-slim
    RUN {slug} --now
  findings: ["2:5"]
  candidates:
    replace-command: |
      FROM debian:bookworm-slim
      RUN true --now
  applicability: {{replace-command: unsafe}}

- name: another command is left alone
  source: |
    FROM debian:bookworm-slim
    RUN echo {slug}
  findings: []
"""


def fail(message: str) -> int:
    print(f"new_rule.py: {message}", file=sys.stderr)
    return 2


def main(argv: Sequence[str]) -> int:
    if len(argv) != 3:
        return fail(f"expected three arguments\n{(__doc__ or '').strip()}")
    code, slug, summary = argv[0], argv[1], argv[2].strip().rstrip(".")
    if not re.fullmatch(r"(CODI|DL|SC)\d{3,4}", code):
        return fail(f"{code!r} is no code: letters CODI, DL or SC and three or four digits")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", slug):
        return fail(f"{slug!r} is no slug: lower-case words joined by dashes")
    if not summary or len(summary) > 80 or '"' in summary or "\\" in summary:
        return fail("the summary has 1 to 80 characters, and neither quotes nor backslashes")
    stem = f"{code.lower()}_{slug.replace('-', '_')}"
    rules = ROOT / "codi_hook" / "rules"
    if taken := sorted(rules.glob(f"{code.lower()}_*.py")):
        return fail(f"{code} exists: {taken[0].relative_to(ROOT)}")
    words = {"code": code, "slug": slug, "summary": summary, "quoted": f'"{summary}"'}
    rule = rules / f"{stem}.py"
    cases = ROOT / "tests" / "rules" / f"{stem}.yaml"
    rule.write_text(RULE.format(**words), encoding="utf-8")
    cases.write_text(CASES.format(**words), encoding="utf-8")
    # In a process of its own: this one may have imported the registry before the rule existed.
    generate = [sys.executable, str(ROOT / "scripts" / "gen_docs.py"), code]
    if status := subprocess.run(generate, check=False).returncode:
        return status
    for path in (rule, cases, ROOT / "docs" / "rules" / f"{code}.md"):
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
