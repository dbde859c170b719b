"""What ShellCheck says, at its bytes; and beside hadolint, which asks the same program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from codi_hook.shellcheck.snippets import LONGEST, snippets
from tests.shellcheck.parts import document, reported

CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
IDS = [case["name"] for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_findings_and_their_places(case: dict[str, Any]) -> None:
    assert reported(case["source"]) == case["findings"]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_profile_hadolint(case: dict[str, Any]) -> None:
    lines = [line.split(" ")[:2] for line in reported(case["source"], faithful=True)]
    found = document(case["source"])
    at = {
        line: item.start_line
        for item in found.instructions
        for line in range(item.start_line, item.end_line + 1)
    }
    assert [f"{at[int(place.split(':')[0])]} {code}" for place, code in lines] == case["hadolint"]


def test_hadolint_says_so_too(tmp_path: Path) -> None:
    """All cases in one call of hadolint, line by line."""
    from tests.judges import hadolint

    paths = [tmp_path / f"{number}.Dockerfile" for number in range(len(CASES))]
    for path, case in zip(paths, CASES, strict=True):
        path.write_bytes(case["source"].encode())
    theirs = hadolint(paths)
    for path, case in zip(paths, CASES, strict=True):
        found = [
            f"{item['line']} {item['code']}"
            for item in theirs
            if item["file"] == str(path) and item["code"].startswith("SC")
        ]
        assert found == case["hadolint"], case["name"]


@pytest.mark.parametrize(
    "run",
    [
        "RUN " + "\\\n".join(["echo é", "  && echo $a", "  && echo `b`", ""]),
        "RUN <<EOF\n\techo €\n  echo $a\r\n\techo `b`\nEOF",
        "RUN cat <<A <<-B > x && rm *.d\n€\nA\n\t`b`\n\tB",
        'RUN ["sh", "-c", "echo \\u20ac \\"$a\\" \\\n && rm *.d"]',
        "RUN --mount=type=cache,target=/a echo $a",
        "ONBUILD RUN echo $a",
    ],
)
def test_every_offset_leads_to_its_byte(run: str) -> None:
    """Character by character: what ShellCheck sees at a place stands there in the file."""
    found = document(f"FROM debian:12\n{run}\n")
    for snippet in snippets(found):
        for number, line in enumerate(snippet.source.split("\n")[2:-1], start=3):
            for column, char in enumerate(line, start=1):
                index = snippet.index(number, column)
                assert index is not None
                offset = snippet.offset(index)
                size = len(char.encode())
                there = found.source.text(snippet.text.span(offset, offset + size))
                assert there == char or there.startswith("\\") or there == "\r"


def test_what_is_no_character_counts_as_one() -> None:
    assert reported("FROM debian:12\nRUN echo '\udcff\0' && rm *.deb\n") == ["2:21 SC2035 *"]


def test_a_script_without_end_is_not_asked_about() -> None:
    found = document("FROM debian:12\nRUN echo " + "a \\\n" * (LONGEST // 4) + "b\n")
    assert list(snippets(found)) == []


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# shellcheck disable=SC2086\n", ["SC2154"]),
        ("# shellcheck disable=SC2086,SC2154\n", []),
        ("# shellcheck disable=2000-2999\n", []),
        ("# shellcheck disable=all\n", []),
        ("# shellcheck shell=bash disable=SC2086\n", ["SC2154"]),
        ("# shellcheck source=x\n", ["SC2154", "SC2086"]),
    ],
)
def test_shellchecks_own_comments(comment: str, codes: list[str]) -> None:
    above = reported(f"FROM debian:12\n{comment}RUN echo $x\n")
    inside = reported(f"FROM debian:12\nRUN true && \\\n{comment}  echo $x\n")
    for found in (above, inside):
        assert [line.split()[1] for line in found] == codes
