"""A small corpus of Dockerfiles that are alike and not alike, and of changes to them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from trainer.steps import write

BASES = ("python:3.12", "debian:12", "node:22", "golang:1.23", "alpine:3.20", "ruby:3.3")
INSTALLS = {
    "python:3.12": "pip install --no-cache-dir flask=={n}",
    "debian:12": "apt-get update && apt-get install -y tool{n} && rm -rf /var/lib/apt/lists/*",
    "node:22": "npm ci && npm cache clean --force && echo {n}",
    "golang:1.23": "wget -q https://example.org/{n}.tgz",
    "alpine:3.20": "apk add --no-cache tool{n}",
    "ruby:3.3": "gem install --no-document tool{n}",
}


def text_of(number: int) -> str:
    """A Dockerfile whose names are its own, so that no two are near-copies."""
    base = BASES[number % len(BASES)]
    digest = sha256(str(number).encode()).hexdigest()
    words = [f"w{digest[at : at + 5]}" for at in range(0, 60, 5)]
    lines = [f"FROM {base}", f'LABEL maintainer="{words[0]}@example.org"', "WORKDIR /app"]
    lines += [f"ENV {word.upper()}={word[1:3]}" for word in words[:6]]
    lines += [f"RUN {INSTALLS[base].format(n=number)}"]
    lines += [f"RUN echo {' '.join(words)} > /etc/{words[1]}"]
    lines += [f"COPY {words[2]} /app/{words[3]}/"]
    lines += [f'CMD ["/app/{words[4]}", "--{words[5]}", "{words[6]}"]']
    return "\n".join(lines) + "\n"


def file_row(number: int, text: str, origin: str = "git", owner: str = "") -> dict[str, Any]:
    digest = sha256(text.encode()).hexdigest()
    owner = owner or f"owner{number % 23}"
    return {
        "id": digest,
        "origin": origin,
        "repo": f"{owner}/r{number}",
        "path": "Dockerfile",
        "text": text,
    }


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """raw/ and changes/ with 120 files, 20 near-copies, 6 bad files and 30 changes."""
    files = [file_row(n, text_of(n)) for n in range(120)]
    for number in range(20):  # a comment and a blank line more, by other owners
        copy = "# a copy\n\n" + text_of(number)
        files.append(file_row(1000 + number, copy, "hub", f"copier{number % 5}"))
    files += [
        file_row(2000, "FROM debian:12\nRUNN ls\n"),
        file_row(2001, "FROM debian:12\n"),
        file_row(2002, "FROM debian:12\nRUN echo {{ name }}\n"),
        file_row(2003, "FROM debian:12\nRUN \0\n"),
        file_row(2004, "FROM debian:12\n" + "RUN ls\n" * 300),
        file_row(2005, ""),
    ]
    changes = []
    for number in range(30):
        after = text_of(number)
        before = after.replace(" --no-cache-dir", "").replace(" --no-cache", "")
        if after == before:  # its manager has no such option
            before = after.replace("WORKDIR /app", "WORKDIR /app/")
        row = file_row(number, after)
        changes.append(
            {
                "id": f"change{number}",
                "origin": "git",
                "repo": row["repo"],
                "path": "Dockerfile",
                "commit": f"{number:040x}",
                "time": 1_700_000_000 + number,
                "subject": "Do not keep pip's cache",
                "before": before,
                "after": after,
            }
        )
    for shard in range(4):
        write(tmp_path / "raw" / f"{shard:05d}.jsonl", files[shard::4])
        write(tmp_path / "changes" / f"{shard:05d}.jsonl", changes[shard::4])
    return tmp_path
