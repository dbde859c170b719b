"""The action's steps, executed: their scripts in bash, with the files that a runner provides."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, git, once

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
BAD = "FROM debian:bookworm-slim\nRUN sudo id\nUSER 65532\n"
CLEAN = "FROM debian:bookworm-slim\nUSER 65532\n"


@dataclass
class Runner:
    """Enough of a runner for this action: expressions in `env` and `if`, outputs, the summary."""

    workspace: Path
    temp: Path
    inputs: dict[str, str] = field(default_factory=dict)
    base: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    printed: str = ""
    summary: str = ""

    def value(self, expression: str) -> str:
        expression = expression.strip()
        if match := re.fullmatch(r"inputs\.([\w-]+)", expression):
            return str(self.inputs.get(match[1], ACTION["inputs"][match[1]]["default"]))
        if match := re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", expression):
            return self.outputs.get(match[1], {}).get(match[2], "")
        known = {
            "github.action_path": str(ROOT),
            "github.event.pull_request.base.sha": self.base,
        }
        return known[expression]

    def fill(self, text: str) -> str:
        return re.sub(r"\$\{\{(.*?)\}\}", lambda match: self.value(match[1]), text)

    def wanted(self, step: dict[str, Any]) -> bool:
        if "if" not in step:
            return True
        match = re.fullmatch(r"(inputs\.[\w-]+) == '(\w+)'", step["if"])
        assert match, f"the test does not understand {step['if']!r}"
        return self.value(match[1]) == match[2]

    def run(self, *names: str) -> int:
        """Run the steps of these names, or all; the exit status of the first that fails."""
        for step in ACTION["runs"]["steps"]:
            if names and step["name"] not in names:
                continue
            if "run" in step and self.wanted(step) and (status := self.step(step)):
                return status
        return 0

    def step(self, step: dict[str, Any]) -> int:
        own = self.workspace.with_name(f"{self.workspace.name}-files")
        own.mkdir(exist_ok=True)
        files = {key: own / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("")
        script = own / "script.sh"
        script.write_text(step["run"])
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("CODI_")
        }
        environment |= {key: str(path) for key, path in files.items()}
        environment |= {key: self.fill(str(value)) for key, value in step.get("env", {}).items()}
        environment |= {
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace / self.fill(step.get("working-directory", ".")),
            env=environment,
            capture_output=True,
            text=True,
            timeout=280,
        )
        self.printed += done.stdout + done.stderr
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        if "id" in step:
            lines = files["GITHUB_OUTPUT"].read_text().splitlines()
            self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
        return done.returncode


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RUNNER_TEMP after Prepare and Install: the action installed itself from its source."""

    def make(temp: Path) -> None:
        runner = Runner(temp, temp, {"python": sys.executable})
        assert runner.run("Prepare", "Install") == 0, runner.printed
        assert (temp / "codi-hook" / "venv" / "bin" / "codi-hook").exists()

    return once(tmp_path_factory, "runner", make)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A repository whose base commit has one bad file, and whose head adds another."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "Dockerfile").write_text(BAD)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "base")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "app.Dockerfile").write_text(BAD)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "head")
    yield tmp_path


def check(home: Path, workspace: Path, base: str = "", **inputs: str) -> tuple[int, Runner]:
    named = {key.replace("_", "-"): value for key, value in inputs.items()}
    runner = Runner(workspace, home, {"python": sys.executable, **named}, base)
    status = runner.run("Prepare", "Check")
    return status, runner


def annotated(runner: Runner) -> set[str]:
    """The files that got an annotation."""
    return set(re.findall(r"^::(?:error|warning|notice) file=([^,:]+)", runner.printed, re.M))


def test_findings_fail_the_job_and_are_annotated(home: Path, workspace: Path) -> None:
    status, runner = check(home, workspace)
    assert status == 1
    assert runner.outputs["check"]["exit-code"] == "1"
    assert annotated(runner) == {"old/Dockerfile", "new/app.Dockerfile"}
    assert "DL3004" in runner.printed
    assert "old/Dockerfile" in runner.summary
    assert Path(runner.outputs["check"]["audit-file"]).stat().st_size > 0


