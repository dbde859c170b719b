"""docs/configuration.md and the schema say the same."""

from __future__ import annotations

import re
from pathlib import Path

from codi_hook.config import Settings
from codi_hook.config.schema import KEYS
from codi_hook.discovery import is_dockerfile
from codi_hook.overtime import SECONDS
from codi_hook.reading import LIMIT


def rows(text: str) -> dict[str, list[str]]:
    table = text.split("## Every setting")[1].split("\n## ")[0]
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "key":
            found[(cells[0] or cells[1].split(",")[0]).strip("`").lstrip("-")] = cells
    return found


def test_every_key_is_in_the_table_and_no_other(root: Path) -> None:
    text = (root / "docs" / "configuration.md").read_text()
    table = rows(text)
    assert list(table) == [key.name for key in KEYS]
    for key in KEYS:
        name, options, environment, values, default, meaning = table[key.name]
        assert name == (f"`{key.name}`" if key.file else "")
        assert re.findall(r"`([^`]+)`", options) == [flag for flag in (key.flag, key.off) if flag]
        if key.env:
            assert environment == f"`{key.env}`"
        if key.choices and key.name not in ("select",):
            assert re.findall(r"`([^`]+)`", values) == list(key.choices)
        if key.kind == "bool" and key.file and key.name not in ("llm", "shellcheck"):
            assert default == f"`{str(getattr(Settings(), key.field)).lower()}`"
        assert meaning.endswith(".")


def test_what_else_it_says(root: Path) -> None:
    text = (root / "docs" / "configuration.md").read_text()
    assert f"at most {LIMIT >> 20} MiB" in text
    assert f"most {SECONDS:.0f} s of processor time" in text
    for suffix in re.findall(r"`(\.[a-z0-9]+|~)`", text.split("## Which files")[1].split("##")[0]):
        assert not is_dockerfile(f"Dockerfile{suffix}"), suffix


def test_its_examples_are_valid_and_equal(root: Path, folder: Path) -> None:
    from codi_hook.config.resolve import resolve

    text = (root / "docs" / "configuration.md").read_text()
    yaml, toml = (
        re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL)[1] for kind in ("yaml", "toml")
    )
    (folder / "pyproject.toml").write_text(toml)
    from_toml = resolve({}, {})
    (folder / ".codi-hook.yaml").write_text(yaml)
    from_yaml = resolve({}, {})
    assert from_yaml.severity == from_toml.severity != ()
    assert from_yaml.selections == from_toml.selections != ()
    assert from_yaml.exclude == from_toml.exclude == ("third_party",)
