"""`codi-train` in a process of its own that writes down its requests, and may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.models import parts, weed

CODE = """
import os, signal, sys
from botocore.response import StreamingBody
from codi_hook.models import s3
log, operation, limit = os.environ["REQUESTS"], os.environ["KILL_AT"], int(os.environ["KILL_AFTER"])
count = 0
def passed(size):
    global count
    count += size
    if count >= limit:
        os.kill(os.getpid(), signal.SIGKILL)
def note(*words):
    with open(log, "a") as stream:
        print(*words, file=stream)
def sending(request, operation_name="", **_):
    headers = request.headers
    def header(name):
        value = headers.get(name, "")
        return value.decode() if isinstance(value, bytes) else value
    note(request.method, header("Content-Length") or 0, header("Range") or "-")
def named(model, params, **_):
    note("op", model.name, "manifest" if params["url_path"].endswith("manifest.json") else "")
def done(model, **_):
    if model.name == operation:
        passed(1)
real, real_chunks = s3.client, StreamingBody.iter_chunks
def client(*given):
    made = real(*given)
    made.meta.events.register("before-send.s3", sending)
    made.meta.events.register("before-call.s3", named)
    made.meta.events.register("after-call.s3", done)
    return made
def chunks(self, size):
    for chunk in real_chunks(self, size):
        yield chunk
        note("received", len(chunk))
        if operation == "bytes":
            passed(len(chunk))
s3.client, StreamingBody.iter_chunks = client, chunks
from trainer.cli import main
main(sys.argv[1:])
"""


class Run(NamedTuple):
    """What a run said and asked for. `sent` and `received` are bytes of bodies."""

    status: int
    output: str
    errors: str
    operations: list[str]
    ranges: list[str]
    sent: int
    received: int

    def count(self, operation: str) -> int:
        return self.operations.count(operation)


def run(
    endpoint: str, home: Path, *arguments: str, kill_at: str = "", kill_after: int = 1 << 60
) -> Run:
    """Run it to its end, or until `kill_after` requests of the operation `kill_at` are answered."""
    log = home / "requests"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    environment = {
        **os.environ,
        **weed.environment(endpoint),
        "XDG_CACHE_HOME": str(home / "cache"),
        "REQUESTS": str(log),
        "KILL_AT": kill_at,
        "KILL_AFTER": str(kill_after),
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        cwd=parts.ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    lines = [line.split() for line in log.read_text().splitlines()]
    return Run(
        done.returncode,
        done.stdout,
        done.stderr,
        ["".join(line[1:]) for line in lines if line[0] == "op"],
        [line[2] for line in lines if line[0] == "GET" and line[2] != "-"],
        sum(int(line[1]) for line in lines if line[0] in ("PUT", "POST")),
        sum(int(line[1]) for line in lines if line[0] == "received"),
    )


KILLED = -signal.SIGKILL
