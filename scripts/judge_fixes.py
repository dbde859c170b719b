#!/usr/bin/env python3
"""Fix many corpus files at both levels and let BuildKit and hadolint judge the results.

usage: judge_fixes.py [--files N] [--seed N] [--set hub,github,modern] [--no-hadolint]
                      [--keep FOLDER] [--rejections]
Exit status 1 where a file broke, was unstable, or gained a finding of ours.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.corpus import folder  # noqa: E402
from tests import fixing  # noqa: E402
from tests.fixing import Outcome  # noqa: E402
from tests.judges import BuildKit  # noqa: E402


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


def treat(batch: list[tuple[str, bytes]]) -> list[Outcome]:
    outcomes = [outcome for name, data in batch for outcome in fixing.treat(name, data)]
    with BuildKit() as judge:
        fixing.judge_buildkit(outcomes, judge)
    return outcomes


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--files", type=int, default=3000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--set", default="hub,github,modern")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--no-hadolint", action="store_true")
    options.add_argument("--rejections", action="store_true")
    options.add_argument("--keep", type=Path, help="write files with complaints here")
    chosen = options.parse_args()

    files = sample(chosen.set.split(","), chosen.files, chosen.seed)
    batches = [files[i : i + 50] for i in range(0, len(files), 50)]
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for done in pool.map(treat, batches):
            outcomes += done
    totals: Counter[str] = Counter()
    if not chosen.no_hadolint:
        with tempfile.TemporaryDirectory() as scratch:
            totals = fixing.judge_hadolint(outcomes, Path(scratch))
    report(outcomes, totals, chosen.rejections)
    if chosen.keep:
        keep(outcomes, chosen.keep)
    bad = ("crash", "unstable", "new-finding", "buildkit")
    return int(any(c.split(":")[0] in bad for o in outcomes for c in o.complaints))


def report(outcomes: list[Outcome], totals: Counter[str], rejections: bool) -> None:
    for level in fixing.LEVELS:
        mine = [outcome for outcome in outcomes if outcome.level == level]
        changed = sum(outcome.changed for outcome in mine)
        print(f"{level}: {len(mine)} files, {changed} changed")
        kinds: Counter[str] = Counter(c.split(":")[0] for o in mine for c in set(o.complaints))
        print("  complaints:", dict(kinds) or "none")
        before, after = totals[f"{level} before"], totals[f"{level} after"]
        if before:
            print(f"  hadolint: {before} -> {after} findings ({after / before - 1:+.1%})")
            gained = sum(any(c.startswith("hadolint:") for c in o.complaints) for o in mine)
            print(f"  files that gain an error or warning code: {gained / len(mine):.2%}")
    complaints = Counter(complaint for o in outcomes for complaint in o.complaints)
    for complaint, count in complaints.most_common(40):
        names = [f"{o.name}/{o.level}" for o in outcomes if complaint in o.complaints][:4]
        print(f"  {count:5} {complaint[:100]}  e.g. {' '.join(names)}")
    if rejections:
        rejected: Counter[tuple[str, str, str]] = Counter()
        offered: Counter[str] = Counter()
        for outcome in outcomes:
            if outcome.level == "safe":
                rejected += outcome.rejected
                offered += outcome.offered
        print("offered:", dict(offered.most_common()))
        for key, count in rejected.most_common(60):
            print(f"  {count:5} {' '.join(key)}")


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
