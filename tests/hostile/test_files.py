"""Files that are none, files that may not be touched, and files that change under our hands."""

from __future__ import annotations

import os
import pickle
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from codi_hook import reading
from codi_hook.errors import CodiError
from codi_hook.fixes import select
from codi_hook.fixes.write import write
from tests.calling import Result, codi

OLD = b"FROM debian:12\nMAINTAINER me\n"
CHECK = ("check", "--select", "DL4000", "--no-llm")
FIX = (*CHECK, "--fix")


@pytest.fixture(autouse=True)
def good(folder: Path) -> Path:
    """Another file beside the hostile one, which must be checked in any case."""
    path = folder / "good.dockerfile"
    path.write_bytes(OLD)
    return path


def refused(result: Result, name: str, words: str) -> None:
    assert result.code == 2
    assert "good.dockerfile:2:1 DL4000" in result.text
    line = result.err.splitlines()[0]
    assert line.startswith(f"error: {name}: "), result.err
    assert words in line
    assert line.endswith(")"), "a hint closes the line"
    assert "Traceback" not in result.err


@pytest.mark.timeout(20)
def test_a_pipe_blocks_nobody(folder: Path) -> None:
    os.mkfifo(folder / "Dockerfile")
    refused(codi(*CHECK, "Dockerfile", "good.dockerfile"), "Dockerfile", "a named pipe")
    refused(codi(*FIX[:-1], "."), "Dockerfile", "a named pipe")


def test_devices_and_sockets(folder: Path) -> None:
    refused(codi(*CHECK, "/dev/zero", "good.dockerfile"), "/dev/zero", "a device")
    server = socket.socket(socket.AF_UNIX)
    server.bind("Dockerfile")
    server.close()
    refused(codi(*CHECK, "Dockerfile", "good.dockerfile"), "Dockerfile", "a socket")


def test_missing_dangling_and_looping(folder: Path) -> None:
    refused(codi(*CHECK, "gone", "good.dockerfile"), "gone", "no such file")
    (folder / "a.dockerfile").symlink_to("b.dockerfile")
    (folder / "b.dockerfile").symlink_to("a.dockerfile")
    result = codi(*CHECK, "a.dockerfile", "good.dockerfile")
    refused(result, "a.dockerfile", "")
    refused(codi(*CHECK, "a\0b", "good.dockerfile"), "a␀b", "NUL")
    refused(codi(*CHECK, "x" * 5000, "good.dockerfile"), "x" * 5000, "name too long")


def test_a_folder_named_dockerfile_is_a_folder(folder: Path) -> None:
    (folder / "Dockerfile").mkdir()
    (folder / "Dockerfile" / "Dockerfile").write_bytes(OLD)
    result = codi(*CHECK)
    assert result.code == 1
    assert "Dockerfile/Dockerfile:2:1" in result.text


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory that every user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        (Path(name) / "good.dockerfile").write_bytes(OLD)
        monkeypatch.chdir(name)
        yield Path(name)


def as_user(*arguments: str) -> Result:
    """Call `codi`; where we are root, whom nothing is forbidden, in a child that is not."""
    if os.geteuid() != 0:
        return codi(*arguments)
    codi(*FIX, "-", stdin=OLD)  # imports everything while the source can be read
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(send, pickle.dumps(tuple(codi(*arguments))))
        finally:
            os._exit(0)
    os.close(send)
    with open(receive, "rb") as stream:
        result = Result(*pickle.load(stream))
    os.waitpid(pid, 0)
    return result


def test_no_permission_to_read(open_folder: Path) -> None:
    path = open_folder / "secret.dockerfile"
    path.write_bytes(OLD)
    path.chmod(0)
    result = as_user(*CHECK, "secret.dockerfile", "good.dockerfile")
    refused(result, "secret.dockerfile", "permission denied")


def test_larger_than_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = folder / "big.dockerfile"
    with big.open("wb") as stream:
        stream.truncate(reading.LIMIT + 1)
    refused(codi(*CHECK), "big.dockerfile", "larger than 1 MiB")
    stdin = codi(*CHECK, "-", stdin=b"#" * (reading.LIMIT + 1))
    assert (stdin.code, stdin.out[:2]) == (2, b"No")
    assert stdin.err == "error: -: is larger than 1 MiB (no Dockerfile needs that much)\n"


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 40, b"\0" * 5000, b"\x7fELF\x02\x01\x01\0" * 9]
)
def test_binary_is_a_finding(folder: Path, data: bytes) -> None:
    (folder / "Dockerfile").write_bytes(data)
    result = codi(*FIX, "--unsafe-fixes")
    assert result.code == 1
    assert "Dockerfile:" in result.text
    assert "CODI000" in result.text
    assert (folder / "Dockerfile").read_bytes() == data
    assert b"\0" not in result.out


