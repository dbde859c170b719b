#!/usr/bin/env python3
"""How much each rule says to experts, and how often they act on it.

usage: noise.py CORPUS HISTORY [--hadolint [PATH]] [--tally [PATH]] [--totals …] [--output FILE]

CORPUS: JSON Lines (gzip) with a field `text`, Dockerfiles by people who know what they do.
HISTORY: JSON Lines (gzip) with `repo`, `before` and `after`, one commit's change to one file.

Findings per 1,000 files say how loud a rule is. The act rate says whether anybody minds: of the
commits to a file in which the rule had something to say, the share after which it says less. Most
commits are about something else, so rates are low; what counts is how they compare. The rate is the
mean over repositories, so that no project with many files decides.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from codi_hook import registry  # noqa: E402
from codi_hook.lint import raw  # noqa: E402
from codi_hook.model import Rule  # noqa: E402
from codi_hook.shell import parse  # noqa: E402
from codi_hook.source import Source  # noqa: E402

LOUD = 100.0  # findings per 1,000 expert files: more than this, and hardly anybody acts
SILENT = 0.05  # act rate below which a loud rule is contested


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8", errors="surrogateescape") as stream:
        for line in stream:
            yield json.loads(line)


@cache  # the file before a commit is the one after the commit before it
def findings(text: str, rules: tuple[Rule, ...]) -> Counter[str] | None:
    """How often each rule speaks; None for a file that BuildKit refuses."""
    document = parse(Source(text.encode("utf-8", "surrogateescape")))
    if document.problems:
        return None
    return Counter(rule.code for rule, _ in raw(document, rules))


@dataclass
class Noise:
    """What was counted: per rule findings and files, and per repository what went and stayed."""

    files: int = 0
    found: Counter[str] = field(default_factory=Counter)
    hit: Counter[str] = field(default_factory=Counter)
    sets: list[frozenset[str]] = field(default_factory=list)
    repos: Counter[str] = field(default_factory=Counter)
    found_in: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    commits: int = 0
    gone: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    stayed: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    came: Counter[str] = field(default_factory=Counter)

    def loudness(self, code: str) -> float:
        return 1000 * self.found[code] / max(1, self.files)

    def typical(self, code: str) -> float:
        """Findings per 1,000 files of the average repository: no template decides."""
        found = self.found_in[code]
        rates = (found[repo] / files for repo, files in self.repos.items())
        return 1000 * sum(rates) / max(1, len(self.repos))

    def acts(self, code: str) -> tuple[float | None, int, int]:
        """(mean over repositories, commits in which findings went, commits that had any)."""
        gone, stayed = self.gone[code], self.stayed[code]
        repos = {*gone, *stayed}
        if not repos:
            return None, 0, 0
        rates = [gone[repo] / (gone[repo] + stayed[repo]) for repo in repos]
        went = sum(gone.values())
        return sum(rates) / len(rates), went, went + sum(stayed.values())


def measure(corpus: Path, history: Path, rules: tuple[Rule, ...]) -> Noise:
    noise = Noise()
    for row in rows(corpus):
        counts = findings(row["text"], rules)
        if counts is None:
            continue
        noise.files += 1
        noise.found.update(counts)
        noise.hit.update(counts.keys())
        noise.sets.append(frozenset(counts))
        noise.repos[row["repo"]] += 1
        for code, number in counts.items():
            noise.found_in[code][row["repo"]] += number
    for row in rows(history):
        before, after = (findings(row[key], rules) for key in ("before", "after"))
        if before is None or after is None:
            continue
        noise.commits += 1
        for code in {*before, *after}:
            if before[code] > after[code]:
                noise.gone[code][row["repo"]] += 1
            elif before[code]:
                noise.stayed[code][row["repo"]] += 1
            if after[code] > before[code]:
                noise.came[code] += 1
    return noise


def verdict(noise: Noise, rule: Rule) -> str:
    """What the figures say of the rule's place in the default selection."""
    rate, _, seen = noise.acts(rule.code)
    loud = noise.typical(rule.code) > LOUD
    if rate is None or seen < 20:
        return "too few to tell" if not loud else "loud"
    if loud and rate < SILENT:
        return "contested"
    return "acted on" if rate >= SILENT else "quiet, seldom acted on"


def judged(command: list[str], files: list[Path], count: str) -> tuple[int, int]:
    """Findings and files with any, of another linter that prints JSON; one call for 100 files."""
    total = hit = 0
    for start in range(0, len(files), 100):
        batch = files[start : start + 100]
        done = subprocess.run([*command, *map(str, batch)], capture_output=True, text=True)
        try:
            data = json.loads(done.stdout)
        except json.JSONDecodeError:
            continue
        if count == "hadolint":
            names = [item["file"] for item in data if item["code"] != "DL1000"]
        else:
            names = [one["file"] for one in data["files"] for _ in one["violations"]]
        total += len(names)
        hit += len(set(names))
    return total, hit


