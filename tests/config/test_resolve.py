"""Settings: three layers, one schema, and errors that say where."""

from __future__ import annotations

from pathlib import Path

import pytest

from codi_hook.config import Settings
from codi_hook.config.resolve import resolve
from codi_hook.config.schema import KEYS, Key
from codi_hook.errors import CodiError
from codi_hook.model import Severity


def failing(folder: Path, name: str, text: str) -> CodiError:
    (folder / name).write_text(text)
    with pytest.raises(CodiError) as caught:
        resolve({}, {})
    return caught.value


def test_defaults_of_the_schema_are_fields_of_the_settings() -> None:
    fields = set(Settings.__dataclass_fields__)
    named = {key.field for key in KEYS if key.name not in ("select", "extend-select", "ignore")}
    assert named <= fields
    assert resolve({}, {}) == Settings()


def test_the_command_line_wins_over_the_environment_and_it_over_a_file(folder: Path) -> None:
    (folder / ".codi-hook.yaml").write_text("threads: 1\nllm-timeout: 1.5\nmodel: a\nllm: true\n")
    environment = {"LLAMA_CPP_THREADS": "2", "LLM_TIMEOUT_SECONDS": "2.5", "CODE_MODEL": ""}
    settings = resolve({"threads": 3}, environment)
    assert (settings.threads, settings.llm_timeout, settings.model) == (3, 2.5, "a")
    assert settings.llm is True
    assert resolve({}, {"LLM_ENABLED": "no"}).llm is False


@pytest.mark.parametrize("key", [key for key in KEYS if key.env], ids=lambda key: key.env)
def test_every_variable_has_an_option_and_a_key(key: Key, folder: Path) -> None:
    assert key in KEYS
    given = {"bool": "true", "int": "3", "float": "3", "list": "a,b"}.get(key.kind, "x")
    from_environment = resolve({}, {key.env: given})
    (folder / ".codi-hook.yaml").write_text(f"{key.name}: {given}\n")
    from_file = resolve({}, {})
    value = getattr(from_file, key.field)
    assert value == getattr(from_environment, key.field) != getattr(Settings(), key.field)
    assert key.flag.startswith("--")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("LLM_ENABLED", "perhaps", "true or false"),
        ("LLAMA_CPP_THREADS", "two", "a whole number"),
        ("LLAMA_CPP_THREADS", "-1", "from 0 on"),
        ("LLM_TIMEOUT_SECONDS", "nan", "from 0 on"),
    ],
)
def test_a_wrong_variable_is_named(variable: str, value: str, expected: str) -> None:
    with pytest.raises(CodiError, match=f"{variable}: expected .*{expected}"):
        resolve({}, {variable: value})


def test_yaml_and_toml_are_one_schema(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.codi-hook]\nfail-on = "warning"\nignore = ["DL3008"]\nadapter = "sub/one"\n'
        '[tool.codi-hook.severity]\nDL3003 = "off"\nDL3004 = "info"\n'
    )
    from_toml = resolve({}, {})
    assert from_toml.fail_on is Severity.WARNING
    assert from_toml.selections[0].ignore == ("DL3008",)
    assert dict(from_toml.severity) == {"DL3003": None, "DL3004": Severity.INFO}
    (folder / ".codi-hook.yaml").write_text(
        "fail-on: warning\nignore: [DL3008]\nadapter: sub/one\n"
        "severity:\n  DL3003: off\n  DL3004: info\n"
    )
    from_yaml = resolve({}, {})
    assert from_yaml.config_file == ".codi-hook.yaml"
    assert (from_yaml.fail_on, from_yaml.selections) == (from_toml.fail_on, from_toml.selections)
    assert (from_yaml.severity, from_yaml.adapter) == (from_toml.severity, from_toml.adapter)


