"""CONTRIBUTING's recipe: a new rule is its file, its cases and its page, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import git


@pytest.fixture
def tree(snapshot: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", str(snapshot), "tree")
    return tmp_path / "tree"


def python(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=200)


def test_recipe(tree: Path) -> None:
    done = python(tree, "scripts/new_rule.py", "CODI999", "some-slug", "Do not run some-slug")
    assert done.returncode == 0, done.stdout + done.stderr
    expected = {
        "codi_hook/rules/codi999_some_slug.py",
        "tests/rules/codi999_some_slug.yaml",
        "docs/rules/CODI999.md",
    }
    assert set(done.stdout.split()) == expected
    status = git(tree, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert {line[3:] for line in status} == expected
    assert all(line.startswith("??") for line in status), "an existing file was changed"

    # With -m the copied tree comes before the installed one.
    tests = python(
        tree,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "tests/test_rules.py",
        "-k",
        "CODI999",
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "10 passed" in tests.stdout, tests.stdout  # each test of tests/test_rules.py
    lint = python(tree, "-m", "ruff", "check", *(path for path in expected if path[-3:] == ".py"))
    assert lint.returncode == 0, lint.stdout
    fresh = python(tree, "scripts/gen_docs.py", "--check")
    assert "CODI999" not in fresh.stdout
    page = (tree / "docs/rules/CODI999.md").read_text()
    assert "Do not run some-slug" in page and "```diff" in page

    (tree / "tests/rules/codi999_some_slug.yaml").unlink()
    broken = python(
        tree,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/test_rules.py",
        "-k",
        "cases_and_every",
    )
    assert broken.returncode == 1, "a rule without cases went unnoticed"


@pytest.mark.parametrize(
    "arguments",
    [
        ("CODI999",),
        ("codi999", "slug", "Summary"),
        ("CODI999", "No Slug", "Summary"),
        ("CODI999", "slug", 'with "quotes"'),
        ("CODI000", "parse-error", "Taken"),
    ],
)
def test_refusals_write_nothing(tree: Path, arguments: tuple[str, ...]) -> None:
    done = python(tree, "scripts/new_rule.py", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("new_rule.py: ")
    assert not git(tree, "status", "--porcelain").strip()
