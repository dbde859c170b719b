"""Scripts of real files. CODI_CORPUS names the folder; without it the repository's neighbour."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pytest

from codi_hook.shell.ast import Script
from tests.shell.test_spans import check_script
from tests.shell.views import document

FILES = 250  # of each collection
ALLOWED = 0.002  # share of readable scripts in which tree-sitter finds an error


def _folder(root: Path) -> Path:
    return Path(os.environ.get("CODI_CORPUS", root.parent / "shared" / "corpus"))


@pytest.mark.parametrize("name", ["hub", "github", "modern"])
def test_real_scripts(root: Path, name: str) -> None:
    path = _folder(root) / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no corpus at {path}")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    # Templates that become Dockerfiles later are no shell.
    texts = [row["text"] for row in rows if "{{" not in row["text"]]
    scripts: list[Script] = []
    for text in random.Random(7).sample(texts, FILES):
        scripts += document(text.encode("utf-8", "surrogateescape")).scripts()
    for script in scripts:
        check_script(script)
    readable = [item for item in scripts if item.dialect not in ("powershell", "cmd", "opaque")]
    broken = [item for item in readable if item.error is not None]
    shown = [item.instruction.source.text(item.error) for item in broken if item.error]
    assert len(readable) > FILES
    assert len(broken) <= ALLOWED * len(readable), shown
    named = [item for script in readable for item in script.commands if item.name]
    assert len(named) > 0.97 * sum(len(script.commands) for script in readable)
