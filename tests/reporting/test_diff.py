"""Diffs are patches: git applies them and gets the same bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codi_hook.reporting import diff

LINE = st.sampled_from([b"a", b"b", b"c", b"", b"RUN x\r", b"\xff\xfe", b"\x0c", b"\x85", b"-- x"])
FILE = st.builds(
    lambda lines, end: b"\n".join(lines) + end,
    st.lists(LINE, max_size=30),
    st.sampled_from([b"", b"\n"]),
)


def patched(before: bytes, patch: bytes) -> bytes:
    """What the hunks make of `before`, by a reading of the format that is not ours to share."""
    old, out, at = diff.lines(before), [], 0
    rows = diff.lines(patch)[2:]
    for index, row in enumerate(rows):
        if row.startswith(b"@@"):
            start, _, length = row.split()[1][1:].partition(b",")
            first = int(start) - (length != b"0")
            out += old[at:first]
            at = first
        elif row.startswith(b"\\"):
            continue
        else:
            bare = index + 1 < len(rows) and rows[index + 1].startswith(b"\\")
            line = row[1:-1] if bare else row[1:]
            if row[:1] in b" -":
                assert old[at] == line
                at += 1
            if row[:1] in b" +":
                out.append(line)
    return b"".join(out + old[at:])


@settings(max_examples=300, deadline=None)
@given(FILE, FILE)
def test_a_diff_leads_from_one_file_to_the_other(before: bytes, after: bytes) -> None:
    patch = diff.unified(before, after, "Dockerfile")
    assert (patch == b"") == (before == after)
    assert patched(before, patch) == after


@settings(max_examples=300, deadline=None)
@given(FILE, st.data())
def test_the_diff_of_edits_is_that_of_the_files(before: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(before)), min_size=2, max_size=6)))
    edits, after, at = [], b"", 0
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        replacement = data.draw(FILE)
        edits.append((start, end, replacement.decode("utf-8", "surrogateescape")))
        after += before[at:start] + replacement
        at = end
    after += before[at:]
    assert patched(before, diff.of_edits(before, tuple(edits), "Dockerfile")) == after


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=FILE.filter(bool), after=FILE.filter(bool))
def test_git_applies_them(folder: Path, before: bytes, after: bytes) -> None:
    (folder / "a file").write_bytes(before)
    patch = diff.unified(before, after, "a file")
    if patch:
        subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], input=patch, check=True)
    assert (folder / "a file").read_bytes() == after


@pytest.mark.timeout(20)
def test_large_files_take_no_time() -> None:
    before = b"".join(b"RUN echo %d\n" % (number % 7) for number in range(60_000))
    after = before.replace(b"echo 3", b"printf 3")
    assert patched(before, diff.unified(before, after, "x")) == after
    small = diff.of_edits(before, ((500_000, 500_003, "new"),), "x")
    assert len(small) < 300
