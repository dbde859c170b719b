"""Compare with the peers over a sample of the corpus.

usage: python -m compat [--files N] [--seed N] [--examples N] [--write]
Exit status 1 where a code with 20 or more hits misses 0.98 (ShellCheck's: 0.97), where the
deliberate differences exceed 3 %, or where a severity differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from compat import measure, page, peers
from scripts.judge_fixes import sample

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compatibility.md"
MOST = 0.03  # deliberate differences, as a share of the peer's findings


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--files", type=int, default=5000)
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--examples", type=int, default=0, help="per code that misses the bar")
    options.add_argument("--write", action="store_true", help="write docs/compatibility.md")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, (_, data) in enumerate(
            sample(["hub", "github", "modern"], chosen.files, chosen.seed)
        ):
            paths.append(Path(folder, f"{number:05}.Dockerfile"))
            paths[-1].write_bytes(data)
        comparisons = [
            measure.compare("hadolint", peers.hadolint(paths), measure.ours(paths, "hadolint")),
            measure.compare("buildkit", peers.buildkit(paths), measure.ours(paths, "buildkit")),
        ]
        bad = [line for item in comparisons for line in report(item, chosen.examples)]
        if chosen.examples:
            keep(comparisons, paths)
    if chosen.write:
        PAGE.write_text(page.page(*comparisons), encoding="utf-8")
    return int(bool(bad))


def report(comparison: measure.Comparison, examples: int) -> list[str]:
    """Print what misses the bar, and give it back."""
    bad = page.failures(comparison)
    if comparison.differing > MOST:
        bad.append(f"deliberate differences are {comparison.differing:.1%}, not under {MOST:.0%}")
    if comparison.peer == "hadolint":
        bad += [f"severity of {line}" for line in page.severities(comparison)]
    total = sum(score.of_peer for score in comparison.scores.values())
    print(f"{comparison.peer}: {comparison.files} files, {total} findings of theirs, ", end="")
    print(f"{comparison.differing:.2%} deliberate differences, {len(bad)} complaints")
    for line in bad:
        print("  " + line)
        score = comparison.scores.get(line.split(":")[0])
        for example in score.examples[:examples] if score else ():
            print("     ", example)
    return bad


def keep(comparisons: list[measure.Comparison], paths: list[Path]) -> None:
    """Copy the files of the examples to `.cache/compat`, to be looked at."""
    target = peers.ROOT / ".cache" / "compat"
    target.mkdir(parents=True, exist_ok=True)
    names = {
        example.split()[1].rpartition(":")[0]
        for item in comparisons
        for score in item.scores.values()
        for example in score.examples
    }
    for path in paths:
        if path.name in names:
            (target / path.name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
