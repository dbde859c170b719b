"""Measure the budgets beside hadolint and tally, in one run, and write benchmarks/RESULTS.md.

usage: python -m benchmarks.bench [--files N] [--rounds N] [--cold N] [--no-model] [--out FILE]

Times on a shared machine wander; the commands take turns, medians are compared, and the ratio to
the peer that ran in the same minutes is what counts.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import corpus
from benchmarks.measure import Command, interleaved, median, peak_memory, run

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
COLD = ROOT / "examples" / "python-web" / "Dockerfile"  # nine findings of hadolint
MB = 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One budget: what was measured, the figure, what it is compared with, and the verdict."""

    what: str
    ours: str
    peer: str
    ratio: str
    budget: str
    met: bool | None  # None: there is no budget


class Bench:
    """The commands, all in one temporary folder where no configuration is found."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder = folder
        self.options = options
        self.files: list[str] = []

    def ours(self, name: str, *arguments: str) -> Command:
        return Command(
            name, (str(BIN / "codi-hook"), "check", *arguments), self.folder, frozenset({0, 1})
        )

    def hadolint(self, *arguments: str) -> Command:
        return Command("hadolint", (str(BIN / "hadolint"), *arguments), self.folder)

    def tally(self, *arguments: str) -> Command:
        # The binary itself: the console script would add an interpreter's start to its time.
        import tally_cli

        binary = next(Path(tally_cli.__file__).parent.glob("bin/*/tally*"))
        argv = (str(binary), "lint", "--no-config", "--slow-checks", "off", *arguments)
        return Command("tally", argv, self.folder, frozenset({0, 1, 2}))

    def rows(self) -> Iterator[Row]:
        yield from self.cold()
        yield from self.many()
        if not self.options.no_model:
            yield from self.model()

    def cold(self) -> Iterator[Row]:
        """One file, a new process each time, no model."""
        file = str(COLD)
        commands = [
            self.ours("codi-hook", "--no-llm", file),
            self.ours("findings", "--no-llm", "--no-candidates", file),
            self.hadolint(file),
            self.tally(file),
            Command("python", (sys.executable, "-c", "pass"), self.folder),
        ]
        times = {
            name: median(values)
            for name, values in interleaved(commands, self.options.cold).items()
        }
        ours, python = times["codi-hook"], times["python"]
        ratio = ours / times["hadolint"]
        yield _times("one file, cold, no model", ours, "hadolint", times["hadolint"], 1.5)
        yield _times("one file, cold, no model", ours, "tally", times["tally"], 1 / 4)
        ratio = times["findings"] / times["hadolint"]
        yield Row(
            "one file, cold, findings only",
            _ms(times["findings"]),
            f"hadolint {_ms(times['hadolint'])}",
            f"{ratio:.2f}",
            "",
            None,
        )
        yield Row("`python -c pass`", _ms(python), "", "", "", None)

    def many(self) -> Iterator[Row]:
        """Many real files in one call, findings only and with every candidate verified."""
        paths = corpus.sample(self.options.files, self.folder / "corpus")
        names = [str(path.relative_to(self.folder)) for path in paths]
        said = ("--no-llm", "--output-format", "json")
        base = (*said, "--no-cache", "--no-shellcheck")
        plain = self.ours("findings", *base, "--no-candidates", *names)
        full = self.ours("candidates", *base, *names)
        asked = (*said, "--shellcheck", "--no-candidates")
        cold = self.ours("shellcheck cold", *asked, "--no-cache", *names)
        warm = self.ours("shellcheck warm", *asked, *names)
        run(warm)  # fills the cache
        peers = [self.hadolint("-f", "json", *names), self.tally("-f", "json", *names)]
        times = {
            name: median(values)
            for name, values in interleaved(
                [plain, full, cold, warm, *peers], self.options.rounds, warm_up=False
            ).items()
        }
        peer, count = times["hadolint"], f"{len(names):,} files"
        yield _times(f"{count}, findings only", times["findings"], "hadolint", peer, 1 / 10)
        yield _times(f"{count}, candidates verified", times["candidates"], "hadolint", peer, 1 / 3)
        yield _times(f"{count}, candidates verified", times["candidates"], "tally", times["tally"])
        yield _times(f"{count}, ShellCheck, cold", times["shellcheck cold"], "hadolint", peer, 1.1)
        yield _times(
            f"{count}, ShellCheck, warm", times["shellcheck warm"], "hadolint", peer, 1 / 5
        )
        single = self.ours("memory", *base, "--jobs", "1", *names)
        yield _memory("peak memory, rules only, one process", peak_memory(single), 150)
        yield _memory("peak memory, rules only, all processes", peak_memory(full), None)

    def model(self) -> Iterator[Row]:
        """Ranking with the embedded model; its answers are cached in a folder of this run."""
        found = subprocess.run(
            [str(BIN / "codi-hook"), "model", "pull"], capture_output=True, text=True, check=False
        )
        if found.returncode:
            raise SystemExit(f"bench: no model: {found.stderr.strip() or found.stdout.strip()}")
        examples = [str(path) for path in sorted((ROOT / "examples").glob("*/*file"))]
        modes = {
            "order by rule, reason composed (the default)": ("--ranker", "order"),
            "ordered by the model, reason by rule": ("--ranker", "llm", "--rationale", "rule"),
            "ordered and explained by the model": ("--ranker", "llm"),
        }
        memory = 0
        for mode, chosen in modes.items():
            audit = self.folder / "audit.json"
            asked = (*chosen, "--llm-timeout", "600", "--audit-file", str(audit), "--no-cache")
            memory = max(memory, peak_memory(self.ours("ranking", *asked, *examples)))
            latencies = _latencies(json.loads(audit.read_text()))
            yield Row(
                f"one finding, warm process, {mode} ({len(latencies)} findings)",
                f"{median(latencies):.0f} ms",
                "",
                "",
                "≤ 150 ms",
                median(latencies) <= 150,
            )
        yield _memory("peak memory with the embedded model", memory, 450)
        file = str(COLD)
        cold = self.ours("cold", "--ranker", "llm", "--no-cache", file)
        seconds = median(interleaved([cold], 3)["cold"])
        yield Row("one file, cold, with model", f"{seconds:.2f} s", "", "", "≤ 3 s", seconds <= 3)
        again = self.ours("again", "--ranker", "llm", file)
        seconds = median(interleaved([again], 5)["again"])
        yield Row("the same again, cached", f"{seconds:.2f} s", "", "", "≤ 0.3 s", seconds <= 0.3)


def _times(what: str, ours: float, name: str, peer: float, budget: float | None = None) -> Row:
    ratio = ours / peer
    show = _ms if ours < 1 else _s
    wanted = "" if budget is None else f"≤ {budget:.2f} × {name}"
    met = None if budget is None else ratio <= budget
    return Row(what, show(ours), f"{name} {show(peer)}", f"{ratio:.3f}", wanted, met)


def _memory(what: str, found: int, budget: int | None) -> Row:
    wanted = "" if budget is None else f"≤ {budget} MB"
    met = None if budget is None else found / MB <= budget
    return Row(what, f"{found / MB:.0f} MB", "", "", wanted, met)


def _latencies(record: object) -> list[float]:
    """The `latency_ms` of every finding that the model was asked about in this run."""
    found: list[float] = []
    if isinstance(record, dict):
        value = record.get("latency_ms")
        if isinstance(value, (int, float)) and record.get("questions"):
            found.append(float(value))
        found += [each for item in record.values() for each in _latencies(item)]
    elif isinstance(record, list):
        found += [each for item in record for each in _latencies(item)]
    return found


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _s(seconds: float) -> str:
    return f"{seconds:.2f} s"


def render(rows: list[Row], options: argparse.Namespace, load: tuple[float, float]) -> str:
    lines = [
        "# Results",
        "",
        "Written by `make bench`; do not edit. Medians of interleaved runs on one machine, in one",
        "sitting; the ratio to the peer is what counts.",
        "",
        "| what | codi-hook | beside | ratio | budget | met |",
        "|---|---:|---:|---:|---|---|",
    ]
    for row in rows:
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        lines.append(
            f"| {row.what} | {row.ours} | {row.peer} | {row.ratio} | {row.budget} | {met} |"
        )
    lines += ["", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in _facts(options, load)]
    return "\n".join(lines) + "\n"


def _facts(options: argparse.Namespace, load: tuple[float, float]) -> Iterator[tuple[str, str]]:
    yield "measured", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    yield "machine", f"{_cpu()}, {len(os.sched_getaffinity(0))} cores"
    yield "load average before and after", f"{load[0]:.1f}, {load[1]:.1f}"
    yield "Python", platform.python_version()
    yield "rounds", f"{options.rounds} over many files, {options.cold} of the cold start"
    for name in ("hadolint", "tally"):
        done = subprocess.run([str(BIN / name), "--version"], capture_output=True, text=True)
        yield name, done.stdout.strip().splitlines()[0]
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True
    )
    yield "commit", commit.stdout.strip() or "not in a repository"


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=1000, help="real files in one call")
    parser.add_argument("--rounds", type=int, default=3, help="rounds over those files")
    parser.add_argument("--cold", type=int, default=31, help="rounds of the cold start")
    parser.add_argument("--no-model", action="store_true", help="leave out what needs the model")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    options = parser.parse_args()
    # As an installation from a wheel does it; an editable one leaves it to the first run.
    compileall.compile_dir(ROOT / "codi_hook", quiet=1)
    before = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="codi-bench-"))
    try:
        rows = []
        for row in Bench(folder, options).rows():
            met = {True: "met", False: "MISSED", None: ""}[row.met]
            print(
                f"{row.what}: {row.ours}  {row.peer}  {row.ratio}  {row.budget} {met}", flush=True
            )
            rows.append(row)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    options.out.write_text(render(rows, options, (before, os.getloadavg()[0])), encoding="utf-8")
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
