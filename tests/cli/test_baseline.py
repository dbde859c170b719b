"""An old repository adopts the tool today: a baseline, and findings on changed lines alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codi_hook.changed_lines import changed_lines
from tests.calling import codi
from tests.conftest import git

OLD = """\
FROM debian:12
RUN apt-get update && apt-get install -y curl wget
RUN apt-get install -y vim
"""
FILE = ".codi-hook-baseline.json"


def reported() -> list[tuple[str, int]]:
    result = codi("check", "--output-format", "json", "--no-candidates", "--baseline", FILE)
    assert result.code in (0, 1), result.err
    return [
        (finding["code"], finding["span"]["start_line"])
        for file in result.json["files"]
        for finding in file["findings"]
    ]


@pytest.fixture
def accepted(folder: Path) -> Path:
    """A folder whose findings are all in the baseline."""
    (folder / "Dockerfile").write_text(OLD)
    result = codi("check", "--write-baseline")
    assert result.code == 0, result.err
    assert f"note: {FILE} now holds" in result.err
    assert result.out == b""
    return folder


def test_nothing_is_left_to_report(accepted: Path) -> None:
    assert reported() == []
    assert codi("check", "--baseline", FILE).code == 0


def test_moved_and_reformatted_lines_are_the_same_findings(accepted: Path) -> None:
    moved = OLD.replace("FROM debian:12\n", "FROM debian:12\n# what follows\nLABEL team=web\n")
    moved = moved.replace("-y curl wget", "-y \\\n      curl wget")
    (accepted / "Dockerfile").write_text(moved)
    assert reported() == []


def test_another_part_of_the_instruction_may_change(accepted: Path) -> None:
    (accepted / "Dockerfile").write_text(OLD.replace("curl wget", "curl wget jq"))
    assert reported() == []


def test_one_entry_stands_for_one_finding(accepted: Path) -> None:
    (accepted / "Dockerfile").write_text(OLD + "RUN apt-get install -y vim\n")
    assert {line for _, line in reported()} == {4}
    assert ("DL3015", 4) in reported()


def test_a_new_file_and_a_new_finding_are_reported(accepted: Path) -> None:
    (accepted / "Dockerfile").write_text(OLD + "MAINTAINER me\n")
    (accepted / "app.dockerfile").write_text("FROM debian:12\nRUN sudo true\n")
    assert ("DL4000", 4) in reported()
    assert ("DL3004", 2) in reported()


def test_it_is_found_from_any_folder(accepted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (accepted / "sub").mkdir()
    monkeypatch.chdir(accepted / "sub")
    assert codi("check", "--baseline", f"../{FILE}", "../Dockerfile").code == 0


def test_fixes_leave_alone_what_was_accepted(accepted: Path) -> None:
    (accepted / "Dockerfile").write_text(OLD + "MAINTAINER me\n")
    assert codi("check", "--fix", "--unsafe-fixes", "--baseline", FILE, "--no-llm").code == 0
    fixed = (accepted / "Dockerfile").read_text()
    assert fixed.startswith(OLD)
    assert "MAINTAINER" not in fixed


def test_it_is_stable_and_holds_no_line_numbers(accepted: Path) -> None:
    before = (accepted / FILE).read_bytes()
    (accepted / "Dockerfile").write_text("\n\n" + OLD)
    codi("check", "--write-baseline")
    assert (accepted / FILE).read_bytes() == before
    assert set(json.loads(before)) == {"schema", "tool", "files"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is no JSON"),
        (b"[]", "is no baseline of this version"),
        (b'{"schema": 2, "files": {}}', "is no baseline of this version"),
        (b'{"schema": 1, "files": {"a": [{"exact": 1, "place": 2}]}}', "is no baseline"),
        (b"\xff\xfe", "cannot be read"),
        (b"[" * 100_000, "is no baseline"),
    ],
)
def test_a_broken_baseline_is_an_error(accepted: Path, content: bytes, said: str) -> None:
    (accepted / FILE).write_bytes(content)
    result = codi("check", "--baseline", FILE)
    assert result.code == 2
    assert said in result.err
    assert "--write-baseline" in result.err


def test_a_missing_baseline_is_an_error(accepted: Path) -> None:
    result = codi("check", "--baseline", "none.json")
    assert result.code == 2
    assert "none.json: no such baseline" in result.err


def test_an_incomplete_baseline_is_not_written(accepted: Path) -> None:
    before = (accepted / FILE).read_bytes()
    (accepted / "huge.dockerfile").write_bytes(b"#" * (2 * 1024 * 1024))
    result = codi("check", "--write-baseline")
    assert result.code == 2
    assert "no baseline was written" in result.err
    assert (accepted / FILE).read_bytes() == before
    assert codi("check", "--write-baseline", "--fix").code == 2


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder, "init", "-q", "-b", "main")
    (folder / "Dockerfile").write_text(OLD)
    (folder / "other.dockerfile").write_text(OLD)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "old")
    return folder


def on_changed(*options: str) -> list[tuple[str, int]]:
    result = codi(
        "check", "--output-format", "json", "--no-candidates", "--changed-lines", "main", *options
    )
    assert result.code in (0, 1), result.err
    return [
        (f"{file['path']} {finding['code']}", finding["span"]["start_line"])
        for file in result.json["files"]
        for finding in file["findings"]
    ]


def test_only_changed_lines_are_reported(repository: Path) -> None:
    assert on_changed() == []
    (repository / "Dockerfile").write_text(OLD.replace("FROM", "# new\nFROM") + "MAINTAINER me\n")
    (repository / "new.dockerfile").write_text("FROM debian:12\nRUN sudo true\n")
    found = on_changed()
    assert ("Dockerfile DL4000", 5) in found
    assert ("new.dockerfile DL3004", 2) in found
    assert {place.split()[0] for place, _ in found} == {"Dockerfile", "new.dockerfile"}
    assert {line for place, line in found if place.startswith("Dockerfile")} == {5}


def test_only_changed_lines_are_fixed(repository: Path) -> None:
    (repository / "Dockerfile").write_text(OLD + "MAINTAINER me\n")
    codi("check", "--fix", "--unsafe-fixes", "--changed-lines", "main", "--no-llm")
    fixed = (repository / "Dockerfile").read_text()
    assert fixed.startswith(OLD)
    assert "MAINTAINER" not in fixed


def test_an_unknown_revision_and_no_repository(repository: Path, tmp_path: Path) -> None:
    assert codi("check", "--changed-lines", "nonsense").code == 2


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_lines_that_did_not_change_make_up_a_common_subsequence(
    old: list[str], new: list[str]
) -> None:
    changed = changed_lines("\n".join(old).encode(), "\n".join(new).encode())
    kept = [line for number, line in enumerate(new, 1) if number not in changed]
    left = iter(old)
    assert all(line in left for line in kept)
    assert changed <= set(range(1, len(new) + 1))
    assert changed_lines(None, b"a\nb\n") == {1, 2}
