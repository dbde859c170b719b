"""action.yml, the example workflow and the pre-commit files are what their readers expect."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

BIN = Path(sysconfig.get_path("scripts"))
WORKFLOW = ROOT / "examples" / "workflow.yml"


def passes(*command: str) -> None:
    done = subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "path"),
    [("vendor.github-actions", ROOT / "action.yml"), ("vendor.github-workflows", WORKFLOW)],
)
def test_schema(schema: str, path: Path) -> None:
    passes("check-jsonschema", "--builtin-schema", schema, str(path))


def test_workflow_passes_actionlint(tmp_path: Path) -> None:
    # In a repository that holds the action, so that `with` is checked against its inputs.
    text = WORKFLOW.read_text()
    uses = re.findall(r"uses: (codi-hook/\S+)", text)
    assert uses, "the example does not use the action"
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (tmp_path / "action.yml").write_text((ROOT / "action.yml").read_text())
    (folder / "dockerfiles.yml").write_text(text.replace(uses[0], "./"))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    shellcheck = str(BIN / "shellcheck")
    done = subprocess.run(
        [BIN / "actionlint", "-shellcheck", shellcheck],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "dockerfiles.yml").write_text(
        text.replace(uses[0], "./").replace("fail-on:", "fail-onn:")
    )
    done = subprocess.run([BIN / "actionlint"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0, "actionlint did not look at the action's inputs"


def test_steps_of_the_action_pass_shellcheck(tmp_path: Path) -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert len(scripts) >= 4
    for number, script in enumerate(scripts):
        path = tmp_path / f"{number}.sh"
        path.write_text("#!/usr/bin/env bash\nset -eo pipefail\n" + script)
        passes("shellcheck", "--exclude=SC2154", str(path))
        assert "${{" not in script, "an expression in a script can be broken out of: use env"


def test_pre_commit_files() -> None:
    passes("pre-commit", "validate-config", str(ROOT / ".pre-commit-config.yaml"))
    passes("pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
