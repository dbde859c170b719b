#!/usr/bin/env python3
"""Fix many corpus files at both levels and let BuildKit and hadolint judge the results.

usage: judge_fixes.py [--files N] [--seed N] [--set hub,github,modern] [--profile default,hadolint]
                      [--no-hadolint] [--tally] [--codes N] [--rejections] [--keep FOLDER]
                      [--write]
What has been found out is kept and not asked again: of us by commit and profile, for parts of the
sample; of tally and hadolint by their version, for each file.
Exit status 1 where a file broke, was unstable, or gained a finding of ours.
"""

from __future__ import annotations

import argparse
import base64
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
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.corpus import folder  # noqa: E402
from codi_hook.model import PROFILES  # noqa: E402
from compat.peers import version  # noqa: E402
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
    options.add_argument("--profile", default="default", help="one or several, by commas")
    options.add_argument("--no-hadolint", action="store_true")
    options.add_argument("--tally", action="store_true", help="let tally fix the same files")
    options.add_argument("--codes", type=int, default=0, help="show so many codes that stay")
    options.add_argument("--rejections", action="store_true")
    options.add_argument("--keep", type=Path, help="write files with complaints here")
    options.add_argument("--write", action="store_true", help="write docs/fixes.md")
    chosen = options.parse_args()

    profiles = chosen.profile.split(",")
    if unknown := set(profiles) - set(PROFILES):
        options.error(f"no such profile: {', '.join(sorted(unknown))}")
    files = sample(chosen.set.split(","), chosen.files, chosen.seed)
    verdicts: list[Verdict] = []
    for profile in profiles:
        verdicts += judge(files, profile, chosen)
    if chosen.tally:
        outcomes, totals = tally(files, chosen)
        verdicts += told(fixing.TALLY_LEVELS, "", outcomes, totals)
    if chosen.write:
        PAGE.write_text(page(verdicts, chosen.seed), encoding="utf-8")
    return int(any(item.broken for item in verdicts if item.level in fixing.LEVELS))


def judge(
    files: list[tuple[str, bytes]], profile: str, chosen: argparse.Namespace
) -> list[Verdict]:
    """Our fixes under one profile: what the judges say, printed and returned."""
    outcomes: list[Outcome] = []
    totals: Counter[str] = Counter()
    for some, done in parts(files):
        more, counts = part(some, profile, chosen.no_hadolint)
        outcomes += more
        totals += counts
        print(f"{profile}: {done:,} files", file=sys.stderr, flush=True)
    verdicts = told(fixing.LEVELS, profile, outcomes, totals)
    if chosen.codes:
        left(totals, chosen.codes)
    if chosen.rejections:
        rejections(outcomes, profile)
    if chosen.keep:
        keep(outcomes, chosen.keep / profile)
    return verdicts


def parts(files: list[tuple[str, bytes]]) -> Iterator[tuple[list[tuple[str, bytes]], int]]:
    """Some of the files, and how many there are up to them."""
    for first in range(0, len(files), PART):
        yield files[first : first + PART], min(first + PART, len(files))


def told(
    levels: Iterable[str], profile: str, outcomes: list[Outcome], totals: Counter[str]
) -> list[Verdict]:
    """The verdicts on the levels, after they were printed with what is wrong."""
    verdicts = [verdict(level, profile, outcomes, totals) for level in levels]
    for item in verdicts:
        print(item.line())
    complaints(outcomes)
    return verdicts


def part(
    files: list[tuple[str, bytes]], profile: str, no_hadolint: bool
) -> tuple[list[Outcome], Counter[str]]:
    """What becomes of some of the files. Kept for this commit and these files: whoever stops a
    long run goes on where it was."""
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True
    ).stdout.strip()
    about = repr((commit, files, profile, no_hadolint))
    kept = KEPT / f"{hashlib.sha256(about.encode()).hexdigest()[:20]}.pickle"
    if kept.exists() and not commit.endswith("-dirty"):
        found: tuple[list[Outcome], Counter[str]] = pickle.loads(kept.read_bytes())
        return found
    totals: Counter[str] = Counter()
    outcomes = treated(files, profile)
    if not no_hadolint:
        with tempfile.TemporaryDirectory() as scratch:
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


