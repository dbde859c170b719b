"""ShellCheck in whole runs: switched on and off, selected, ignored, fixed, shared, cached."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codi_hook.config.resolve import resolve
from codi_hook.errors import CodiError
from codi_hook.pipeline import run
from codi_hook.reporting.report import RunReport
from tests.shellcheck.test_program import VERSION, fake

SHELL = "FROM debian:12-slim\nUSER 65532\nRUN mkdir {a,b}; source x; rm $y *.deb\n"
CODES = ["SC2035", "SC2086", "SC2154", "SC3009", "SC3046"]


def check(*paths: str, **options: Any) -> RunReport:
    given = {"llm": False, "ranker": "order", "extend-select": ("SC",)}
    given.update({key.replace("_", "-"): value for key, value in options.items()})
    return run(paths or (".",), resolve(given, {}, config="none"))


def codes(report: RunReport) -> list[str]:
    found = {item.code for _, item in report.findings if item.code.startswith("SC")}
    return sorted(found)


@pytest.fixture
def dockerfile(folder: Path) -> Path:
    path = folder / "Dockerfile"
    path.write_text(SHELL)
    return path


def test_it_is_on_by_itself(dockerfile: Path) -> None:
    report = check()
    assert codes(report) == CODES
    assert report.notes == ()
    item = next(item for _, item in report.findings if item.code == "SC3009")
    assert (item.start_line, item.start_column, item.end_column) == (3, 11, 16)
    assert item.severity.label == "warning"
    assert [candidate.id for candidate in item.candidates] == [
        "write-out", "run-with-bash", "ignore-here",
    ]  # fmt: skip


def test_it_can_be_switched_off(dockerfile: Path) -> None:
    assert codes(check(shellcheck=False)) == []
    assert codes(check(profile="security", extend_select=())) == []
    assert codes(check(ignore=("SC",), extend_select=())) == []


def test_the_selection_is_by_code(dockerfile: Path) -> None:
    assert codes(check(extend_select=())) == ["SC2154", "SC3009", "SC3046"]
    assert codes(check(extend_select=(), profile="strict")) == CODES
    assert codes(check(select=("SC3",), extend_select=("SC2035",))) == [
        "SC2035",
        "SC3009",
        "SC3046",
    ]
    assert codes(check(ignore=("SC2086", "SC3046"))) == ["SC2035", "SC2154", "SC3009"]
    assert codes(check(select=("DL3004",), extend_select=())) == []


def test_profile_hadolint_reports_the_last_of_a_run(dockerfile: Path) -> None:
    assert codes(check(profile="hadolint", extend_select=())) == ["SC2035"]
    assert codes(check(profile="hadolint", extend_select=(), ignore=("SC2035",))) == []


def test_severities(dockerfile: Path, folder: Path) -> None:
    (folder / ".codi-hook.yaml").write_text(
        "severity: {SC2154: error, sc3046: style, SC3009: off}\n"
    )
    settings = resolve({"llm": False}, {}, folder=str(folder))
    found = {item.code: item.severity.label for _, item in run(["."], settings).findings}
    assert found["SC2154"] == "error"
    assert found["SC3046"] == "style"
    assert "SC3009" not in found


@pytest.mark.parametrize(
    "comment",
    ["# hadolint ignore=SC2086,sc3046", "# codi-hook ignore=SC2086,SC3046",
     "# hadolint global ignore=SC2086,SC3046", "# shellcheck disable=SC2086,SC3046"],
)  # fmt: skip
def test_ignored_in_the_file(dockerfile: Path, comment: str) -> None:
    dockerfile.write_text(SHELL.replace("RUN", f"{comment}\nRUN"))
    assert codes(check()) == ["SC2035", "SC2154", "SC3009"]
    assert codes(check(inline_ignores=False)) == CODES


def test_many_files_in_processes_are_as_one_by_one(folder: Path) -> None:
    for number in range(40):
        (folder / f"Dockerfile.{number}").write_text(SHELL + f"RUN echo `ls {number % 7}`\n")
    (folder / "Dockerfile.bad").write_text("FROM\n")
    alone, shared = check(jobs=1, cache=False), check(jobs=3, cache=False)
    assert [(f.path, f.findings) for f in alone.files] == [
        (f.path, f.findings) for f in shared.files
    ]
    assert {item.code for _, item in shared.findings} >= {*CODES, "SC2006", "SC2046", "CODI000"}


def test_fixes(dockerfile: Path) -> None:
    report = check(fix=True)
    assert "rm $y ./*.deb" in dockerfile.read_text()
    assert ("SC2035", "from-here") in report.files[0].fixed
    assert codes(report) == ["SC2086", "SC2154", "SC3009", "SC3046"]


def test_unsafe_fixes_end_and_are_stable(dockerfile: Path) -> None:
    check(fix=True, unsafe_fixes=True)
    once = dockerfile.read_text()
    assert 'mkdir a b; . x; rm "$y" ./*.deb' in once
    report = check(fix=True, unsafe_fixes=True)
    assert dockerfile.read_text() == once
    assert codes(report) == ["SC2154"]


def test_unsafe_fixes_in_profile_hadolint(dockerfile: Path) -> None:
    """What was hidden behind the last finding of a RUN comes to light and is fixed, too."""
    dockerfile.write_text(SHELL.replace("$y", "y"))
    check(fix=True, unsafe_fixes=True, profile="hadolint", extend_select=())
    assert "mkdir a b; . x; rm y ./*.deb" in dockerfile.read_text()


HIDDEN = "FROM debian:12-slim\nUSER 65532\nRUN export A=`date`; echo $A\n"


def test_what_nothing_resolves_stays_hidden_in_profile_hadolint(dockerfile: Path) -> None:
    """SC2006 is the last finding of the RUN; behind it stand warnings without a safe fix."""
    dockerfile.write_text(HIDDEN.replace("$A", '"$A"'))
    check(fix=True, profile="hadolint", extend_select=())
    assert "export A=`date`" in dockerfile.read_text()
    check(fix=True, extend_select=("SC",))
    assert "export A=$(date)" in dockerfile.read_text()


def test_what_can_be_resolved_does_not_in_profile_hadolint(dockerfile: Path) -> None:
    dockerfile.write_text(HIDDEN.replace("date", "nproc"))
    report = check(fix=True, unsafe_fixes=True, profile="hadolint", extend_select=())
    assert dockerfile.read_text().endswith('RUN A="$(nproc)" && export A; echo "$A"\n')
    assert codes(report) == []


def test_a_shell_that_hadolint_forgets_uncovers_nothing(dockerfile: Path) -> None:
    """Behind an ENV hadolint takes the shell for /bin/sh again, and sees pipefail there."""
    dockerfile.write_text(
        "FROM debian:12-slim\nUSER 65532\nRUN ls | cat\nENV A=b\nRUN set -o pipefail; source ./x\n"
    )
    check(fix=True, unsafe_fixes=True, profile="hadolint", extend_select=())
    text = dockerfile.read_text()
    assert 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]' in text
    assert "source ./x" in text


@pytest.mark.parametrize(
    "steps",
    ["RUN <<EOF\n#!/bin/bash\nsource /x\nEOF\n", "RUN ln -sf /bin/bash /bin/sh\nRUN source /x\n"],
)
def test_bash_is_not_offered_to_who_has_it(dockerfile: Path, steps: str) -> None:
    dockerfile.write_text(f"FROM debian:12-slim\nUSER 65532\n{steps}")
    report = check(profile="hadolint", extend_select=())
    item = next(item for _, item in report.findings if item.code == "SC3046")
    assert [candidate.id for candidate in item.candidates] == ["dot", "ignore-here"]


def test_fixes_of_other_rules_go_on_where_those_of_shellcheck_do_not(dockerfile: Path) -> None:
    dockerfile.write_text(f"{SHELL}MAINTAINER me\n")
    report = check(fix=True)
    assert {code for code, _ in report.files[0].fixed} >= {"DL4000", "SC2035"}


def test_standard_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "codi_hook", "check", "--isolated", "--select", "SC", "--no-llm",
         "--output-format", "json", "-"],
        input=SHELL.encode(), capture_output=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert sorted({item["code"] for item in found["files"][0]["findings"]}) == CODES


def absent(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "")


def test_missing(dockerfile: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, folder)
    assert codes(check(extend_select=())) == []
    assert check(extend_select=()).notes == ()
    assert (
        check(extend_select=("SC2086",))
        .notes[0]
        .startswith("SC2086: ShellCheck is not installed (pip install 'codi-hook[shellcheck]'")
    )
    with pytest.raises(CodiError, match="--shellcheck: ShellCheck is not installed"):
        check(shellcheck=True)


def test_broken(dockerfile: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, folder)
    (folder / "bin").mkdir()
    one = fake(folder / "bin", "exit 3")
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}/bin{os.pathsep}/usr/bin")
    report = check()
    assert codes(report) == []
    assert report.notes == (f"ShellCheck is not used: {one.path} does not work: exit code 3",)
    fake(folder / "bin", VERSION + "echo garbage; exit 1")
    assert check().notes == ("ShellCheck gave no answer for 1 script",)


def test_a_read_only_cache_folder(
    dockerfile: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    report = check()
    assert codes(report) == CODES
    assert len(report.notes) == 1
    assert "the cache of ShellCheck's answers is not used" in report.notes[0]


def test_the_second_run_asks_nothing(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = check()

    def refuse(*_arguments: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr("codi_hook.shellcheck.program.Program.judge", refuse)
    monkeypatch.setattr("codi_hook.shellcheck.program.Program.version", refuse)
    assert check().findings == before.findings


def test_the_page_names_what_is_off() -> None:
    import re

    from codi_hook.shellcheck.codes import OFF
    from tests.conftest import ROOT

    page = (ROOT / "docs" / "rules" / "SC.md").read_text(encoding="utf-8")
    listed = page.split("on\npurpose: ")[1].split(". `--extend-select")[0]
    found = set()
    for first, last in re.findall(r"SC(\d+)(?:–SC(\d+))?", listed):
        found |= set(range(int(first), int(last or first) + 1))
    assert found == OFF
    from codi_hook.shellcheck.ways import COVERED

    table = page.split("| code | candidates")[1].split("## Why")[0]
    assert {int(code) for code in re.findall(r"SC(\d{4})", table)} == COVERED


def test_a_rule_of_the_family() -> None:
    from codi_hook import registry

    assert registry.find("sc2086").code == "SC2086"
    assert registry.find("SC2086").profiles == ("strict", "hadolint")
    assert registry.find("SC3046").profiles == ("default", "strict", "hadolint")
    assert registry.find("SC3999").summary == "See https://www.shellcheck.net/wiki/SC3999"
    with pytest.raises(KeyError):
        registry.find("SC9999")
