"""Document + rules → findings, in order of position."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from codi_hook.checks import check_directive, is_buildkit
from codi_hook.frozen import replace
from codi_hook.model import Finding, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.registry import PARSE_ERROR, by_name
from codi_hook.shell import Document

_pragma = pattern(
    r"(?:hadolint|codi-hook)\s+(global\s+)?ignore\s*=\s*([\w,\s-]*[\w-])", re.IGNORECASE
).match
EVERYTHING = "all"


def lint(
    document: Document,
    rules: Sequence[Rule],
    *,
    ignores: bool = True,
    severities: Mapping[str, Severity] | None = None,
    more: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """What the rules find. A file that BuildKit refuses gets that one finding and no other.

    `ignores=False` disregards inline ignores; `severities` overrides by code, and
    has the last word where the file makes BuildKit's checks errors (``# check=error=true``).
    `more` are findings that another program made, whole with rule and severity.
    """
    if document.problems:
        return tuple(_graded(_refusal(document, rules), severities))
    findings = [_bound(document, rule, finding) for rule, finding in raw(document, rules)]
    findings += more
    if ignores and document.comments:
        silenced = Suppressions(document)
        findings = [finding for finding in findings if not silenced.covers(finding)]
    if check_directive(document).error:
        findings = [
            replace(f, severity=Severity.ERROR) if is_buildkit(f.rule) else f for f in findings
        ]
    findings.sort(key=lambda finding: (finding.span, finding.rule.code))
    return tuple(_graded(findings, severities))


def _refusal(document: Document, rules: Sequence[Rule]) -> list[Finding]:
    """The one finding of a file that BuildKit refuses: of the rule that knows the reason, where
    it is among the selected, else of CODI000."""
    place = document.problems[0].span
    for rule in rules:
        for finding in rule.check(document) if rule.refused else ():
            if finding.span == place:
                return [_bound(document, rule, finding)]
    rule = _parse_error(rules)
    return [_bound(document, rule, finding) for finding in rule.check(document)][:1]


def _parse_error(rules: Sequence[Rule]) -> Rule:
    """CODI000 is reported whatever was selected: nothing else can be said of such a file."""
    return next((rule for rule in rules if rule.code == PARSE_ERROR), by_name()["codi000"][0])


def raw(document: Document, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Finding]]:
    """What the rules say of a document without problems, as they say it: no order, no ignores.

    A rule none of whose triggers occur is not asked, and none is asked twice about a document.
    """
    names = document.names
    said: dict[str, tuple[Finding, ...]] = document.__dict__.setdefault("_said", {})
    for rule in rules:
        if not rule.triggers or not names.isdisjoint(rule.triggers):
            if rule.code not in said:
                said[rule.code] = tuple(rule.check(document))
            for finding in said[rule.code]:
                yield rule, finding


def _bound(document: Document, rule: Rule, finding: Finding) -> Finding:
    return replace(finding, rule=rule, document=document, severity=rule.severity)


def _graded(
    findings: Iterable[Finding], severities: Mapping[str, Severity] | None
) -> Iterable[Finding]:
    if not severities:
        return findings
    return [replace(item, severity=severities.get(item.code, item.severity)) for item in findings]


class Suppressions:
    """Inline ignores: ours and hadolint's before an instruction or for the whole file, and
    BuildKit's ``# check=skip=…``, whose ``all`` means BuildKit's checks. Codes, names and aliases
    all serve, in any case."""

    def __init__(self, document: Document) -> None:
        skip = check_directive(document).skip
        self.everywhere = _codes(skip)
        self.skips_checks = any(name.lower() == EVERYTHING for name in skip)
        self.everywhere.discard(EVERYTHING)
        self.by_instruction: list[tuple[int, int, Collection[str]]] = []
        for comment in document.comments:
            if (match := _pragma(comment.text)) and match[1]:
                self.everywhere |= _codes(_split(match[2]))
        for item in document.instructions:
            codes: set[str] = set()
            for comment in item.leading:
                if (match := _pragma(comment.text)) and not match[1]:
                    codes |= _codes(_split(match[2]))
            if codes:
                self.by_instruction.append((item.span.start, item.span.end, codes))

    def covers(self, finding: Finding) -> bool:
        code = finding.rule.code
        if code in self.everywhere or EVERYTHING in self.everywhere:
            return True
        if self.skips_checks and is_buildkit(finding.rule):
            return True
        at = finding.span.start
        return any(
            start <= at <= end and (code in codes or EVERYTHING in codes)
            for start, end, codes in self.by_instruction
        )


def _split(names: str) -> list[str]:
    return re.split(r"[,\s]+", names.strip())


def _codes(names: Iterable[str]) -> set[str]:
    """Codes of the rules of those names; an unknown name (ShellCheck's codes) stands for itself."""
    known = by_name()
    found: set[str] = set()
    for name in names:
        rules = known.get(name.lower())
        found.update([rule.code for rule in rules] if rules else [name.lower(), name.upper()])
    return found