def tally(
    files: list[tuple[str, bytes]], chosen: argparse.Namespace
) -> tuple[list[Outcome], Counter[str]]:
    """What tally makes of the files that BuildKit accepts: it gives up at the first other."""
    about = repr((version("tally"), fixing.TALLY_LEVELS))
    store = KEPT / f"tally-{hashlib.sha256(about.encode()).hexdigest()[:12]}.jsonl"
    KEPT.mkdir(parents=True, exist_ok=True)
    known = dict(stored(store))
    outcomes: list[Outcome] = []
    totals: Counter[str] = Counter()
    for some, done in parts(files):
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in some}
        fresh = {digests[name]: data for name, data in some if digests[name] not in known}
        with tempfile.TemporaryDirectory() as scratch, store.open("a", encoding="utf-8") as lines:
            for digest, found in treated_by_tally(fresh, Path(scratch)):
                known[digest] = found
                lines.write(json.dumps([digest, found]) + "\n")
        more = [
            Outcome(name, level, data, base64.b64decode(after), complaints=list(complaints))
            for name, data in some
            for level, after, complaints in known[digests[name]]
        ]
        if not chosen.no_hadolint:
            with tempfile.TemporaryDirectory() as scratch:
                totals += fixing.judge_hadolint(more, Path(scratch))
        outcomes += more
        print(f"tally: {done:,} files", file=sys.stderr, flush=True)
    return outcomes, totals


# Of one file: level, the file afterwards in base64, BuildKit's complaints; nothing where BuildKit
# refused the file before.
Kept = list[tuple[str, str, list[str]]]


def stored(store: Path) -> Iterator[tuple[str, Kept]]:
    for line in store.read_text(encoding="utf-8").splitlines() if store.exists() else ():
        try:
            digest, found = json.loads(line)
        except ValueError:  # the last line of a run that was killed
            continue
        yield digest, found


def treated_by_tally(files: dict[str, bytes], folder: Path) -> Iterator[tuple[str, Kept]]:
    """What tally makes of files, by digest, and what BuildKit says of that."""
    if not files:
        return
    with BuildKit() as judge:
        accepted = [(digest, data) for digest, data in files.items() if not judge.refusal(data)]
        outcomes = fixing.treat_by_tally(accepted, folder)
        fixing.judge_buildkit(outcomes, judge)
    found: dict[str, Kept] = {digest: [] for digest in files}
    for one in outcomes:
        after = base64.b64encode(one.after).decode("ascii")
        found[one.name].append((one.level, after, list(one.complaints)))
    yield from found.items()


@dataclass(frozen=True)
class Verdict:
    """What the judges say of one level."""

    level: str
    profile: str  # "" for tally, which has none
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
            f"{self.profile} {self.level}: {self.files} files, {self.changed} changed, "
            f"complaints {dict(self.kinds) or 'none'}\n"
            f"  hadolint: {self.before} -> {self.after} findings ({self.change:+.1%}); "
            f"{gained:.2%} of files gain an error or warning code"
        )

    def row(self) -> str:
        gained = self.kinds["hadolint"] / max(self.files, 1)
        cells: list[object] = [self.profile, self.level, self.files, self.changed]
        kinds = ("buildkit", "crash", "unstable", "new-finding")
        cells += [self.kinds[kind] if self.level in fixing.LEVELS else "–" for kind in kinds]
        cells[4] = self.kinds["buildkit"]
        cells += [f"{self.before:,} → {self.after:,}", f"{self.change:+.1%}", f"{gained:.2%}"]
        return "| " + " | ".join(map(str, cells)) + " |"


def verdict(level: str, profile: str, outcomes: list[Outcome], totals: Counter[str]) -> Verdict:
    mine = [outcome for outcome in outcomes if outcome.level == level]
    kinds = Counter(kind for o in mine for kind in {c.split(":")[0] for c in o.complaints})
    changed = sum(outcome.changed for outcome in mine)
    before, after = totals[f"{level} before"], totals[f"{level} after"]
    return Verdict(level, profile, len(mine), changed, kinds, before, after)


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


def rejections(outcomes: list[Outcome], profile: str) -> None:
    files = [Outcome(o.name, o.level, o.before, o.before) for o in outcomes if o.level == "safe"]
    with tempfile.TemporaryDirectory() as folder:
        offered, rejected = fixing.offers(files, Path(folder), profile)
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
        "Profile `default` is what is on without configuration: rules that a maintainer would",
        "rarely act on are off, and so are their fixes. Profile `hadolint` selects what hadolint",
        "reports, which is what its findings are counted by.",
        "",
        "| profile | level | files | changed | newly refused by BuildKit | crashed | unstable "
        "| new finding of ours | hadolint's findings | | gain an error or warning code |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
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
