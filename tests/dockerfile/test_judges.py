"""The judges themselves: what they say of files whose verdict is known."""

from __future__ import annotations

from pathlib import Path

from tests.judges import BuildKit, buildkit_accepts, go_parse, hadolint


def test_go_parser() -> None:
    from_, run = go_parse(b"FROM a\nRUN <<E b\nc\nE\n")
    assert (from_[0], from_[4]) == ("FROM", ("a",))
    assert (run[0], run[4], run[5], run[7]) == ("RUN", ("<<E b",), (("E", 0, "c\n"),), 4)
    assert go_parse(b"FROM a\nENV a\n") == "ENV must have two arguments"


def test_buildkit_takes_and_refuses(tmp_path: Path) -> None:
    files = {"a": "FROM a\n", "b": "FROM a b\n", "c": "RUN x\n", "d": "FROM", "e": "FROM a\nFOO\n"}
    paths = {name: tmp_path / name for name in files}
    for name, text in files.items():
        paths[name].write_text(text)
    answer = buildkit_accepts(paths.values())
    assert [name for name, path in paths.items() if answer[path]] == ["a"]


def test_buildkit_outlives_a_crash_of_the_linter_around_it() -> None:
    with BuildKit() as judge:
        assert judge.refusal(b"FROM a\nEXPOSE /tcp\n") == ""
        assert "FROM requires" in judge.refusal(b"FROM a b\n")
        assert judge.refusal(b"FROM a\n") == ""


def test_hadolint(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("FROM a:1\nRUN sudo b\n")
    bad.write_text("FROM a b\n")
    found = {(Path(item["file"]).name, item["code"]) for item in hadolint([good, bad])}
    assert found == {("good", "DL3004"), ("bad", "DL1000")}