def test_clean_files_pass(home: Path, workspace: Path) -> None:
    for path in workspace.rglob("*ockerfile"):
        path.write_text(CLEAN)
    status, runner = check(home, workspace, select="DL3004,DL3020")
    assert (status, annotated(runner)) == (0, set()), runner.printed
    assert runner.outputs["check"]["exit-code"] == "0"


def test_a_pull_request_is_checked_where_it_changes_files(home: Path, workspace: Path) -> None:
    base = git(workspace, "rev-parse", "HEAD^").strip()
    status, runner = check(home, workspace, base)
    assert (status, annotated(runner)) == (1, {"new/app.Dockerfile"}), runner.printed
    status, runner = check(home, workspace, base, changed_only="false")
    assert annotated(runner) == {"old/Dockerfile", "new/app.Dockerfile"}


def test_a_base_out_of_reach_means_all_files(home: Path, workspace: Path) -> None:
    status, runner = check(home, workspace, "0" * 40)
    assert status == 1
    assert "all files are checked" in runner.printed
    assert annotated(runner) == {"old/Dockerfile", "new/app.Dockerfile"}


def test_inputs_select_what_fails(home: Path, workspace: Path) -> None:
    status, runner = check(home, workspace, select="DL3004", fail_on="error")
    assert status == 1, runner.printed
    status, runner = check(home, workspace, ignore="DL3004", select="DL3004,DL3020")
    assert (status, annotated(runner)) == (0, set()), runner.printed
    status, runner = check(home, workspace, paths="old\n\nnew/app.Dockerfile\n", args="--exit-zero")
    assert status == 0
    assert annotated(runner) == {"old/Dockerfile", "new/app.Dockerfile"}


def test_a_usage_error_is_no_finding(home: Path, workspace: Path) -> None:
    status, runner = check(home, workspace, select="DL9999x")
    assert status == 2, runner.printed
    assert runner.outputs["check"]["exit-code"] == "2"
    assert "Traceback" not in runner.printed


def test_inputs_are_data_and_never_shell(home: Path, workspace: Path) -> None:
    for name in ("paths", "select", "args", "fail_on", "ranker", "ignore"):
        check(home, workspace, **{name: '"; touch owned; $(touch owned) `touch owned`'})
    assert not list(workspace.rglob("owned"))


def test_a_working_directory_with_blanks(home: Path, workspace: Path) -> None:
    folder = workspace / "a folder"
    folder.mkdir()
    (folder / "Dockerfile").write_text(BAD)
    status, runner = check(home, workspace, working_directory="a folder")
    assert status == 1
    assert len(annotated(runner)) == 1


def test_the_cache_key_changes_with_version_and_model(home: Path, workspace: Path) -> None:
    keys = set()
    for inputs in ({}, {"version": "0.1.0"}, {"model": "other"}):
        runner = Runner(workspace, home, {"python": sys.executable, **inputs})
        assert runner.run("Prepare") == 0, runner.printed
        keys.add(runner.outputs["prepare"]["key"])
    assert len(keys) == 3


def test_the_model_ranks_where_it_is_asked_to(
    model_store: Path,
    workspace: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every step but Install, which would compile llama.cpp: this interpreter has it."""
    monkeypatch.setenv("MODEL_MOUNT_PATH", str(model_store))
    temp = tmp_path_factory.mktemp("with-model")
    programs = temp / "codi-hook" / "venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "codi-hook").symlink_to(Path(sysconfig.get_path("scripts")) / "codi-hook")
    (workspace / "old" / "Dockerfile").write_text("FROM alpine\nMAINTAINER ada@example.org\n")
    runner = Runner(workspace, temp, {"llm": "true", "ranker": "llm", "select": "DL4000"})
    assert runner.run("Prepare", "Fetch the model") == 0, runner.printed
    assert runner.run("Check") == 1, runner.printed
    audit = Path(runner.outputs["check"]["audit-file"]).read_text()
    assert re.search(r'"source": ?"llm"', audit), audit
    assert list((temp / "codi-hook" / "cache").rglob("*.sqlite*")), "answers are not cached"