def peers(corpus: Path, options: argparse.Namespace) -> list[str]:
    lines = [_line(*text.split("=", 1)) for text in options.totals]
    if not (options.hadolint or options.tally):
        return lines
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, row in enumerate(rows(corpus)):
            path = Path(folder) / f"{number:05d}.Dockerfile"
            path.write_bytes(row["text"].encode("utf-8", "surrogateescape"))
            if findings(row["text"], ()) is not None:
                files.append(path)
        wanted = (
            ("hadolint", options.hadolint, "-f json --no-fail --disable-ignore-pragma"),
            ("tally", options.tally, "lint --no-config --slow-checks off --format json"),
        )
        for name, program, arguments in wanted:
            if program:
                total, hit = judged([program, *arguments.split()], files, name)
                lines.append(_line(name, f"{total}/{hit}/{len(files)}"))
    return lines


def _line(name: str, figures: str) -> str:
    total, hit, files, *mean = map(float, figures.split("/"))
    shown = f"{mean[0]:.2f}" if mean else "–"
    return f"| {name} | {total / files:.2f} | {shown} | {hit / files:.1%} |"


def _mean(noise: Noise, rules: Sequence[Rule]) -> float:
    return sum(noise.typical(rule.code) for rule in rules) / 1000


def report(noise: Noise, rules: Sequence[Rule], others: list[str]) -> str:
    default = [rule for rule in rules if rule.default]
    some = sum(1 for codes in noise.sets if not codes.isdisjoint(rule.code for rule in default))
    total = sum(noise.found[rule.code] for rule in default)
    strict = sum(noise.found.values())
    lines = [
        "# Noise: what rules say to experts, and whether they act",
        "",
        "Generated by `scripts/noise.py`; the method is described there. A third of the expert "
        "files come from one template, so findings are also given for the average repository. "
        f"Loud: more than {LOUD:.0f} findings per 1,000 files of the average repository. "
        f"Contested: loud, and an act rate below {SILENT:.0%}. Came: commits after which there "
        "were more findings than before.",
        "",
        f"Expert files: {noise.files} of {len(noise.repos)} repositories. "
        f"Commits: {noise.commits}, each with the file before and after.",
        "",
        "| selection | findings a file | in the average repository | files with any |",
        "|---|---|---|---|",
        f"| codi-hook, profile default ({len(default)} rules) | {total / noise.files:.2f} "
        f"| {_mean(noise, default):.2f} | {some / noise.files:.1%} |",
        f"| codi-hook, profile strict ({len(rules)} rules) | {strict / noise.files:.2f} "
        f"| {_mean(noise, rules):.2f} | {sum(map(bool, noise.sets)) / noise.files:.1%} |",
        *others,
        "",
        "| rule | name | default | per 1,000 files | average repository | files with any "
        "| act rate | commits: went / had | came | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for rule in sorted(rules, key=lambda rule: -noise.typical(rule.code)):
        rate, went, seen = noise.acts(rule.code)
        shown = "–" if rate is None else f"{rate:.0%}"
        lines.append(
            f"| {rule.code} | {rule.name} | {'yes' if rule.default else 'no'} "
            f"| {noise.loudness(rule.code):.1f} | {noise.typical(rule.code):.1f} "
            f"| {noise.hit[rule.code] / noise.files:.1%} "
            f"| {shown} | {went} / {seen} | {noise.came[rule.code]} | {verdict(noise, rule)} |"
        )
    return "\n".join([*lines, "", *_sums(noise, default)]) + "\n"


def _sums(noise: Noise, default: list[Rule]) -> list[str]:
    """What the default selection would say without its contested rules."""
    contested = [rule for rule in default if verdict(noise, rule) == "contested"]
    kept = [rule for rule in default if rule not in contested]
    total = sum(noise.found[rule.code] for rule in kept) / noise.files
    mean = _mean(noise, kept)
    names = ", ".join(f"{rule.code} ({rule.name})" for rule in contested) or "none"
    return [
        f"Contested rules of the default selection: {names}. Without them it has {total:.2f} "
        f"findings a file, {mean:.2f} in the average repository."
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="findings per expert file, and act rates")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("history", type=Path)
    parser.add_argument("--hadolint", nargs="?", const="hadolint")
    parser.add_argument("--tally", nargs="?", const="tally")
    parser.add_argument(
        "--totals",
        action="append",
        default=[],
        metavar="NAME=FINDINGS/FILES WITH ANY/FILES[/IN THE AVERAGE REPOSITORY]",
        help="of a linter that was measured on the same files before",
    )
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    rules = tuple(rule for rule in registry.rules() if rule.code != registry.PARSE_ERROR)
    noise = measure(options.corpus, options.history, rules)
    text = report(noise, rules, peers(options.corpus, options))
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