def test_the_nearest_configuration_up_to_the_top_of_the_repository(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".codi-hook.yaml").write_text("jobs: 1\n")
    inner = folder / "repo" / "deep"
    inner.mkdir(parents=True)
    (folder / "repo" / ".git").mkdir()
    monkeypatch.chdir(inner)
    assert resolve({}, {}).config_file == ""
    (folder / "repo" / ".codi-hook.yml").write_text("jobs: 2\nadapter: ad\n")
    assert resolve({}, {}).jobs == 2
    assert Path(resolve({}, {}).adapter).resolve() == folder / "repo" / "ad"
    (inner / "pyproject.toml").write_text("[tool.codi-hook]\njobs = 3\n")
    assert resolve({}, {}).jobs == 3
    (inner / "pyproject.toml").write_text("[tool.other]\nx = 'codi-hook'\n")
    assert resolve({}, {}).jobs == 2
    assert resolve({}, {}, config="none").jobs == 0


@pytest.mark.parametrize(
    ("name", "text", "place", "words"),
    [
        (".codi-hook.yaml", "fail-on: info\nfail_onn: info\n", "2:1", ["fail_onn", "fail-on?"]),
        (".codi-hook.yaml", "fail-on: grave\n", "1:10", ["'grave'", "warning"]),
        (".codi-hook.yaml", "jobs: many\n", "1:7", ["expected a number"]),
        (".codi-hook.yaml", "ignore:\n  - 3\n", "2:3", ["list of strings"]),
        (".codi-hook.yaml", "jobs: 1\njobs: 2\n", "2:1", ["twice", "line 1"]),
        (".codi-hook.yaml", "a: [1,\nb: 2\n", "3:1", ["not YAML"]),
        (".codi-hook.yaml", "- jobs\n", "1:1", ["keys and values"]),
        (".codi-hook.yaml", "severity:\n  DL3008: loud\n", "2:11", ["DL3008", "'loud'"]),
        (".codi-hook.yaml", "severity: loud\n", "1:11", ["for each code"]),
        (".codi-hook.yaml", "diff: true\n", "1:1", ["one call only", "--diff"]),
        (".codi-hook.yaml", "model: 2024-13-45\n", "1:1", ["cannot be read"]),
        (".codi-hook.yaml", "model: !!python/object:os.system x\n", "1:8", ["not YAML"]),
        ("pyproject.toml", "[tool.codi-hook]\n\nselct = []\n", "3:1", ["selct", "select?"]),
        ("pyproject.toml", "[tool.codi-hook]\njobs = \n", "2:8", ["not TOML"]),
        ("pyproject.toml", "[tool.codi-hook.severty]\nDL3008 = 'off'\n", "1:1", ["severity?"]),
        ("pyproject.toml", "[tool]\ncodi-hook = 3\n", "1:1", ["not a table"]),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(
    folder: Path, name: str, text: str, place: str, words: list[str]
) -> None:
    line = str(failing(folder, name, text))
    assert line.startswith(f"{name}:{place}: "), line
    assert "\n" not in line
    for word in words:
        assert word in line


def test_an_endless_configuration_ends(folder: Path) -> None:
    levels = "\n".join(
        f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 20) if n else 'x'}]" for n in range(9)
    )
    assert "too many values" in failing(folder, ".codi-hook.yaml", levels).message
    assert "nested too deeply" in failing(folder, ".codi-hook.yaml", "a: " + "[\n" * 5000).message


def test_binary_and_huge_files_are_no_configuration(folder: Path) -> None:
    (folder / ".codi-hook.yaml").write_bytes(b"jobs: 1\n\xff\n")
    with pytest.raises(CodiError, match=r"\.codi-hook\.yaml:2:1: not UTF-8"):
        resolve({}, {})
    (folder / ".codi-hook.yaml").write_bytes(b"#" * (1 << 21))
    with pytest.raises(CodiError, match="larger than 64 KiB"):
        resolve({}, {})


def test_a_named_configuration_must_exist(folder: Path) -> None:
    with pytest.raises(CodiError, match=r"gone\.yaml: no such configuration file"):
        resolve({}, {}, config="gone.yaml")
    (folder / "other.toml").write_text("jobs = 7\n")
    assert resolve({}, {}, config="other.toml").jobs == 7


def test_the_model_cannot_rank_where_it_is_switched_off() -> None:
    with pytest.raises(CodiError, match="exclude each other"):
        resolve({"ranker": "llm", "llm": False}, {})
