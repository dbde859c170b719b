"""The hooks, run by pre-commit itself in a real repository."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

from codi_hook.discovery import is_dockerfile
from tests.conftest import ROOT, git, once

PRE_COMMIT = str(Path(sysconfig.get_path("scripts")) / "pre-commit")
BAD = "FROM debian:bookworm-slim\nRUN sudo id\nUSER 65532\n"
FIXABLE = "FROM debian:bookworm-slim\nMAINTAINER ada@example.org\nUSER 65532\n"
CLEAN = "FROM debian:bookworm-slim\nUSER 65532\n"
NAMES = [
    "Dockerfile",
    "dockerfile",
    "Dockerfile.prod",
    "app.Dockerfile",
    "app.dockerfile",
    "Containerfile",
    "Containerfile.dev",
]


def run(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    who = {
        f"GIT_{role}_{key}": "test@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for key in ("NAME", "EMAIL")
    }
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **who, **environment},
        capture_output=True,
        text=True,
        timeout=280,
    )


def repository(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    return folder


@pytest.fixture(scope="module")
def installed(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder for PRE_COMMIT_HOME and a configuration with both hooks."""
    revision = git(snapshot, "rev-parse", "HEAD").strip()
    hooks = [{"id": "codi-hook-fix"}, {"id": "codi-hook"}]
    config = {"repos": [{"repo": str(snapshot), "rev": revision, "hooks": hooks}]}
    home = once(tmp_path_factory, "pre-commit-home", lambda _: None)
    return home, yaml.safe_dump(config)


def commit(installed: tuple[Path, str], folder: Path, files: dict[str, str], **more: str):  # type: ignore[no-untyped-def]
    """A real `git commit` in a repository with the hooks installed."""
    home, config = installed
    repository(folder, {".pre-commit-config.yaml": config, **files})
    environment = {"PRE_COMMIT_HOME": str(home), **more}
    assert run(folder, PRE_COMMIT, "install", **environment).returncode == 0
    return run(folder, "git", "commit", "-m", "work", **environment)


def test_try_repo(snapshot: Path, tmp_path: Path) -> None:
    """Both hooks of the repository as it is, by try-repo, over every spelling of the name."""
    files = {f"{number}/{name}": BAD for number, name in enumerate(NAMES)}
    folder = repository(tmp_path / "work", {**files, "Dockerfile.dockerignore": "*\n"})
    done = run(folder, PRE_COMMIT, "try-repo", str(snapshot), "--all-files", "--verbose")
    assert done.returncode == 1, done.stdout + done.stderr
    for path in files:
        assert path in done.stdout, f"{path} was not checked:\n{done.stdout}"
    assert "DL3004" in done.stdout
    assert "dockerignore" not in done.stdout


def test_findings_fail_the_commit(installed: tuple[Path, str], tmp_path: Path) -> None:
    done = commit(installed, tmp_path / "work", {"Dockerfile": BAD}, SKIP="codi-hook-fix")
    assert done.returncode == 1
    assert "DL3004" in done.stdout + done.stderr
    assert (tmp_path / "work" / "Dockerfile").read_text() == BAD


def test_fixes_modify_the_file_and_fail(installed: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "work"
    done = commit(installed, folder, {"Dockerfile": FIXABLE}, SKIP="codi-hook")
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout + done.stderr
    fixed = (folder / "Dockerfile").read_text()
    assert fixed != FIXABLE
    assert re.search(r"^LABEL \S+=\"ada@example.org\"$", fixed, re.MULTILINE)
    git(folder, "add", "-A")
    home = {"PRE_COMMIT_HOME": str(installed[0]), "SKIP": "codi-hook"}
    again = run(folder, "git", "commit", "-m", "work", **home)
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_clean_file_passes(installed: tuple[Path, str], tmp_path: Path) -> None:
    done = commit(installed, tmp_path / "work", {"Dockerfile": CLEAN, "README.md": "text\n"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(tmp_path / "work", "log", "--oneline").strip()


def test_without_dockerfiles_nothing_runs(installed: tuple[Path, str], tmp_path: Path) -> None:
    done = commit(installed, tmp_path / "work", {"docker.py": "x = 1\n"})
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("Skipped") == 2


@pytest.mark.parametrize(
    "hook",
    yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()),
    ids=lambda hook: str(hook["id"]),
)
def test_names_are_those_that_check_finds(hook: dict[str, str]) -> None:
    others = [
        "Dockerfile.dockerignore",
        "Dockerfile.j2",
        "dockerfile.go",
        "mydockerfile",
        "Dockerfiles",
        "docker-compose.yml",
        "Dockerfile.md",
        "Dockerfile.orig",
        "README",
    ]
    for name in [*NAMES, *others]:
        path = f"some/folder/{name}"
        passed = bool(re.search(hook["files"], path)) and not re.search(hook["exclude"], path)
        assert passed == (name in NAMES), name
        assert is_dockerfile(path) or not passed, f"{name} is found by the hook alone"
