"""Our findings beside a peer's, by file, instruction and code."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codi_hook import pipeline, registry
from codi_hook.config import Settings
from codi_hook.config.resolve import resolve
from codi_hook.frozen import replace
from codi_hook.model import Document
from codi_hook.shell import parse
from codi_hook.source import Source
from compat.differences import OURS, THEIRS, Place, classify
from compat.peers import Answer

Row = tuple[int, str, str]  # line, code, severity
Hits = Mapping[str, set[int]]  # lines by code


@dataclass
class Score:
    """How one code compares. Counts are (file, line) pairs."""

    both: int = 0
    ours: int = 0  # ours alone, unexplained
    theirs: int = 0
    explained: Counter[str] = field(default_factory=Counter)  # by class of difference
    explained_theirs: int = 0  # how many of them the peer reports
    levels: Counter[tuple[str, str]] = field(default_factory=Counter)  # severity here, there
    examples: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.both / (self.both + self.ours) if self.both + self.ours else 1.0

    @property
    def recall(self) -> float:
        return self.both / (self.both + self.theirs) if self.both + self.theirs else 1.0

    @property
    def agreement(self) -> float:
        """The share of all that either side reports on which both agree; nothing subtracted."""
        total = self.both + self.ours + self.theirs + self.explained.total()
        return self.both / total if total else 1.0

    @property
    def of_peer(self) -> int:
        """Everything that the peer reports, explained or not."""
        return self.both + self.theirs + self.explained_theirs


@dataclass
class Comparison:
    """A peer's codes with their scores, over the files that both sides can read.

    `unread` counts the files that the peer cannot read, `buildable` those of them that BuildKit
    takes all the same, and `refused` those that the peer reads and BuildKit refuses."""

    peer: str
    files: int
    scores: dict[str, Score]
    sampled: int = 0
    unread: int = 0
    buildable: int = 0
    refused: int = 0

    @property
    def differing(self) -> float:
        """Deliberate differences, both ways, as a share of all that the peer reports."""
        total = sum(score.of_peer for score in self.scores.values())
        return sum(score.explained.total() for score in self.scores.values()) / max(total, 1)


def ours(paths: Sequence[Path], peer: str, configuration: str = "") -> dict[Path, list[Row]]:
    """Line, code and severity of all findings: of hadolint's profile, with the path of a
    configuration of its kind, or of every rule for BuildKit."""
    if peer == "hadolint":
        settings = resolve({}, {}, config=configuration or "none", as_hadolint={})
    else:
        settings = Settings(profile="strict", shellcheck=False)
    settings = replace(settings, candidates=False, inline_ignores=False, llm=False, exclude=())
    report = pipeline.run([str(path) for path in paths], settings)
    return {
        Path(file.path): [
            (item.start_line, item.code, item.severity.label) for item in file.findings
        ]
        for file in report.files
    }


def compare(
    peer: str,
    answers: Mapping[Path, Answer],
    found: Mapping[Path, Sequence[Row]],
) -> Comparison:
    """Scores by the peer's codes. A file that a side cannot read says nothing."""
    scores: dict[str, Score] = {}
    comparison = Comparison(peer, 0, scores, len(answers))
    for path, answer in answers.items():
        document = parse(Source(path.read_bytes(), str(path)))
        if answer is None:
            comparison.unread += 1
            comparison.buildable += not document.problems
            continue
        if document.problems:
            comparison.refused += 1
            continue
        comparison.files += 1
        lines = Lines(document)
        mine = _by_code((lines.start(line), code) for line, code, _ in found[path])
        theirs = _by_code((lines.start(row.line), row.code) for row in answer)
        levels = {(lines.start(line), code): level for line, code, level in found[path]}
        for row in answer:
            here = levels.get((lines.start(row.line), row.code))
            if here is not None:
                scores.setdefault(row.code, Score()).levels[here, row.level] += 1
        _count(scores, peer, lines, path.name, _as_peer(peer, mine), theirs)
    return comparison


class Lines:
    """The instructions of a document by line: peers name the line where an instruction starts."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._starts = [item.start_line for item in document.instructions]

    def start(self, line: int) -> int:
        """The first line of the instruction that `line` belongs to, or the line itself."""
        at = bisect_right(self._starts, line) - 1
        if at < 0 or line > self.document.instructions[at].end_line:
            return line
        return self._starts[at]

    def place(self, line: int, code: str) -> Place | None:
        """The instruction that the line, or a comment there, belongs to; None behind the last."""
        for item in self.document.instructions:
            if line <= item.end_line:
                return Place(self.document, item, code)
        return None


def _by_code(pairs: Iterable[tuple[int, str]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for line, code in pairs:
        found.setdefault(code, set()).add(line)
    return found


def _as_peer(peer: str, mine: Hits) -> Hits:
    """Our findings under the peer's names: hadolint's codes are ours, BuildKit's are aliases."""
    if peer == "hadolint":
        return {code: lines for code, lines in mine.items() if code.startswith(("DL", "SC"))}
    named: dict[str, set[int]] = {}
    for rule in registry.rules():
        for alias in rule.aliases:
            if alias[:1].isupper() and rule.code in mine:
                named.setdefault(alias, set()).update(mine[rule.code])
    return named


def _count(
    scores: dict[str, Score], peer: str, lines: Lines, name: str, mine: Hits, theirs: Hits
) -> None:
    for code in mine.keys() | theirs.keys():
        left, right = mine.get(code, set()), theirs.get(code, set())
        score = scores.setdefault(code, Score())
        score.both += len(left & right)
        for who, alone in ((OURS, left - right), (THEIRS, right - left)):
            for line in sorted(alone):
                place = lines.place(line, code)
                known = classify(place, who, peer) if place else None
                if known is not None:
                    score.explained[known.name] += 1
                    score.explained_theirs += who == THEIRS
                    continue
                if who == OURS:
                    score.ours += 1
                else:
                    score.theirs += 1
                score.examples.append(f"{who} {name}:{line}")
