#!/usr/bin/env python3
"""Fix many corpus files at both levels and let BuildKit and hadolint judge the results.

usage: judge_fixes.py [--files N] [--seed N] [--set hub,github,modern] [--no-hadolint] [--tally]
                      [--codes N] [--rejections] [--keep FOLDER] [--write]
Exit status 1 where a file broke, was unstable, or gained a finding of ours.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import multiprocessing
import pickle
import random
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.corpus import folder  # noqa: E402
from codi_hook.model import PROFILES  # noqa: E402
from tests import fixing  # noqa: E402
from tests.fixing import Outcome  # noqa: E402
from tests.judges import BuildKit  # noqa: E402

PAGE = ROOT / "docs" / "fixes.md"
KEPT = ROOT / ".cache" / "judge"
PART = 500  # files that are judged together


def sample(sets: list[str], count: int, seed: int) -> list[tuple[str, bytes]]:
    found = []
    for name in sets:
        with gzip.open(folder() / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                row = json.loads(line)
                text = row.get("text", row.get("before", ""))
                found.append((f"{name}:{number}", text.encode("utf-8", "surrogateescape")))
    random.Random(seed).shuffle(found)
    return found[:count]


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--files", type=int, default=5000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--set", default="hub,github,modern")
    options.add_argument("--profile", default="default", choices=PROFILES)
    options.add_argument("--no-hadolint", action="store_true")
    options.add_argument("--tally", action="store_true", help="let tally fix the same files")
    options.add_argument("--codes", type=int, default=0, help="show so many codes that stay")
    options.add_argument("--rejections", action="store_true")
    options.add_argument("--keep", type=Path, help="write files with complaints here")
    options.add_argument("--write", action="store_true", help="write docs/fixes.md")
    chosen = options.parse_args()

    files = sample(chosen.set.split(","), chosen.files, chosen.seed)
    levels = [*fixing.LEVELS, *(fixing.TALLY_LEVELS if chosen.tally else ())]
    outcomes: list[Outcome] = []
    totals: Counter[str] = Counter()
    for first in range(0, len(files), PART):
        more, counts = part(files[first : first + PART], chosen)
        outcomes += more
        totals += counts
        print(f"{min(first + PART, len(files)):,} files", file=sys.stderr, flush=True)
    verdicts = [verdict(level, outcomes, totals) for level in levels]
    for item in verdicts:
        print(item.line())
    complaints(outcomes)
    if chosen.codes:
        left(totals, chosen.codes)
    if chosen.rejections:
        rejections(outcomes)
    if chosen.keep:
        keep(outcomes, chosen.keep)
    if chosen.write:
        PAGE.write_text(page(verdicts, chosen.seed), encoding="utf-8")
    return int(any(item.broken for item in verdicts if item.level in fixing.LEVELS))


def part(
    files: list[tuple[str, bytes]], chosen: argparse.Namespace
) -> tuple[list[Outcome], Counter[str]]:
    """What becomes of some of the files. Kept for this commit and these files: whoever stops a
    long run goes on where it was."""
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True
    ).stdout.strip()
    about = repr((commit, files, chosen.profile, chosen.tally, chosen.no_hadolint))
    kept = KEPT / f"{hashlib.sha256(about.encode()).hexdigest()[:20]}.pickle"
    if kept.exists() and not commit.endswith("-dirty"):
        found: tuple[list[Outcome], Counter[str]] = pickle.loads(kept.read_bytes())
        return found
    totals: Counter[str] = Counter()
    outcomes = treated(files, chosen.profile)
    with tempfile.TemporaryDirectory() as scratch:
        if chosen.tally:
            outcomes += treated_by_tally(files, Path(scratch))
        if not chosen.no_hadolint:
            totals = fixing.judge_hadolint(outcomes, Path(scratch))
    KEPT.mkdir(parents=True, exist_ok=True)
    kept.with_suffix(".new").write_bytes(pickle.dumps((outcomes, totals)))
    kept.with_suffix(".new").rename(kept)
    return outcomes, totals


def treated(files: list[tuple[str, bytes]], profile: str) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        outcomes = fixing.treat(files, Path(folder), profile)
    batches = [outcomes[i : i + 100] for i in range(0, len(outcomes), 100)]
    # Spawned: the Go parser that tally's part has loaded here does not survive a fork.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:  # copies come back
        return [outcome for done in pool.map(judged, batches) for outcome in done]


def judged(batch: list[Outcome]) -> list[Outcome]:
    with BuildKit() as judge:
        fixing.judge_buildkit(batch, judge)
    return batch


def treated_by_tally(files: list[tuple[str, bytes]], folder: Path) -> list[Outcome]:
    """tally on the files that BuildKit accepts: it gives up at the first other."""
    with BuildKit() as judge:
        accepted = [(name, data) for name, data in files if not judge.refusal(data)]
        outcomes = fixing.treat_by_tally(accepted, folder)
        fixing.judge_buildkit(outcomes, judge)
    return outcomes


@dataclass(frozen=True)
class Verdict:
    """What the judges say of one level."""

    level: str
    files: int
    changed: int
    kinds: Counter[str]  # files with a complaint of that kind
    before: int  # hadolint's findings
    after: int

    @property
    def broken(self) -> int:
        return sum(self.kinds[kind] for kind in ("crash", "unstable", "new-finding", "buildkit"))

    @property
    def change(self) -> float:
        return self.after / self.before - 1 if self.before else 0.0

    def line(self) -> str:
        gained = self.kinds["hadolint"] / max(self.files, 1)
        return (
            f"{self.level}: {self.files} files, {self.changed} changed, "
            f"complaints {dict(self.kinds) or 'none'}\n"
            f"  hadolint: {self.before} -> {self.after} findings ({self.change:+.1%}); "
            f"{gained:.2%} of files gain an error or warning code"
        )

    def row(self) -> str:
        gained = self.kinds["hadolint"] / max(self.files, 1)
        cells: list[object] = [self.level, self.files, self.changed]
        kinds = ("buildkit", "crash", "unstable", "new-finding")
        cells += [self.kinds[kind] if self.level in fixing.LEVELS else "–" for kind in kinds]
        cells[3] = self.kinds["buildkit"]
        cells += [f"{self.before:,} → {self.after:,}", f"{self.change:+.1%}", f"{gained:.2%}"]
        return "| " + " | ".join(map(str, cells)) + " |"


def verdict(level: str, outcomes: list[Outcome], totals: Counter[str]) -> Verdict:
    mine = [outcome for outcome in outcomes if outcome.level == level]
    kinds = Counter(kind for o in mine for kind in {c.split(":")[0] for c in o.complaints})
    changed = sum(outcome.changed for outcome in mine)
    before, after = totals[f"{level} before"], totals[f"{level} after"]
    return Verdict(level, len(mine), changed, kinds, before, after)


def complaints(outcomes: list[Outcome]) -> None:
    found = Counter((o.level, complaint) for o in outcomes for complaint in o.complaints)
    for (level, complaint), count in found.most_common(40):
        names = [o.name for o in outcomes if o.level == level and complaint in o.complaints]
        print(f"  {count:5} {level}: {complaint[:100]}  e.g. {' '.join(names[:4])}")


def left(totals: Counter[str], most: int) -> None:
    """Which of hadolint's codes the fixes leave, the most frequent first."""
    for level in fixing.LEVELS:
        print(f"what {level} leaves:")
        stem = f"{level} after "
        after = Counter({k[len(stem) :]: n for k, n in totals.items() if k.startswith(stem)})
        for code, count in after.most_common(most):
            print(f"  {code} {totals[f'{level} before {code}']} -> {count}")


