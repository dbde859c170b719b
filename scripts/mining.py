#!/usr/bin/env python3
"""Which changes do maintainers make again and again? See docs/mining.md.

usage: mining.py HISTORY [--top N] [--prefix TEXT]

HISTORY: JSON Lines (gzip) with `repo`, `before` and `after`, one commit's change to one file.
Prints each feature with the commits and repositories that added and that removed it, those first
that most repositories added.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from codi_hook.dockerfile import Instruction  # noqa: E402
from codi_hook.shell import Document, parse  # noqa: E402
from codi_hook.shell.ast import Command  # noqa: E402
from codi_hook.shell.flags import flags  # noqa: E402
from codi_hook.shell.managers import call  # noqa: E402
from codi_hook.source import Source  # noqa: E402

_VARIANTS = ("alpine", "slim", "bookworm", "bullseye", "buster", "trixie", "latest")


def features(document: Document) -> Iterator[str]:
    """What the file has, each as one text: keywords, flags, names, commands, options, packages."""
    for item in document.instructions:
        yield from _of_instruction(item.trigger or item)
    for stage in document.stages:
        image = stage.image
        yield f"FROM {image.short_name}"
        yield from (f"FROM tag ~{name}" for name in _VARIANTS if name in image.tag)
        if image.digest:
            yield "FROM digest"
        elif not image.tag and stage.parent is None:
            yield "FROM no tag"
        if stage.name:
            yield "FROM AS"
    yield f"stages {min(len(document.stages), 4)}"
    for script in document.scripts():
        for command in script.commands:
            if command.name:
                yield from _of_command(command)


def _of_instruction(item: Instruction) -> Iterator[str]:
    yield item.keyword
    for flag in item.flags:
        kind = "=" + (flag.value or "").split(",")[0] if flag.name == "mount" else ""
        yield f"{item.keyword} --{flag.name}{kind}"
    for pair in item.pairs:
        yield f"{item.keyword} {pair.key.value}"
        if item.keyword == "ENV" and pair.value is not None and len(pair.value.value) < 12:
            yield f"ENV {pair.key.value}={pair.value.value}"
        if pair.separator == " ":
            yield f"{item.keyword} old form"
    if item.keyword in ("CMD", "ENTRYPOINT"):
        yield f"{item.keyword} {item.form} form"
    if item.keyword == "USER" and item.arguments:
        user = item.arguments[0].value.split(":")[0]
        root, number = user in ("root", "0"), user[:1].isdigit()
        yield "USER " + ("root" if root else "numeric" if number else "name")


def _of_command(command: Command) -> Iterator[str]:
    found = call(command)
    if found is None:
        yield f"run {command.name}"
        yield from (f"opt {command.name} {flag.name}" for flag in flags(command))
        plain = [word.text for word in command.args if not word.text.startswith("-")]
        if command.name in ("git", "gpg") and plain:  # a subcommand, a keyserver
            yield f"run {command.name} {plain[0]}"
    else:
        yield f"run {found.name} {found.verb.split(' ')[0]}"
        yield from (f"opt {found.name} {found.action} {flag.name}" for flag in found.flags)
        for word in found.packages:
            yield f"pkg {found.manager.family} {(word.value or word.text).split('=')[0]}"
    if command.name == "rm":
        yield from (f"rm {word.text}" for word in command.args if "/" in word.text)


def document_of(text: str) -> Document | None:
    document = parse(Source(text.encode("utf-8", "surrogateescape")))
    return None if document.problems else document


def main() -> int:
    parser = argparse.ArgumentParser(description="features that commits added and removed")
    parser.add_argument("history", type=Path)
    parser.add_argument("--top", type=int, default=200)
    parser.add_argument("--prefix", default="")
    options = parser.parse_args()
    added: defaultdict[str, Counter[str]] = defaultdict(Counter)
    removed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with gzip.open(options.history, "rt", encoding="utf-8", errors="surrogateescape") as stream:
        for line in stream:
            row = json.loads(line)
            before, after = document_of(row["before"]), document_of(row["after"])
            if before is None or after is None:
                continue
            had, has = set(features(before)), set(features(after))
            for name in has - had:
                added[name][row["repo"]] += 1
            for name in had - has:
                removed[name][row["repo"]] += 1
    names = [name for name in added if name.startswith(options.prefix)]
    names.sort(key=lambda name: (-len(added[name]), -sum(added[name].values()), name))
    for name in names[: options.top]:
        plus, minus = added[name], removed[name]
        print(f"{name}\t+{plus.total()} / {len(plus)}\t-{minus.total()} / {len(minus)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