def test_a_link_out_of_the_repository_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / ".git").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_bytes(OLD)
    (folder / "Dockerfile").symlink_to(outside / "Dockerfile")
    (folder / "linked").symlink_to(outside)
    for name in ("Dockerfile", "linked/Dockerfile"):
        result = codi(*FIX[:-1], name, "good.dockerfile")
        refused(result, name, "a symbolic link out of the repository")
        assert str(outside / "Dockerfile") in result.err
        codi(*FIX, name)
        assert (outside / "Dockerfile").read_bytes() == OLD


def test_a_link_within_the_repository_stays_a_link(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "real").write_bytes(OLD)
    (folder / "Dockerfile").symlink_to("real")
    assert codi(*FIX, "Dockerfile").code == 0
    assert (folder / "Dockerfile").is_symlink()
    assert b"MAINTAINER" not in (folder / "real").read_bytes()


@pytest.mark.parametrize("how", ["content", "replaced", "removed", "became-a-pipe"])
def test_a_file_that_changes_while_it_is_fixed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    path = folder / "Dockerfile"
    path.write_bytes(OLD)
    real = select.fix

    def meanwhile(document: object, *rest: object) -> object:
        if document.source.path == "Dockerfile":
            if how == "content":
                path.write_bytes(OLD + b"# by another hand\n")
            elif how == "replaced":
                (folder / "new").write_bytes(OLD)
                os.replace(folder / "new", path)
            else:
                path.unlink()
            if how == "became-a-pipe":
                os.mkfifo(path)
        return real(document, *rest)

    monkeypatch.setattr(select, "fix", meanwhile)
    result = codi(*FIX, "Dockerfile", "good.dockerfile")
    assert result.code == 2
    assert "Dockerfile:2:1 DL4000" in result.text
    assert "Fixed 1 finding in 1 file." in result.text, "the other one"
    assert result.err.startswith("error: Dockerfile: ")
    if how == "content":
        assert path.read_bytes() == OLD + b"# by another hand\n"
        assert "changed while it was being fixed" in result.err
    if how == "replaced":
        assert path.read_bytes() == OLD
    assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]


@pytest.mark.parametrize("mode", [0o444, 0o555])
def test_a_write_protected_file_is_left_alone(folder: Path, mode: int) -> None:
    path = folder / "Dockerfile"
    path.write_bytes(OLD)
    path.chmod(mode)
    result = codi(*FIX, "Dockerfile")
    assert (result.code, path.read_bytes()) == (2, OLD)
    assert "is write-protected and was not changed (chmod u+w" in result.err
    assert "DL4000" in result.text


def test_a_write_protected_folder(open_folder: Path) -> None:
    inner = open_folder / "inner"
    inner.mkdir()
    path = inner / "Dockerfile"
    path.write_bytes(OLD)
    path.chmod(0o666)
    inner.chmod(0o555)
    result = as_user(*FIX, "inner/Dockerfile")
    inner.chmod(0o755)
    assert (result.code, path.read_bytes()) == (2, OLD)
    assert "cannot be written: permission denied (the file was left as it was)" in result.err
    assert os.listdir(inner) == ["Dockerfile"]


def test_mode_and_owner_stay(folder: Path) -> None:
    path = folder / "Dockerfile"
    path.write_bytes(OLD)
    path.chmod(0o750)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65533)
    before = path.stat()
    assert codi(*FIX, "Dockerfile").code == 0
    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o750
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino, "replaced, not overwritten"


def test_hard_links_are_not_parted(folder: Path) -> None:
    path = folder / "Dockerfile"
    path.write_bytes(OLD)
    os.link(path, folder / "twin")
    result = codi(*FIX, "Dockerfile")
    assert (result.code, path.read_bytes()) == (2, OLD)
    assert "has 2 hard links" in result.err


@pytest.mark.parametrize("call", ["replace", "fsync", "open"])
def test_a_disk_that_refuses(folder: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = folder / "Dockerfile"
    path.write_bytes(OLD)
    content = reading.read("Dockerfile")
    real = getattr(os, call)

    def full(*arguments: object, **options: object) -> object:
        if call != "open" or arguments[1] & os.O_CREAT:
            raise OSError(28, "No space left on device")
        return real(*arguments, **options)

    monkeypatch.setattr(os, call, full)
    with pytest.raises(CodiError, match="cannot be written: no space left on device"):
        write(content, b"FROM scratch\n")
    monkeypatch.undo()
    assert (folder / "Dockerfile").read_bytes() == OLD
    assert sorted(os.listdir(folder)) == ["Dockerfile", "good.dockerfile"]
