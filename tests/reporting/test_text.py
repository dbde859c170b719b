"""The text report shows the place, and sends nothing to the terminal that the file wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from codi_hook.config.settings import Settings
from codi_hook.frozen import replace
from codi_hook.pipeline import run
from codi_hook.reporting import names, writer
from codi_hook.reporting.terminal import Paint
from codi_hook.reporting.text_report import summary
from tests.calling import codi

ONLY = ("check", "--select", "DL3004", "--no-llm")


def lines(folder: Path, source: bytes) -> list[str]:
    (folder / "Dockerfile").write_bytes(source)
    return codi(*ONLY).text.splitlines()


def test_formats_are_found_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names() == ("text", "github", "hadolint", "json")
    for name in names():
        assert callable(writer(name))


@pytest.mark.parametrize(
    ("line", "shown", "carets"),
    [
        (b"RUN sudo id", "RUN sudo id", "    ^^^^"),
        (b"RUN\tsudo id", "RUN    sudo id", "       ^^^^"),
        ("RUN echo 日本 && sudo id".encode(), "RUN echo 日本 && sudo id", " " * 17 + "^^^^"),
        (b"RUN echo \xff && sudo id", "RUN echo \ufffd && sudo id", " " * 14 + "^^^^"),
        (b"RUN echo '\x1b[31m\x07' && sudo id", "RUN echo '␛[31m␇' && sudo id", " " * 21 + "^^^^"),
    ],
)
def test_excerpt_and_carets(folder: Path, line: bytes, shown: str, carets: str) -> None:
    found = lines(folder, b"FROM a:1\n" + line + b"\n")
    assert found[1] == f"2 | {shown}"
    assert found[2] == f"  | {carets}"


def test_long_lines_are_cut_around_the_place(folder: Path) -> None:
    line = b"RUN " + b"x" * 5000 + b" && sudo " + b"y" * 5000
    found = lines(folder, b"FROM a:1\n" + line + b"\n")
    assert "sudo" in found[1]
    assert len(found[1]) < 400
    assert found[1].index("sudo") == found[2].index("^")


def test_control_characters_of_paths_and_diffs_are_shown(folder: Path) -> None:
    name = "a\x1b]0;x\x07\u202e.dockerfile"
    (folder / name).write_bytes(b"FROM a:1\nRUN sudo echo '\x1b[2J\xe2\x80\xae'\n")
    for call in (ONLY, (*ONLY, "--output-format", "github"), ("check", name + "x")):
        result = codi(*call)
        for character in "\x1b\x07\u202e":
            assert character not in result.text + result.err


def test_a_long_diff_is_cut(folder: Path) -> None:
    script = " \\\n".join(["RUN sudo id", *(f"  && echo {n}" for n in range(3))])
    found = lines(folder, f"FROM a:1\n{script}\n".encode())
    assert any(line.startswith("      - RUN sudo id") for line in found)


def test_who_put_the_alternatives_in_order(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM alpine:3.19\nMAINTAINER me\nRUN apk add --update a\n"
    )
    report = run([str(tmp_path / "Dockerfile")], Settings(llm=False))
    assert not any("ranked" in line for line in summary(report, Settings(), Paint(False)))
    (file,) = report.files
    first, *others = file.findings
    assert len(first.candidates) > 1
    by_model = replace(file, findings=(replace(first, source="llm"), *others))
    names = {"model": "small", "adapter": "choices", "adapter_version": "1.0"}
    told = summary(replace(report, files=(by_model,), run=names), Settings(), Paint(False))
    assert next(told).startswith("Alternatives ranked: 1 by the model (small, choices, 1.0)")
