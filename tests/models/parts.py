"""Small GGUFs, small servers and child processes for the tests of models."""

from __future__ import annotations

import ctypes
import hashlib
import http.server
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFWriter

ROOT = Path(__file__).resolve().parents[2]
MODEL = "from codi_hook.cli.model import model; model()"
WIDTH, HEADS, BLOCKS = 64, 4, 2


def write_gguf(
    path: Path,
    *,
    architecture: str = "llama",
    seed: int = 0,
    kind: str = "model",
    width: int = WIDTH,
) -> Path:
    """A GGUF with the tensors of a small attention stack; `seed` decides its content."""
    random = np.random.default_rng(seed)
    writer = GGUFWriter(path, architecture)
    writer.add_type(kind)
    writer.add_array("tokenizer.ggml.tokens", [f"token {index}" for index in range(300)])
    for key, value in (
        ("context_length", 128), ("embedding_length", width), ("block_count", BLOCKS),
        ("feed_forward_length", width), ("attention.head_count", HEADS),
        ("attention.head_count_kv", HEADS // 2),
    ):  # fmt: skip
        writer.add_uint32(f"{architecture}.{key}", value)
    writer.add_float32(f"{architecture}.attention.layer_norm_rms_epsilon", 1e-5)
    for block in range(BLOCKS):
        writer.add_tensor(
            f"blk.{block}.attn_norm.weight", random.standard_normal(width, np.float32)
        )
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            rows = width // 2 if name in ("attn_k", "attn_v") else width
            weights = random.standard_normal((rows, width), np.float32).astype(np.float16)
            writer.add_tensor(f"blk.{block}.{name}.weight", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_wheel(folder: Path, gguf: Path, package: str = "tiny-model") -> Path:
    """A wheel that holds the GGUF as `<package>/model.gguf`, and nothing that would run."""
    module = package.replace("-", "_")
    path = folder / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.write(gguf, f"{module}/model.gguf")
        info = f"{module}-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", wheel)
        archive.writestr(f"{info}/RECORD", "")
    return path


class Server:
    """An HTTP server on loopback that records what was asked of it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, str]] = []  # method, path, Range
        self.pages: dict[str, bytes | Path] = {}
        self.headers: Callable[[str, bytes], Mapping[str, str]] = lambda path, body: {}
        self.stall_after: int | None = None  # bytes of a body after which nothing more is sent
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self.http.shutdown()
        self.http.server_close()

    def index(self, wheel: Path) -> str:
        """Serve `wheel` from a simple index; returns the address for PIP_INDEX_URL."""
        package = wheel.name.split("-")[0].replace("_", "-")
        self.pages[f"/files/{wheel.name}"] = wheel
        link = f'<a href="/files/{wheel.name}#sha256={digest(wheel)}">{wheel.name}</a>'
        self.pages[f"/simple/{package}/"] = (
            f"<!DOCTYPE html><html><body>{link}</body></html>".encode()
        )
        return f"{self.url}/simple"

    def count(self, method: str, part: str) -> int:
        return sum(1 for one, path, _ in self.requests if one == method and part in path)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Server

    def log_message(self, format: str, *args: Any) -> None: ...

    def do_HEAD(self) -> None:
        self.answer(False)

    def do_GET(self) -> None:
        self.answer(True)

    def answer(self, with_body: bool) -> None:
        wanted = self.headers.get("Range", "")
        self.owner.requests.append((self.command, self.path, wanted))
        page = self.owner.pages.get(self.path.partition("?")[0])
        if page is None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        whole = page.read_bytes() if isinstance(page, Path) else page
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        body = whole[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        for key, value in self.owner.headers(self.path, whole).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.send(body)

    def send(self, body: bytes) -> None:
        limit = self.owner.stall_after
        try:
            if limit is None or len(body) <= limit:
                self.wfile.write(body)
                return
            self.wfile.write(body[:limit])
            self.wfile.flush()
            self.owner.released.wait(30)
            self.close_connection = True
        except OSError:
            self.close_connection = True


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.close()


def pip_environment(index: str) -> dict[str, str]:
    """An environment in which pip knows that index alone, and no cache."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    return {
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
    }


def command(*arguments: str, code: str = MODEL) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def run(
    *arguments: str, environment: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """`codi-hook model …` in a process of its own."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=120, check=False, **options,
    )  # fmt: skip


def start(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments), cwd=ROOT, env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def free_ports(count: int) -> list[int]:
    """Ports below the ephemeral range's end that are free, and so is each one plus 10000."""
    found: list[int] = []
    for port in range(20000 + os.getpid() % 2000 * 5, 50000):
        try:
            for number in (port, port + 10000):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports")


def limit_file_size(size: int) -> Callable[[], None]:
    """For preexec_fn: no file of the child grows beyond `size` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def obey_modes() -> None:
    """For preexec_fn: root, too, is bound by the mode of a file (drops CAP_DAC_OVERRIDE)."""
    if os.geteuid() == 0:
        prctl_drop_bounding, dac_override = 24, 1
        assert ctypes.CDLL(None).prctl(prctl_drop_bounding, dac_override, 0, 0, 0) == 0


def can_mount() -> bool:
    """Whether a child may have mounts of its own."""
    try:
        probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def assert_clear(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit status 2, one error line that has the words, at most one hint, no traceback."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1, done.stderr
    for word in words:
        assert word in errors[0], errors[0]
