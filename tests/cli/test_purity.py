"""A check without a model imports nothing heavy, opens no socket, and needs no network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = [
    "pydantic", "rich", "llama_cpp", "huggingface_hub", "yaml", "click", "numpy", "boto3",
    "socket", "_socket", "ssl", "urllib.request", "http", "asyncio", "sqlite3", "multiprocessing",
    "importlib.metadata", "logging",
]  # fmt: skip

WATCHED = """
import sys
seen = []
def hook(event, arguments):
    if event.startswith("socket.") or event == "import" and arguments[0] in ("socket", "_socket"):
        seen.append((event, str(arguments)[:200]))
sys.addaudithook(hook)
from codi_hook.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
print("HEAVY", *(name for name in {heavy!r} if name in sys.modules), file=sys.stderr)
print("SOCKETS", *seen, file=sys.stderr)
sys.exit(code)
"""

CALLS = [
    ("check", "Dockerfile"),
    ("check", "--fix", "Dockerfile"),
    ("check", "--diff", "--unsafe-fixes", "Dockerfile"),
    ("check", "--no-llm", "--ranker", "order", "."),
]


@pytest.fixture(autouse=True)
def dockerfile(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM debian:12\nMAINTAINER me\nRUN sudo apt-get update\n")


@pytest.mark.parametrize("arguments", CALLS, ids=" ".join)
def test_no_heavy_import_and_no_socket(arguments: tuple[str, ...]) -> None:
    script = WATCHED.replace("{heavy!r}", repr(HEAVY))
    for more, imported in (("--no-shellcheck", ""), ("--shellcheck", " sqlite3")):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments, more],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        assert done.stdout
        assert f"HEAVY{imported}\nSOCKETS\n" in done.stderr, "ShellCheck's answers are cached"


def test_a_yaml_configuration_is_what_imports_yaml(folder: Path) -> None:
    (folder / ".codi-hook.yaml").write_text("fail-on: none\n")
    script = WATCHED.replace("{heavy!r}", repr(HEAVY))
    done = subprocess.run(
        [sys.executable, "-c", script, "check", "--no-shellcheck"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "HEAVY yaml\nSOCKETS\n" in done.stderr


def test_the_hook_would_notice() -> None:
    script = WATCHED.replace("{heavy!r}", repr(HEAVY)).replace(
        "    main(sys.argv[1:])", "    import socket; socket.socket().close(); sys.exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "HEAVY socket _socket" in done.stderr
    assert "socket.__new__" in done.stderr


def _namespace() -> list[str]:
    """A prefix that runs a command without any network interface; empty where it is refused."""
    unshare = shutil.which("unshare")
    for options in (["-n"], ["-rn"]):
        command = [unshare or "", *options]
        if unshare and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    return []


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
@pytest.mark.parametrize("arguments", CALLS, ids=" ".join)
def test_it_works_in_an_empty_network_namespace(arguments: tuple[str, ...]) -> None:
    prefix = _namespace()
    if not prefix:
        pytest.skip("this machine lets nobody make a network namespace")
    command = [sys.executable, "-m", "codi_hook", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    inside = subprocess.run([*prefix, *command], capture_output=True, env=environment)
    assert inside.returncode in (0, 1), inside.stderr
    assert inside.stdout
    assert re.fullmatch(rb"(note: --fix would resolve \d+ findings\n)?", inside.stderr)