def rejections(outcomes: list[Outcome]) -> None:
    files = [Outcome(o.name, o.level, o.before, o.before) for o in outcomes if o.level == "safe"]
    with tempfile.TemporaryDirectory() as folder:
        offered, rejected = fixing.offers(files, Path(folder))
    print("offered:", dict(offered.most_common()))
    for why, count in rejected.most_common(60):
        print(f"  {count:5} {why}")


def page(verdicts: list[Verdict], seed: int) -> str:
    lines = [
        "# What fixes do to real files",
        "",
        "Generated by `make judge`; do not edit. Public Dockerfiles, fixed and judged: by both",
        "stages of BuildKit's parser, by a second run, by our own rules, and by hadolint over the",
        "files that it parses before and after. tally sees the files that BuildKit accepts: it",
        f"gives up at the first other. Sample with seed {seed}.",
        "",
        "| level | files | changed | newly refused by BuildKit | crashed | unstable "
        "| new finding of ours | hadolint's findings | | gain an error or warning code |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    return "\n".join([*lines, *(item.row() for item in verdicts)]) + "\n"


def keep(outcomes: list[Outcome], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for outcome in outcomes:
        if outcome.complaints:
            stem = target / f"{outcome.name.replace(':', '-')}.{outcome.level}"
            stem.with_suffix(f".{outcome.level}.before").write_bytes(outcome.before)
            stem.with_suffix(f".{outcome.level}.after").write_bytes(outcome.after)
            log = "\n".join([*outcome.complaints, str(outcome.applied), ""])
            stem.with_suffix(f".{outcome.level}.txt").write_text(log)


if __name__ == "__main__":
    sys.exit(main())
