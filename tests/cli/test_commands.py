"""The commands beside `check`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codi_hook import registry
from codi_hook.shellcheck import family
from tests.calling import codi


def test_rules_lists_every_rule() -> None:
    known = {rule.code: rule for rule in (*registry.rules(), *family.rules())}
    lines = codi("rules").text.splitlines()
    assert [line.split()[0] for line in lines] == list(known)
    rows = codi("rules", "--output-format", "json").json
    assert {row["code"]: row["name"] for row in rows} == {
        rule.code: rule.name for rule in known.values()
    }
    assert all(row["explanation"] for row in rows)
    assert all(row["templates"] for row in rows if row["external"])


def test_rules_lists_the_codes_of_shellcheck() -> None:
    text = codi("rules").text
    assert re.search(r"^SC2086 +off +shellcheck-2086 +Quote an expansion$", text, re.MULTILINE)
    assert re.search(r"^SC2164 +warning +shellcheck-2164 +Handle", text, re.MULTILINE)
    rows = {row["code"]: row for row in codi("rules", "--output-format", "json").json}
    row = rows["SC3046"]
    assert (row["severity"], row["aliases"], row["external"]) == ("warning", [], True)
    assert row["profiles"] == ["default", "strict", "hadolint"]
    assert row["templates"] == [
        {"id": "dot", "applicability": ["unsafe"]},
        {"id": "run-with-bash", "applicability": ["unsafe"]},
        {"id": "ignore-here", "applicability": ["display"]},
    ]
    assert rows["SC2086"]["profiles"] == ["strict", "hadolint"]
    assert rows["DL3004"]["external"] is False
    assert codi("rule", "SC3046", "--output-format", "json").json == row


def test_rule_explains_by_code_name_and_alias_in_any_case() -> None:
    page = codi("rule", "DL4000").text
    assert page.startswith("# DL4000 maintainer-deprecated\n")
    assert codi("rule", "dl4000").text == page == codi("rule", "maintainer-deprecated").text
    for alias in registry.find("DL4000").aliases:
        assert codi("rule", alias).text == page
    assert codi("rule", "DL4000", "--output-format", "json").json["code"] == "DL4000"
    wrong = codi("rule", "DL40000")
    assert (wrong.code, wrong.err) == (
        2,
        "error: unknown rule 'DL40000' (did you mean DL4000?)\n",
    )


def test_config_init_then_show(folder: Path) -> None:
    assert codi("config", "init").code == 0
    text = (folder / ".codi-hook.yaml").read_text()
    again = codi("config", "init")
    assert (again.code, (folder / ".codi-hook.yaml").read_text()) == (2, text)
    assert again.err == ("error: .codi-hook.yaml: there is a configuration already (edit it)\n")
    shown = codi("config", "show", "--fail-on", "info", "--ignore", "DL3008").text
    assert shown.startswith("# from: .codi-hook.yaml\n")
    import yaml

    values = yaml.safe_load(shown)
    assert (values["fail-on"], values["ignore"], values["ranker"]) == ("info", ["DL3008"], "auto")


def test_doctor_says_what_to_run_next(folder: Path) -> None:
    result = codi("doctor")
    assert result.code == 0, result.text
    assert "ok  tree-sitter " in result.text
    assert "next: codi-hook model pull smollm2-135m-instruct\n" in result.text
    (folder / ".codi-hook.yaml").write_text("jbs: 1\n")
    result = codi("doctor")
    assert result.code == 2
    assert "!!  .codi-hook.yaml:1:1: unknown key 'jbs' (did you mean jobs?)" in result.text


def test_doctor_complains_of_a_model_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_ENABLED", "1")
    result = codi("doctor")
    assert result.code == 2
    assert "!!  model smollm2-135m-instruct is not installed" in result.text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    script = codi("completion", shell).text
    assert "_CODI_HOOK_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_completion_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CODI_HOOK_COMPLETE", "bash_complete")
    for words, expected in [
        ("codi-hook che", "plain,check"),
        ("codi-hook check --fail", "plain,--fail-on"),
        ("codi-hook check --fail-on w", "plain,warning"),
    ]:
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert codi().text.split() == [expected]


def test_help_lists_the_commands_without_importing_them() -> None:
    code = (
        "import sys, codi_hook.cli.main as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([n for n in sys.modules if n.startswith('codi_hook.cli.')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "doctor" in done.stdout
    assert json.loads(done.stderr.replace("'", '"')) == ["codi_hook.cli.main", "codi_hook.cli.app"]


def test_version() -> None:
    assert codi("--version").text.startswith("codi-hook ")
