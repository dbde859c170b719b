"""The fixture that keeps the machine's models, settings and colours out of a test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codi_hook.config.hadolint import ENVIRONMENT
from codi_hook.config.schema import KEYS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: empty, and in no repository."""
    ours = {key.env for key in KEYS if key.env}
    for name in [*ours, *ENVIRONMENT, "NO_COLOR", "FORCE_COLOR", "CODI_DEBUG"]:
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "HADOLINT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work
