"""The JSON report is a contract: the schema holds, and a stranger can apply its edits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from codi_hook import reporting
from codi_hook.model import Applicability, Rejection, Rule, Severity
from codi_hook.registry import rules
from tests import cases
from tests.calling import codi

SCHEMA = json.loads((Path(reporting.__file__).parent / "report.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)

STRANGER = """\
import base64, json, sys
report, target = json.load(open(sys.argv[1])), sys.argv[2]
data = open(target, "rb").read()
edits = report["files"][0]["findings"][0]["candidates"][0]["edits"]
for edit in sorted(edits, key=lambda edit: edit["start_byte"], reverse=True):
    new = edit["replacement"].encode()
    if "replacement_base64" in edit:
        new = base64.b64decode(edit["replacement_base64"])
    data = data[: edit["start_byte"]] + new + data[edit["end_byte"] :]
open(target, "wb").write(data)
"""


def test_the_published_schema_is_the_packaged_one(root: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads((root / "docs" / "report.schema.json").read_text()) == SCHEMA


def test_the_schema_knows_the_models_words() -> None:
    definitions = SCHEMA["$defs"]
    finding, candidate = (
        definitions["finding"]["properties"],
        definitions["candidate"]["properties"],
    )
    rejected = finding["rejected"]["items"]["properties"]["reason"]["enum"]
    assert set(rejected) == {reason.value for reason in Rejection}
    assert set(candidate["applicability"]["enum"]) == {item.value for item in Applicability}
    assert set(finding["severity"]["enum"]) == {item.label for item in Severity}


def test_the_reports_on_all_rule_cases_validate(folder: Path) -> None:
    sources = rule_sources()
    assert len(sources) > 30
    for index, source in enumerate(sources):
        (folder / f"{index:04}.dockerfile").write_bytes(source)
    (folder / "broken.dockerfile").write_text("FROM a:1\nRUNN x\n")
    (folder / "latin.dockerfile").write_bytes(b"FROM a:1\nMAINTAINER J\xf6rg\nRUN sudo t\xe4st\n")
    (folder / "gone.dockerfile").symlink_to("nowhere")
    result = codi("check", "--output-format", "json")
    VALIDATOR.validate(result.json)
    VALIDATOR.validate(codi("check", "--no-candidates", "--output-format", "json").json)
    VALIDATOR.validate(codi("check", "--fix", "--output-format", "json").json)
    files = {file["path"]: file for file in result.json["files"]}
    assert files["broken.dockerfile"]["parse_error"]["line"] == 2
    assert "error" in files["gone.dockerfile"]
    assert b"\xf6" not in result.out
    result.out.decode("ascii")


def cases_of(rule: Rule) -> tuple[cases.Case, ...]:
    path = cases.case_file(rule.code, rule.name)
    return cases.load(path) if path.exists() else ()


def rule_sources() -> list[bytes]:
    return [case.source for rule in rules() for case in cases_of(rule)]


def single(folder: Path) -> list[tuple[str, bytes]]:
    """(code, source) of every case in which its rule finds one thing with something to apply."""
    found = []
    for rule in rules():
        for case in cases_of(rule):
            (folder / "Dockerfile").write_bytes(case.source)
            report = codi("check", "--select", rule.code, "--output-format", "json", "Dockerfile")
            findings = report.json["files"][0]["findings"]
            if [item["code"] for item in findings] != [rule.code]:
                continue
            candidates = findings[0]["candidates"]
            if candidates and candidates[0]["edits"]:
                found.append((rule.code, case.source))
    return found


def test_a_stranger_writes_what_fix_writes(folder: Path, tmp_path: Path) -> None:
    script, other = tmp_path / "stranger.py", tmp_path / "other"
    script.write_text(STRANGER)
    assert len(STRANGER.splitlines()) == 10
    tried = 0
    for code, source in single(folder):
        path = folder / "Dockerfile"
        path.write_bytes(source)
        report = codi("check", "--select", code, "--output-format", "json", "Dockerfile")
        first = report.json["files"][0]["findings"][0]["candidates"][0]
        if first["applicability"] == "display":
            continue
        tried += 1
        (tmp_path / "report.json").write_bytes(report.out)
        other.write_bytes(source)
        run(script, tmp_path / "report.json", other, real=tried % 10 == 1)
        codi("check", "--select", code, "--fix", "--unsafe-fixes", "Dockerfile")
        assert path.read_bytes() == other.read_bytes(), (code, source)
    assert tried >= 10


def run(script: Path, report: Path, target: Path, real: bool) -> None:
    """The stranger's script, now and then as a process of its own, otherwise faster."""
    if real:
        subprocess.run([sys.executable, str(script), str(report), str(target)], check=True)
        return
    saved, sys.argv = sys.argv, [str(script), str(report), str(target)]
    try:
        exec(compile(STRANGER, str(script), "exec"), {})
    finally:
        sys.argv = saved


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_not_utf8_survive(folder: Path, newline: bytes, bom: bytes) -> None:
    lines = [b"FROM debian:12", b"# gr\xfc\xdfe", b"MAINTAINER J\xf6rg", b'CMD ["a"]']
    source = bom + newline.join(lines)
    (folder / "Dockerfile").write_bytes(source)
    only = ("--select", "DL4000")
    report = codi("check", *only, "--output-format", "json").json
    VALIDATOR.validate(report)
    edit = report["files"][0]["findings"][0]["candidates"][0]["edits"][0]
    assert "replacement_base64" in edit
    codi("check", *only, "--fix")
    data = (folder / "Dockerfile").read_bytes()
    assert data.startswith(bom + b"FROM debian:12" + newline + b"# gr\xfc\xdfe" + newline)
    assert b"J\xf6rg" in data
    assert data.endswith(newline + b'CMD ["a"]')
    assert data.count(b"\n") == source.count(b"\n")
    assert data.count(b"\r") == source.count(b"\r")


def test_fixed_is_told_with_fix_only(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM debian:12\nMAINTAINER me\n")
    only = ("--select", "DL4000", "--output-format", "json")
    assert "fixed" not in codi("check", *only).json["files"][0]
    fixed = codi("check", *only, "--fix").json["files"][0]
    assert [item["code"] for item in fixed["fixed"]] == ["DL4000"]
    assert fixed["findings"] == []
