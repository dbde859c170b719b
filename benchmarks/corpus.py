"""A sample of real Dockerfiles as files in a folder.

The corpus is JSON Lines, gzip, one Dockerfile a row in the field `text`. CODI_CORPUS names its
folder; by default it is looked for beside the repository.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

ROOT = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """The corpus; raises SystemExit with a hint where there is none."""
    found = Path(os.environ.get("CODI_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not (found / "hub.jsonl.gz").exists():
        raise SystemExit(f"bench: no corpus in {found}: set CODI_CORPUS to its folder")
    return found


def texts(name: str = "hub.jsonl.gz") -> Iterator[str]:
    with gzip.open(folder() / name, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def sample(count: int, target: Path) -> list[Path]:
    """Write `count` files, the same ones at every call: those whose texts have the lowest CRC.

    Only files that BuildKit's own parser accepts: one of the peers stops at the first other.
    """
    import dockerfile

    target.mkdir(parents=True, exist_ok=True)
    chosen = sorted({crc32(text.encode()): text for text in texts()}.items())
    paths: list[Path] = []
    for _, text in chosen:
        if len(paths) == count:
            break
        try:
            dockerfile.parse_string(text)
        except (dockerfile.GoParseError, ValueError):
            continue
        path = target / f"{len(paths):05}" / "Dockerfile"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
        paths.append(path)
    return paths
