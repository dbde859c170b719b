"""How time and memory grow with the number of files, and write benchmarks/SCALE.md.

usage: python -m benchmarks.scale [--out FILE] [COUNT…]

Each count is run findings only, the smaller ones also with every candidate verified. Seconds a
thousand files tell whether growth is linear; memory is that of the largest single process.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import corpus
from benchmarks.bench import MB, ROOT
from benchmarks.measure import Command, largest_process

COUNTS = (1_000, 5_000, 20_000, 85_000)
VERIFIED_UP_TO = 5_000  # more takes long and says the same
LIMIT = 200 * MB  # at 5,000 files
LINEAR = 1.25  # the most that a thousand files may cost beside the cheapest thousand


def write_files(folder: Path, most: int) -> list[Path]:
    """The corpus in folders of 1,000 files; their paths."""
    folders: list[Path] = []
    for number, text in enumerate(corpus.texts()):
        if number == most:
            break
        if number % 1000 == 0:
            folders.append(folder / f"{number // 1000:03}")
            folders[-1].mkdir()
        (folders[-1] / f"{number:05}.Dockerfile").write_bytes(text.encode())
    return folders


def measured(folders: list[Path], count: int, *options: str) -> tuple[float, int]:
    """Seconds and bytes of the largest process for the first `count` files."""
    names = [str(folder) for folder in folders[: count // 1000]]
    program = str(Path(sys.executable).parent / "codi-hook")
    base = ("check", "--isolated", "--no-llm", "--no-cache", "--no-shellcheck")
    argv = (program, *base, "--output-format", "json", *options, *names)
    command = Command("codi-hook", argv, Path("/"))
    return largest_process(command)


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("counts", nargs="*", type=int, default=list(COUNTS))
    options.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "SCALE.md")
    chosen = options.parse_args()
    rows: list[tuple[str, int, float, int]] = []
    with tempfile.TemporaryDirectory(prefix="codi-scale-") as name:
        folders = write_files(Path(name), max(chosen.counts))
        for what, flags in (
            ("findings only", ("--no-candidates",)),
            ("candidates verified", ()),
        ):
            for count in chosen.counts:
                if flags or count <= VERIFIED_UP_TO:
                    seconds, memory = measured(folders, count, *flags)
                    rows.append((what, count, seconds, memory))
                    print(f"{what}: {count:,} files {seconds:.1f} s {memory / MB:.0f} MB")
    chosen.out.write_text(render(rows), encoding="utf-8")
    return int(bool(complaints(rows)))


def complaints(rows: list[tuple[str, int, float, int]]) -> list[str]:
    """Where growth is not linear, or memory beyond its limit."""
    found = []
    for what in dict.fromkeys(row[0] for row in rows):
        rates = [seconds / count for name, count, seconds, _ in rows if name == what]
        if max(rates) > LINEAR * min(rates):
            found.append(f"{what}: a thousand files cost from {min(rates):.4f} to {max(rates):.4f}")
    for what, count, _, memory in rows:
        if count <= 5_000 and memory > LIMIT:
            found.append(f"{what}: {memory / MB:.0f} MB for {count} files")
    return found


def render(rows: list[tuple[str, int, float, int]]) -> str:
    lines = [
        "# Scale",
        "",
        "Written by `make bench-scale`; do not edit. One call each, no model, no ShellCheck.",
        "",
        "| what | files | seconds | seconds per 1,000 | largest process |",
        "|---|---:|---:|---:|---:|",
    ]
    for what, count, seconds, memory in rows:
        rate = seconds / count * 1000
        size = f"{memory / MB:.0f} MB"
        lines.append(f"| {what} | {count:,} | {seconds:.1f} | {rate:.2f} | {size} |")
    return "\n".join([*lines, "", *complaints(rows)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
