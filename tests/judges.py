"""The judges: BuildKit's Go parser for the tree, BuildKit inside tally for what an instruction
may hold, hadolint for findings. Thin wrappers; all three come from PyPI with the dev extra."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

BATCH = 200  # paths to one hadolint process
TALLY_SMALLEST = 6  # bytes; it does not read a smaller file, which BuildKit would


def executable(name: str) -> str:
    """Path of a program that pip installed beside this interpreter."""
    return str(Path(sysconfig.get_path("scripts")) / name)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder in memory where there is one: the judges read every file from disk."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


class GoCommand(NamedTuple):
    """One instruction as BuildKit's Go parser has it; heredocs are (name, descriptor, content)."""

    keyword: str
    trigger: str | None
    is_json: bool
    flags: tuple[str, ...]
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, int, str], ...]
    start_line: int
    end_line: int


class GoParser:
    """BuildKit's `parser.Parse`. The binding hands back text, so bytes that are not UTF-8 must
    not reach it, and a NUL cuts off the value that holds it."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._path = self._stack.enter_context(_scratch()) / "Dockerfile"

    def __enter__(self) -> GoParser:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def parse(self, data: bytes) -> tuple[GoCommand, ...] | str:
        """The instructions, or the message of the error."""
        import dockerfile

        self._path.write_bytes(data)
        try:
            commands = dockerfile.parse_file(str(self._path))
        except dockerfile.GoParseError as error:
            return str(error)
        return tuple(
            GoCommand(
                keyword=command.cmd,
                trigger=command.sub_cmd,
                is_json=command.json,
                flags=command.flags,
                values=command.value,
                heredocs=tuple((h.name, h.file_descriptor, h.content) for h in command.heredocs),
                start_line=command.start_line,
                end_line=command.end_line,
            )
            for command in commands
        )


def go_parse(data: bytes) -> tuple[GoCommand, ...] | str:
    with GoParser() as parser:
        return parser.parse(data)


class ServerEnded(RuntimeError):
    pass


class BuildKit:
    """BuildKit's two stages as tally's language server runs them: 2 to 30 ms a file, where a
    process for each costs 180 ms, and one file that does not parse aborts a batch.

    tally is more lenient than BuildKit in three places, by its own design or BuildKit's: it
    takes an instruction before the first FROM and a forbidden ONBUILD trigger (findings of its
    rules instead), and the server does not say that a file has no stage; `refusal` adds the
    last. What BuildKit evaluates only while building (most mount options) passes as well.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._folder = self._stack.enter_context(_scratch())
        (self._folder / ".tally.toml").write_text('[rules]\nexclude = ["*"]\n')
        self._path = self._folder / "Dockerfile"
        self._errors = self._stack.enter_context((self._folder / "log").open("ab"))
        self._log = self._stack.enter_context((self._folder / "log").open("rb", buffering=0))
        self._parser = self._stack.enter_context(GoParser())
        self._start()

    def _start(self) -> None:
        self._alive = True
        self._server = subprocess.Popen(
            [executable("tally"), "lsp", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._requests = 0
        capabilities = {"textDocument": {"diagnostic": {"dynamicRegistration": False}}}
        root = {"processId": None, "rootUri": self._folder.as_uri(), "capabilities": capabilities}
        self._request("initialize", root)
        self._send({"method": "initialized", "params": {}})

    def __enter__(self) -> BuildKit:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._stack.close()

    def _stop(self) -> None:
        assert self._server.stdin and self._server.stdout
        with contextlib.suppress(BrokenPipeError):
            self._server.stdin.close()
        self._server.stdout.close()
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def refusal(self, data: bytes) -> str:
        """BuildKit's message, or an empty string for a file that it takes.

        tally, unlike BuildKit, wants UTF-8: other bytes are judged as U+FFFD.
        """
        data = data.decode("utf-8", "replace").encode()
        padding = b"\n" * (TALLY_SMALLEST - len(data))
        self._path.write_bytes(data + padding)
        log = ""
        for _ in range(3):  # a server may have died behind its last answer
            log = self._judge()
            if self._alive:
                break
            self._stop()
            self._start()
            if "linter.checkRule" in log:  # its rules crash at times; they run only on what
                log = ""  # both stages took
                break
        else:
            raise RuntimeError(f"tally does not stay alive: {log}")
        _, found, message = log.partition("lint error for ")
        if found:
            return message.partition(": ")[2]
        if "file validation failed" in log:  # it has limits of its own; other lines are chatter
            raise RuntimeError(f"tally did not judge the file: {log}")
        commands = self._parser.parse(data)
        if isinstance(commands, str):
            return commands
        has_stage = any(command.keyword.upper() == "FROM" for command in commands)
        return "" if has_stage else "dockerfile contains no stages to build"

    def _judge(self) -> str:
        """What the server logs about the file; it is no longer alive if it crashed."""
        at = self._log.seek(0, os.SEEK_END)
        try:
            document = {"textDocument": {"uri": self._path.as_uri()}}
            self._request("textDocument/diagnostic", document)
        except (ServerEnded, BrokenPipeError):
            self._alive = False
            self._server.wait(10)
        self._log.seek(at)
        return self._log.read().decode("utf-8", "replace").strip()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._server.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._server.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._server.stdout
        length = 0
        while header := self._server.stdout.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise ServerEnded("tally's language server ended")
        answer: dict[str, Any] = json.loads(self._server.stdout.read(length))
        return answer

    def _request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self._requests += 1
        self._send({"id": self._requests, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" in message:
                if "id" in message:
                    self._send({"id": message["id"], "result": None})
            elif message.get("id") == self._requests:
                if "error" in message:
                    raise RuntimeError(f"tally refused {method}: {message['error']}")
                return message


def buildkit_accepts(paths: Iterable[Path]) -> dict[Path, bool]:
    """Whether BuildKit takes each file: both its stages, nothing of the build itself."""
    with BuildKit() as judge:
        return {path: not judge.refusal(path.read_bytes()) for path in paths}


def hadolint(paths: Sequence[Path], *options: str) -> list[dict[str, Any]]:
    """hadolint's findings: `file`, `line`, `column`, `level`, `code`, `message`. A file that it
    cannot parse is one finding with code DL1000."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(paths), BATCH):
        names = [str(path) for path in paths[start : start + BATCH]]
        command = [executable("hadolint"), "--no-fail", "--format", "json", *options, *names]
        answer = subprocess.run(command, capture_output=True, check=True)
        found += json.loads(answer.stdout)
    return found
