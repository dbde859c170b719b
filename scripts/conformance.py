"""Compare the parser with BuildKit's own over the corpus, and write docs/conformance.md.

    python scripts/conformance.py [--files N|all] [--tally N] [--mutants N] [--write]

Every difference falls into a class; the table counts them and shows one example of each.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from codi_hook.dockerfile import parse  # noqa: E402
from codi_hook.source import Source, encode  # noqa: E402
from scripts.compare import Difference, compare_tree, compare_verdict  # noqa: E402
from scripts.mutate import mutants  # noqa: E402
from tests.judges import BuildKit, GoParser  # noqa: E402

CORPUS = Path(os.environ.get("CODI_CORPUS", ROOT.parent / "shared" / "corpus"))
PARTS = {"hub": ("text",), "github": ("text",), "modern": ("text",), "history": ("before", "after")}
SEED = 20_260_731


def corpus(parts: Iterable[str] = tuple(PARTS)) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every Dockerfile of the corpus, in a fixed order."""
    for part in parts:
        with gzip.open(CORPUS / f"{part}.jsonl.gz", "rt", encoding="utf-8") as rows:
            for number, row in enumerate(map(json.loads, rows)):
                for column in PARTS[part]:
                    if row[column] is not None:
                        yield f"{part}:{number}:{column}", encode(row[column])


