"""What the peers report on many files: their processes, run in batches, their answers kept.

An answer is kept by the peer's version and the file's bytes, so that a second run of the
comparison costs only our own part. Remove `.cache/peers` to ask again.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tests.judges import executable

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "peers"
BATCH = 100  # files to one process
JOBS = 2
DOES_NOT_PARSE = "DL1000"
_ONLY_BUILDKIT = ("--ignore", "*", "--select", "buildkit/*")


class Report(NamedTuple):
    """One thing that a peer says: 1-based line, code or check, severity in its own words."""

    line: int
    code: str
    level: str


Answer = list[Report] | None  # None: the peer cannot read the file
Ask = Callable[[Sequence[Path]], dict[Path, Answer]]


def hadolint(paths: Sequence[Path], configuration: str = "") -> dict[Path, Answer]:
    """hadolint's findings, its pragmas disregarded. Answers are kept where they were given
    without a configuration, which is named by its path."""
    if configuration:
        return _hadolint(paths, configuration)
    return _kept("hadolint", paths, _hadolint)


def buildkit(paths: Sequence[Path]) -> dict[Path, Answer]:
    """BuildKit's own checks, as tally runs them."""
    return _kept("tally", paths, _tally)


def _hadolint(paths: Sequence[Path], configuration: str = "") -> dict[Path, Answer]:
    if not configuration:
        configuration = str(KEPT / "no-configuration.yaml")
        Path(configuration).write_text("failure-threshold: none\n", encoding="utf-8")
    options = ["--config", configuration, "--no-fail", "--disable-ignore-pragma"]
    command = [executable("hadolint"), *options, "--format", "json", *map(str, paths)]
    rows = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found: dict[Path, Answer] = {path: [] for path in paths}
    for row in rows:
        path = Path(row["file"])
        answer = found[path]
        if row["code"] == DOES_NOT_PARSE:
            found[path] = None
        elif answer is not None:
            answer.append(Report(row["line"], row["code"], row["level"]))
    return found


def _tally(paths: Sequence[Path]) -> dict[Path, Answer]:
    """A file that tally refuses aborts its whole batch, which is then asked again in parts."""
    options = ["--no-config", "--no-inline-directives", "--slow-checks", "off"]
    output = ["--format", "json", "--fail-level", "none"]
    command = [executable("tally"), "lint", *options, *output, *_ONLY_BUILDKIT, *map(str, paths)]
    answer = subprocess.run(command, capture_output=True)
    try:
        files = json.loads(answer.stdout)["files"]
    except ValueError:
        if len(paths) == 1:
            return {paths[0]: None}
        half = len(paths) // 2
        return {**_tally(paths[:half]), **_tally(paths[half:])}
    found: dict[Path, Answer] = {path: [] for path in paths}
    for file in files:
        found[Path(file["file"])] = [
            Report(
                row["location"]["start"]["line"],
                row["rule"].removeprefix("buildkit/"),
                row["severity"],
            )
            for row in file["violations"]
        ]
    return found


def fix_by_tally(paths: Sequence[Path], options: Sequence[str]) -> None:
    """Let tally fix the files in place; where a batch fails it is tried again in parts."""
    fixed = ["--no-config", "--slow-checks", "off", "--fail-level", "none", "--format", "json"]
    batches = [paths[at : at + BATCH] for at in range(0, len(paths), BATCH)]

    def fix(batch: Sequence[Path]) -> None:
        command = [executable("tally"), "lint", *fixed, *options, *map(str, batch)]
        if subprocess.run(command, capture_output=True).returncode and len(batch) > 1:
            half = len(batch) // 2
            fix(batch[:half])
            fix(batch[half:])

    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(fix, batches))


def version(name: str) -> str:
    """What the peer says its version is, as one line."""
    said = subprocess.run([executable(name), "--version"], capture_output=True, text=True)
    return said.stdout.strip().splitlines()[0]


def _kept(name: str, paths: Sequence[Path], ask: Ask) -> dict[Path, Answer]:
    KEPT.mkdir(parents=True, exist_ok=True)
    store = KEPT / f"{name}-{sha256(version(name).encode()).hexdigest()[:12]}.jsonl"
    known = dict(_load(store))
    digests = {path: sha256(path.read_bytes()).hexdigest() for path in paths}
    missing = [path for path in paths if digests[path] not in known]
    batches = [missing[at : at + BATCH] for at in range(0, len(missing), BATCH)]
    with store.open("a", encoding="utf-8") as lines, ThreadPoolExecutor(JOBS) as pool:
        for found in pool.map(ask, batches):
            for path, answer in found.items():
                known[digests[path]] = answer
                lines.write(json.dumps([digests[path], answer]) + "\n")
    return {path: known[digests[path]] for path in paths}


def _load(store: Path) -> Iterable[tuple[str, Answer]]:
    if not store.exists():
        return
    for line in store.read_text(encoding="utf-8").splitlines():
        try:
            digest, answer = json.loads(line)
        except ValueError:  # the last line of a run that was killed
            continue
        yield digest, None if answer is None else [Report(*row) for row in answer]
