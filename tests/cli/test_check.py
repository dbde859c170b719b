"""`check` from end to end: reports, fixes, exit codes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.calling import codi

CLEAN = "FROM scratch\nCOPY app /app\n"
ONE = "FROM debian:12\nWORKDIR src\n"  # DL3000, an error, with a fix
SUDO = "FROM debian:12\nRUN sudo true\n"  # DL3004, an error
OLD = "FROM debian:12\nMAINTAINER me\nRUN sudo true\n"  # DL4000 (safe) and DL3004 (unsafe)
ONLY = ("--select", "DL3004,DL4000")
BROKEN = "FROM debian:12\nRUNN true\n"


@pytest.fixture
def dockerfile(folder: Path) -> Path:
    path = folder / "Dockerfile"
    path.write_text(OLD)
    return path


def test_exit_codes(folder: Path, dockerfile: Path) -> None:
    assert codi("check", *ONLY).code == 1
    assert codi("check", *ONLY, "--exit-zero").code == 0
    assert codi("check", *ONLY, "--fail-on", "none").code == 0
    assert codi("check", "--select", "DL3000").code == 0
    assert codi("check", *ONLY, "gone").code == 2
    assert codi("check", *ONLY, "gone", "--exit-zero").code == 2
    (folder / ".codi-hook.yaml").write_text("severity: {DL4000: info, DL3004: style}\n")
    for level, code in [("error", 0), ("warning", 0), ("info", 1), ("style", 1)]:
        assert codi("check", *ONLY, "--fail-on", level).code == code
    (folder / ".codi-hook.yaml").write_text("nonsense: 1\n")
    assert codi("check").code == 2
    assert codi("check", "--isolated", *ONLY).code == 1


def test_the_text_report(dockerfile: Path) -> None:
    result = codi("check", *ONLY)
    assert result.err == ""
    lines = result.text.splitlines()
    assert lines[0].startswith("Dockerfile:2:1 DL4000 error: ")
    assert lines[1:3] == ["2 | MAINTAINER me", "  | ^^^^^^^^^^"]
    assert re.match(r"  fix \(safe, \d+%\) Use the label ", lines[3])
    assert "      - MAINTAINER me" in lines
    assert any(line.startswith("  or (unsafe, ") for line in lines)
    assert "Dockerfile:3:5 DL3004 error: " in result.text
    assert lines[-1] == (
        "2 findings in 1 of 1 file: 2 error. --fix resolves 1, --unsafe-fixes 1 more."
    )
    assert "\x1b" not in result.text
    assert "\x1b[" in codi("check", *ONLY, "--color", "always").text


def test_nothing_found(folder: Path) -> None:
    assert codi("check") == (0, b"No Dockerfile was found.\n", "")
    (folder / "Dockerfile").write_text(CLEAN)
    assert codi("check", *ONLY) == (0, b"No findings in 1 file.\n", "")


def test_fix_applies_the_safe_ones_and_reports_the_rest(dockerfile: Path) -> None:
    result = codi("check", *ONLY, "--fix")
    assert result.code == 1
    assert "Fixed 1 finding in 1 file." in result.text
    assert "DL3004" in result.text
    assert "DL4000" not in result.text
    after = dockerfile.read_text()
    assert "MAINTAINER" not in after
    assert "RUN sudo true" in after
    assert codi("check", *ONLY, "--fix", "--unsafe-fixes").code == 0
    assert "sudo" not in dockerfile.read_text()
    before = dockerfile.stat()
    assert codi("check", *ONLY, "--fix", "--unsafe-fixes").code == 0
    assert dockerfile.stat().st_mtime_ns == before.st_mtime_ns, "nothing to do, nothing written"


def test_diff_writes_nothing_and_is_a_patch(
    dockerfile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = codi("check", *ONLY, "--diff", "--unsafe-fixes")
    assert (result.code, dockerfile.read_text()) == (1, OLD)
    assert result.err == "note: --fix would resolve 2 findings\n"
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "Dockerfile").write_text(OLD)
    patch(copy, result.out)
    codi("check", *ONLY, "--fix", "--unsafe-fixes")
    assert (copy / "Dockerfile").read_bytes() == dockerfile.read_bytes()
    assert codi("check", *ONLY, "--diff", "--unsafe-fixes") == (0, b"", "")


def patch(folder: Path, diff: bytes) -> None:
    import subprocess

    subprocess.run(["git", "apply", "--unsafe-paths", "-"], cwd=folder, input=diff, check=True)


def test_standard_input(folder: Path) -> None:
    result = codi("check", *ONLY, "-", stdin=OLD.encode())
    assert result.code == 1
    assert result.text.startswith("-:2:1 DL4000 ")
    fixed = codi("check", *ONLY, "--fix", "--unsafe-fixes", "-", stdin=OLD.encode())
    assert fixed.code == 0
    assert fixed.out.startswith(b"FROM debian:12\nLABEL ")
    assert fixed.out.endswith(b"\nRUN true\n")
    assert "Fixed 2 findings" in fixed.err
    assert list(folder.iterdir()) == []


def test_several_paths_and_errors_beside_findings(folder: Path) -> None:
    for name, text in [("a/Dockerfile", SUDO), ("b.dockerfile", BROKEN), ("c/Dockerfile", CLEAN)]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    result = codi("check", "a", "gone", "b.dockerfile", "c", "--output-format", "json")
    assert result.code == 2
    assert [file["path"] for file in result.json["files"]] == [
        "a/Dockerfile",
        "gone",
        "b.dockerfile",
        "c/Dockerfile",
    ]
    assert "DL3004" in result.codes
    broken = result.json["files"][2]
    assert [finding["code"] for finding in broken["findings"]] == ["CODI000"]
    assert (broken["parse_error"]["line"], broken["parse_error"]["column"]) == (2, 1)
    assert result.json["files"][1]["error"]["message"] == "no such file or folder"
    assert result.err == "error: gone: no such file or folder (check the path)\n"


def test_a_file_is_checked_once_however_often_it_is_named(dockerfile: Path) -> None:
    result = codi("check", ".", "Dockerfile", "./Dockerfile", "--output-format", "json")
    assert len(result.json["files"]) == 1


def test_statistics(folder: Path) -> None:
    (folder / "Dockerfile").write_text(OLD + "RUN sudo id\n")
    assert codi("check", *ONLY, "--statistics").text.splitlines() == [
        "2  DL3004  no-sudo (2 with a fix)",
        "1  DL4000  maintainer-deprecated (1 with a fix)",
    ]
    rows = codi("check", *ONLY, "--statistics", "--output-format", "json").json
    assert rows[0] == {"code": "DL3004", "name": "no-sudo", "count": 2, "fixable": 2}


def test_without_candidates(dockerfile: Path) -> None:
    with_them = codi("check", *ONLY, "--output-format", "json").json["files"][0]["findings"]
    without = codi("check", *ONLY, "--no-candidates", "--output-format", "json").json
    found = without["files"][0]["findings"]
    assert [item["span"] for item in found] == [item["span"] for item in with_them]
    assert all(item["candidates"] == [] == item["rejected"] for item in found)
    assert "fix" not in codi("check", *ONLY, "--no-candidates").text


def test_inline_ignores_can_be_switched_off(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM a:1\n# hadolint ignore=DL3004\nRUN sudo id\n")
    assert codi("check", *ONLY).code == 0
    assert codi("check", *ONLY, "--no-inline-ignores").code == 1


def test_processes_give_what_one_process_gives(folder: Path) -> None:
    for index in range(40):
        (folder / f"{index:02}.dockerfile").write_text([OLD, BROKEN, CLEAN, SUDO][index % 4])
    (folder / "pipe.dockerfile").symlink_to("nowhere")
    alone = codi("check", "--jobs", "1", "--output-format", "json")
    shared = codi("check", "--jobs", "3", "--output-format", "json")
    assert shared.json["files"] == alone.json["files"]
    assert (shared.code, shared.err) == (alone.code, alone.err)
    assert len(alone.json["files"]) == 41


def test_with_a_model_only_the_ranking_stays_in_this_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codi_hook import assist, pipeline
    from codi_hook.frozen import replace

    for index in range(20):
        (folder / f"{index:02}.dockerfile").write_text([OLD, BROKEN, CLEAN, SUDO][index % 4])
    (folder / "pipe.dockerfile").symlink_to("nowhere")
    ranked_in: list[int] = []

    class Backwards(assist.Assist):
        def rank(self, document: object, verified: object) -> object:
            ranked_in.append(os.getpid())
            return [
                replace(item, candidates=item.candidates[::-1], rationales=item.rationales[::-1])
                for item in super().rank(document, verified)
            ]

    monkeypatch.setattr(assist, "needed", lambda _: True)
    monkeypatch.setattr(assist, "Assist", Backwards)
    verified_in: list[int] = []
    verify = pipeline.Checker._verify

    def noted(self: object, *arguments: object) -> object:
        verified_in.append(os.getpid())
        return verify(self, *arguments)

    monkeypatch.setattr(pipeline.Checker, "_verify", noted)
    alone = codi("check", *ONLY, "--jobs", "1", "--output-format", "json")
    assert len(verified_in) == len(ranked_in) == 20
    shared = codi("check", *ONLY, "--jobs", "3", "--output-format", "json")
    assert len(verified_in) == 20, "the others were verified elsewhere"
    assert set(ranked_in) == {os.getpid()}
    assert shared.json["files"] == alone.json["files"]
    first = alone.json["files"][0]["findings"][0]["candidates"]
    assert first[0]["id"] == "drop-maintainer"


def test_a_reader_that_has_seen_enough(dockerfile: Path) -> None:
    import subprocess
    import sys

    for index in range(300):
        (dockerfile.parent / f"{index}.dockerfile").write_text(OLD)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    call = f"{sys.executable} -m codi_hook check --select DL3004,DL4000 | head -n 1"
    done = subprocess.run(["sh", "-c", call], capture_output=True, text=True, env=environment)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("death", ["kill", "exit"])
def test_a_worker_that_dies_costs_one_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    from codi_hook import pipeline

    for index in range(20):
        (folder / f"{index:02}.dockerfile").write_text(SUDO)
    read = pipeline.read

    def deadly(path: str) -> object:
        if path in ("07.dockerfile", "19.dockerfile"):
            if death == "exit":
                os._exit(3)
            os.kill(os.getpid(), 9)
        return read(path)

    monkeypatch.setattr(pipeline, "read", deadly)
    result = codi("check", *ONLY, "--jobs", "2", "--output-format", "json")
    assert result.code == 2
    lost = [file["path"] for file in result.json["files"] if "error" in file]
    assert lost == ["07.dockerfile", "19.dockerfile"]
    assert result.codes.count("DL3004") == 18
    assert "signal 9" in result.err if death == "kill" else "early exit" in result.err


def test_an_internal_error_is_one_line_and_the_others_are_checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codi_hook import pipeline

    for name in ("a.dockerfile", "b.dockerfile"):
        (folder / name).write_text(SUDO)
    parse = pipeline.parse

    def failing(source: object, *more: object) -> object:
        if source.path == "a.dockerfile":
            raise KeyError("lost\nlines")
        return parse(source, *more)

    monkeypatch.setattr(pipeline, "parse", failing)
    result = codi("check", *ONLY)
    assert result.code == 2
    assert "b.dockerfile:2:5 DL3004" in result.text
    assert result.err == (
        "error: a.dockerfile: internal error: KeyError: 'lost\\nlines' "
        "(please report it with the file; CODI_DEBUG=1 shows more)\n"
    )
    monkeypatch.setenv("CODI_DEBUG", "1")
    assert "Traceback" in codi("check", *ONLY).err


def test_an_internal_error_of_the_run_is_one_line(
    dockerfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codi_hook import pipeline

    monkeypatch.setattr(pipeline, "discover", lambda *_: 1 / 0)
    result = codi("check")
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("error: internal error: ZeroDivisionError: division by zero (")
    assert result.err.count("\n") == 1


def test_the_audit_file(dockerfile: Path, folder: Path) -> None:
    codi("check", *ONLY, "--audit-file", "deep/audit.json", "--no-llm")
    record = json.loads((folder / "deep" / "audit.json").read_text())
    assert record["run"]["tool"] == "codi-hook"
    assert record["run"]["environment"]["jobs"] == 1
    first = record["findings"][0]
    assert (first["code"], first["source"], first["line"]) == ("DL4000", "prior", 2)
    assert first["selected"] == first["order"][0]
    assert len(first["confidences"]) == len(first["order"])
    assert os.listdir(folder / "deep") == ["audit.json"], "no temporary file is left"
    assert not (folder / "metadata").exists(), "no model was used"
    refused = codi("check", *ONLY, "--audit-file", "Dockerfile/audit.json")
    assert refused.code == 2
    assert "the audit record cannot be written" in refused.err
    assert codi("check", *ONLY, "--audit-file", os.devnull).code == 1
    assert not os.path.isfile(os.devnull)


def test_colours_follow_the_environment(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in codi("check", *ONLY).text
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in codi("check", *ONLY).text


def test_a_hadolint_configuration_is_enough(folder: Path, dockerfile: Path) -> None:
    (folder / ".hadolint.yaml").write_text(
        "ignored: [DL4000, SC1000]\noverride: {info: [DL3004]}\nformat: codacy\n"
    )
    result = codi("check", "--fail-on", "warning", "--extend-select", "DL3004")
    assert "DL4000" not in result.text
    assert "DL3004 info" in result.text
    assert result.err.startswith("note: .hadolint.yaml: format codacy is not honoured")
