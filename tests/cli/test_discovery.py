"""Which files are found, and which are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codi_hook.discovery import discover, is_dockerfile
from codi_hook.errors import CodiError
from tests.conftest import git


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("FROM scratch\n")


def found(*paths: str, **options: object) -> list[str]:
    files, problems = discover(list(paths) or ["."], **options)  # type: ignore[arg-type]
    assert problems == []
    return files


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile", "dockerfile", "DOCKERFILE", "Dockerfile.dev", "Dockerfile-8.dockerfile",
        "app.Dockerfile", "app.dockerfile", "Containerfile", "Containerfile.fedora",
        "containerfile-old", "a/b/Dockerfile", "Dockerfile.amd64", "Dockerfile.3.11",
    ],
)  # fmt: skip
def test_names_that_count(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile.dockerignore", "Containerfile.containerignore", ".dockerignore", "Dockerfiles",
        "Dockerfile.md", "Dockerfile.j2", "Dockerfile.template", "Dockerfile.orig", "Dockerfile.in",
        "Dockerfile.dev~", "MyDockerfile", "dockerfile_lint.py", ".dockerfile", "Dockerfile/x",
        "Dockerfile.yaml", "Containerfile.txt",
    ],
)  # fmt: skip
def test_names_that_do_not(name: str) -> None:
    assert not is_dockerfile(name)


def test_the_pre_commit_hooks_take_the_same_names(root: Path) -> None:
    import re

    import yaml

    for hook in yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text()):
        takes, leaves = re.compile(hook["files"]).search, re.compile(hook["exclude"]).search
        for name in NAMES:
            assert bool(takes(name) and not leaves(name)) == is_dockerfile(name), name


NAMES = [
    stem + suffix
    for stem in ("Dockerfile", "dockerfile", "Containerfile", "x.Dockerfile", "a/Dockerfile", "x")
    for suffix in (
        "", ".dev", ".prod.arm", "~", ".dockerignore", ".md", ".txt", ".htm", ".html", ".py",
        ".sh", ".json", ".toml", ".yml", ".yaml", ".j2", ".jinja", ".jinja2", ".tmpl", ".gotmpl",
        ".tpl", ".template", ".erb", ".ejs", ".mustache", ".hbs", ".m4", ".in", ".orig", ".rej",
        ".bak", ".swp", ".tmp", ".diff", ".patch", ".go", ".js", ".ts", ".rb", ".rst", "-old",
        ".dockerfile",
    )
]  # fmt: skip


def test_a_folder_without_a_repository_is_walked(folder: Path) -> None:
    put(folder, "Dockerfile", "a/Dockerfile.dev", "node_modules/x/Dockerfile", "b/notes.txt")
    (folder / "c" / "Dockerfile").mkdir(parents=True)
    put(folder, "c/Dockerfile/Containerfile")
    (folder / "loop").symlink_to(folder)
    assert found() == ["Dockerfile", "a/Dockerfile.dev", "c/Dockerfile/Containerfile"]
    assert found("a", "Dockerfile") == ["a/Dockerfile.dev", "Dockerfile"]
    assert found(exclude=("a", "c/*")) == ["Dockerfile"]
    assert found(exclude=("*.dev",)) == ["Dockerfile", "c/Dockerfile/Containerfile"]


def test_a_named_file_counts_whatever_its_name(folder: Path) -> None:
    put(folder, "build.txt", "Dockerfile.md")
    assert found("build.txt", "Dockerfile.md", "-") == ["build.txt", "Dockerfile.md", "-"]
    assert found("gone") == ["gone"], "what is missing is reported when it is read"


@pytest.fixture
def repository(folder: Path) -> Path:
    put(folder, "Dockerfile", "sub/Dockerfile", "sub/ignored/Dockerfile", "new/app.dockerfile")
    put(folder, "gone/Dockerfile", "sub/with space/Dockerfile.ü")
    (folder / ".gitignore").write_text("ignored/\nvendor/\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".gitignore", "Dockerfile", "sub", "gone")
    git(folder, "commit", "-q", "-m", "first")
    os.remove(folder / "gone" / "Dockerfile")
    return folder


def test_in_a_repository_git_says_what_there_is(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = ["Dockerfile", "new/app.dockerfile", "sub/Dockerfile"]
    assert found() == [*everything, "sub/with space/Dockerfile.ü"]
    put(repository, "vendor/Dockerfile")
    git(repository, "add", "-f", "vendor/Dockerfile")
    assert "vendor/Dockerfile" in found(), "tracked although ignored"
    assert found("sub") == ["sub/Dockerfile", "sub/with space/Dockerfile.ü"]
    monkeypatch.chdir(repository / "sub")
    assert found() == ["Dockerfile", "with space/Dockerfile.ü"]
    assert found("..")[0] == "../Dockerfile"
    assert found("ignored/Dockerfile") == ["ignored/Dockerfile"], "named, so it counts"


def test_a_repository_within_and_a_hooks_environment(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = repository / "inner"
    put(inner, "Dockerfile", "skipped/Dockerfile")
    (inner / ".gitignore").write_text("skipped\n")
    git(inner, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere")
    assert "inner/Dockerfile" in found()
    assert found("inner") == ["inner/Dockerfile"]


def test_without_git_a_repository_is_walked(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "sub/ignored/Dockerfile" in found()


def test_changed_since_the_merge_base(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "topic")
    put(repository, "topic/Dockerfile")
    git(repository, "add", "topic")
    git(repository, "commit", "-q", "-m", "topic")
    git(repository, "checkout", "-q", "-f", "main")
    (repository / "Dockerfile").write_text("FROM scratch\n# changed on main\n")
    git(repository, "commit", "-q", "-a", "-m", "main moves on")
    git(repository, "checkout", "-q", "topic")
    (repository / "sub" / "Dockerfile").write_text("FROM scratch\n# not committed\n")
    changed = found(changed_since="main")
    assert changed == ["new/app.dockerfile", "sub/Dockerfile", "topic/Dockerfile"]
    assert found("sub/Dockerfile", "Dockerfile", changed_since="main") == ["sub/Dockerfile"]
    assert found("sub", changed_since="HEAD") == ["sub/Dockerfile"]


@pytest.mark.parametrize("revision", ["nonsense", "--output=x", "HEAD~99", ""])
def test_a_revision_that_git_does_not_know(repository: Path, revision: str) -> None:
    if not revision:
        assert len(found(changed_since="")) == 4
        return
    with pytest.raises(CodiError, match="git knows no revision"):
        discover(["."], revision)
    assert not (repository / "x").exists()


def test_changed_since_needs_a_repository(folder: Path) -> None:
    put(folder, "Dockerfile")
    with pytest.raises(CodiError, match="needs a git repository"):
        discover(["."], "HEAD")


def test_unrelated_histories(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "other")
    git(repository, "commit", "-q", "-m", "other", "--allow-empty")
    with pytest.raises(CodiError, match="no commit in common"):
        discover(["."], "main")