def sample(count: int | None, seed: int = SEED) -> list[tuple[str, bytes]]:
    """`count` files drawn by seed from all parts alike; None for all of them."""
    if count is None:
        return list(corpus())
    drawn = []
    for part, columns in PARTS.items():
        with gzip.open(CORPUS / f"{part}.jsonl.gz") as rows:
            lines = rows.read().splitlines()
        places = [(number, column) for number in range(len(lines)) for column in columns]
        wanted = min(len(places), count // len(PARTS))
        for number, column in random.Random(f"{seed}{part}").sample(places, wanted):
            text = json.loads(lines[number])[column]
            if text is not None:
                drawn.append((f"{part}:{number}:{column}", encode(text)))
    return drawn


def _trees(files: list[tuple[str, bytes]]) -> list[Difference]:
    with GoParser() as judge:
        return [
            found for name, data in files if (found := compare_tree(name, data, judge)) is not None
        ]


def _verdicts(files: list[tuple[str, bytes]]) -> tuple[int, list[Difference]]:
    refused = 0
    found = []
    with BuildKit() as judge:
        for name, data in files:
            difference = compare_verdict(name, data, judge)
            refused += bool(parse(Source(data)).problems)
            if difference is not None:
                found.append(difference)
    return refused, found


def run_trees(files: list[tuple[str, bytes]], processes: int = 2) -> list[Difference]:
    """Compare the trees of all files, in `processes` worker processes."""
    chunks = [files[start : start + 500] for start in range(0, len(files), 500)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return [found for part in pool.imap(_trees, chunks) for found in part]


def run_verdicts(
    files: list[tuple[str, bytes]], processes: int = 2
) -> tuple[int, list[Difference]]:
    """Compare the verdicts; also gives how many files we refuse."""
    chunks = [files[start::processes] for start in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        parts = pool.map(_verdicts, chunks)
    return sum(part[0] for part in parts), [found for part in parts for found in part[1]]


def mutated(count: int, seed: int = SEED) -> list[tuple[str, bytes]]:
    """`count` mutants of corpus files, the same for the same seed."""
    files = sample(count, seed)
    return [
        (f"{name}~{number}", data)
        for number, (name, data) in enumerate(mutants([*files, *files], seed))
    ][:count]


def summary(differences: Iterable[Difference]) -> list[tuple[str, int, Difference]]:
    """(class, how many, the shortest example), most frequent first."""
    found = list(differences)
    counts = Counter(item.kind for item in found)
    return [
        (
            kind,
            count,
            min((item for item in found if item.kind == kind), key=lambda d: len(d.detail)),
        )
        for kind, count in counts.most_common()
    ]


class Part(NamedTuple):
    """One comparison: what was compared, how many files, how many of them we refuse."""

    title: str
    files: int
    refused: int | None
    found: list[Difference]
    seconds: float

    @property
    def text(self) -> str:
        refused = "" if self.refused is None else f", {self.refused} refused by us"
        head = f"{self.title}: {self.files} files{refused}, {len(self.found)} differ"
        lines = [f"{head} ({self.seconds:.0f} s)"]
        for kind, count, example in summary(self.found):
            lines.append(f"  {kind} × {count}: {example.path}: {example.detail}")
        return "\n".join(lines)


REASONS = {
    "judge-older": (
        "The Go parser on PyPI holds BuildKit 0.12.5. Since 0.15 an array with something behind it "
        '(`CMD ["a"] # b`) is no JSON but a shell command; since 0.22 blanks may stand before the '
        "name of a here-document; `${x#y}`, `${x%y}` and `${x/y/z}` no longer hide the "
        "here-documents of their line. It does not know `# check=` either, and reads no directive "
        "behind it. We follow the newer ones; tally (0.32) agrees."
    ),
    "judge-before-from": (
        "tally passes over what stands before the first FROM and reports it by a rule of its own. "
        "BuildKit refuses it (`instructions.Parse`: no build stage in current context)."
    ),
    "judge-onbuild": (
        "tally passes over ONBUILD FROM, MAINTAINER and ONBUILD and reports them by a rule of its "
        "own. BuildKit refuses them (`parseOnBuild`)."
    ),
    "judge-mount": (
        "BuildKit reads most of `--mount` only when it builds. An option that holds no variable "
        "and is certain to fail then is refused by us at once."
    ),
    "judge-encoding": (
        "Neither judge can be handed bytes that are not UTF-8; they see U+FFFD instead, which "
        "is no white space where the byte alone was."
    ),
}

HEAD = """# Conformance with BuildKit

Generated by `python scripts/conformance.py --files all --write`; do not edit.

The judges are BuildKit's own parser (`dockerfile` on PyPI) for the tree (instructions, keywords,
flags, values, JSON or shell form, here-documents with name, descriptor and content, first and
last line, errors) and BuildKit's instruction stage inside tally for the verdict (taken or
refused). Before a tree is compared, its spans must tile the file: instructions and comments in
order, without overlap, nothing but white space between them, and keyword, flags, arguments and
here-documents in order within their instruction. Mutants are corpus files with one to three
repeatable injuries: words dropped, doubled, swapped or replaced, flags added, quotes, brackets,
here-documents and continuations broken, lines inserted or moved, stray bytes, CRLF, BOM.
"""


def _mutants(parts: list[Part]) -> set[str]:
    return {item.path for part in parts for item in part.found if "~" in item.path}


def markdown(parts: list[Part]) -> str:
    """docs/conformance.md."""
    lines = [HEAD, "| compared | files | refused by us | differ | unexplained |"]
    lines.append("|---|---:|---:|---:|---:|")
    for part in parts:
        unexplained = sum(not item.kind.startswith("judge-") for item in part.found)
        refused = "" if part.refused is None else f"{part.refused:,}"
        lines.append(
            f"| {part.title} | {part.files:,} | {refused} | {len(part.found):,} | {unexplained} |"
        )
    lines += ["", "## What differs, and why", ""]
    for kind, reason in REASONS.items():
        counts = [
            f"{n:,} in {part.title}"
            for part in parts
            for k, n, _ in summary(part.found)
            if k == kind
        ]
        lines += [f"**{kind}** ({'; '.join(counts) or 'none in this run'}). {reason}", ""]
    lines += ["## The corpus files among them", ""]
    for kind in REASONS:
        paths = sorted(
            {i.path for part in parts for i in part.found if i.kind == kind} - _mutants(parts)
        )
        if paths:
            lines += [f"{kind} ({len(paths)}; part, row and column): {', '.join(paths)}", ""]
    others = [item for part in parts for item in part.found if item.kind not in REASONS]
    lines += ["## Unexplained", ""]
    lines += [f"- {item.kind}, {item.path}: `{item.detail}`" for item in others] or ["None."]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", default="3000", help="how many corpus files, or all")
    parser.add_argument("--tally", type=int, default=1000, help="corpus files judged by tally")
    parser.add_argument("--mutants", type=int, default=300, help="mutated files judged by both")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--dump", type=Path, help="write the differences there, JSON Lines")
    parser.add_argument("--write", action="store_true", help="write docs/conformance.md")
    options = parser.parse_args(arguments)
    count = None if options.files == "all" else int(options.files)
    parts = []
    for title, files, judge in _work(count, options.tally, options.mutants, options.seed):
        if files:
            begun = time.monotonic()
            refused, found = judge(files, options.processes)
            parts.append(Part(title, len(files), refused, found, time.monotonic() - begun))
            print(parts[-1].text, flush=True)
    every = [item for part in parts for item in part.found]
    if options.dump:
        options.dump.write_text("".join(json.dumps(item._asdict()) + "\n" for item in every))
    if options.write:
        (ROOT / "docs" / "conformance.md").write_text(markdown(parts), encoding="utf-8")
    return bool([item for item in every if not item.kind.startswith("judge-")])


Judge = Callable[[list[tuple[str, bytes]], int], tuple[int | None, list[Difference]]]


def _work(
    count: int | None, judged: int, broken: int, seed: int
) -> Iterator[tuple[str, list[tuple[str, bytes]], Judge]]:
    def trees(files: list[tuple[str, bytes]], processes: int) -> tuple[None, list[Difference]]:
        return None, run_trees(files, processes)

    mutants_ = mutated(broken, seed)
    yield "trees of the corpus", sample(count, seed), trees
    yield "trees of mutants", mutants_, trees
    yield "verdicts on the corpus", sample(judged, seed), run_verdicts
    yield "verdicts on mutants", mutants_, run_verdicts


if __name__ == "__main__":
    sys.exit(main())
