"""What happens to a pull when the machine does not play along; each in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from codi_hook.models.store import Store
from tests.models import parts

MOUNTS = parts.can_mount()


def killed(process: subprocess.Popen[str]) -> None:
    """kill -9, that process alone: its children go on, as they would."""
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_kill_in_the_middle_of_a_wheel(
    store: Store, tiny: Path, tmp_path: Path, server: parts.Server
) -> None:
    index = server.index(parts.write_wheel(tmp_path, tiny))
    environment = parts.pip_environment(index)
    arguments = ("pull", "tiny", "--source", "pypi:tiny-model==1.0#tiny_model/model.gguf")
    arguments = (*arguments, "--root", str(store.root))
    server.stall_after = 40_000
    process = parts.start(*arguments, environment=environment)
    parts.until(lambda: server.count("GET", ".whl") == 1)
    parts.until(lambda: any(store.root.rglob("*.whl")))
    killed(process)
    assert store.path("tiny") is None
    assert store.all() == ()
    server.stall_after = None
    done = parts.run(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    assert store.resolve("tiny").path.read_bytes() == tiny.read_bytes()
    server.released.set()
    assert not any((store.root / ".partial").iterdir())


@pytest.mark.parametrize(
    "step", ["sources.fetch", "files.install", "manifest.write", "stamps.record"]
)
def test_kill_around_every_step(store: Store, tiny: Path, step: str) -> None:
    """Dies by SIGKILL right before and right after a step; the next pull completes it."""
    for when in ("before", "after"):
        code = f"""
import os, signal
from codi_hook.models import {step.split(".")[0]} as module
real = module.{step.split(".")[1]}
def dying(*args, **kwargs):
    if {when == "after"}: real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
module.{step.split(".")[1]} = dying
{parts.MODEL}
"""
        arguments = ["pull", "tiny", "--source", f"file:{tiny}", "--root", str(store.root)]
        done = subprocess.run(
            parts.command(*arguments, code=code), cwd=parts.ROOT, capture_output=True, check=False
        )
        assert done.returncode == -signal.SIGKILL
        if found := store.get("tiny"):  # only once it is complete
            assert step in ("manifest.write", "stamps.record")
            assert found.path.read_bytes() == tiny.read_bytes()
        assert parts.run(*arguments).returncode == 0
        assert store.resolve("tiny").path.read_bytes() == tiny.read_bytes()
        left = {path.name for path in (store.root / "tiny").iterdir()}
        assert left == {"manifest.json", "model.gguf", "stamps.json"}
        store.remove("tiny")


def test_two_first_pulls_at_once(
    store: Store, tiny: Path, tmp_path: Path, server: parts.Server
) -> None:
    index = server.index(parts.write_wheel(tmp_path, tiny))
    environment = parts.pip_environment(index)
    arguments = ("pull", "tiny", "--source", "pypi:tiny-model==1.0#tiny_model/model.gguf")
    both = [
        parts.start(*arguments, "--root", str(store.root), environment=environment)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert server.count("GET", ".whl") == 1
    assert outputs[0][0] == outputs[1][0]
    assert any("waiting for another process" in err for _, err in outputs)
    assert store.resolve("tiny").path.read_bytes() == tiny.read_bytes()


def test_a_size_limit_ends_in_a_clear_line(store: Store, tiny: Path) -> None:
    arguments = ("pull", "tiny", "--source", f"file:{tiny}", "--root", str(store.root))
    done = parts.run(*arguments, preexec_fn=parts.limit_file_size(20_000))
    parts.assert_clear(done, "no space left")
    assert store.path("tiny") is None
    assert parts.run(*arguments).returncode == 0


def test_the_quantiser_runs_out_of_space(store: Store, tiny: Path) -> None:
    """The conversion is an extra: the model is kept as it came, and the line says so."""
    arguments = ("pull", "tiny", "--source", f"file:{tiny}", "--root", str(store.root))
    assert parts.run(*arguments).returncode == 0
    arguments = (*arguments, "--quantise", "Q8_0")
    done = parts.run(*arguments, preexec_fn=parts.limit_file_size(20_000))
    assert done.returncode == 0, done.stderr
    assert "kept as F16, not converted: llama.cpp's quantiser failed" in done.stderr
    assert store.resolve("tiny").quantisation == "F16"
    left = {path.name for path in (store.root / "tiny").iterdir()}
    assert left == {"manifest.json", "model.gguf", "stamps.json"}
    assert parts.run(*arguments).returncode == 0
    assert store.resolve("tiny").quantisation == "Q8_0"


def test_a_read_only_store(store: Store, tiny: Path) -> None:
    arguments = ("--root", str(store.root))
    assert parts.run("pull", "tiny", "--source", f"file:{tiny}", *arguments).returncode == 0
    (store.root / "tiny" / "stamps.json").unlink()
    folders = [store.root, store.root / "tiny", store.root / ".locks"]
    for folder in folders:
        folder.chmod(0o555)
    try:
        obey = {"preexec_fn": parts.obey_modes}
        pull = ("pull", "tiny", "--source", f"file:{tiny}", *arguments)
        assert parts.run(*pull, **obey).returncode == 0  # intact: nothing to write
        assert parts.run("verify", *arguments, **obey).returncode == 0
        other = ("pull", "other", "--source", f"file:{tiny}", *arguments)
        parts.assert_clear(parts.run(*other, **obey), "permission denied")
        parts.assert_clear(parts.run("remove", "tiny", *arguments, **obey), "permission denied")
        assert store.resolve("tiny").path.exists()
    finally:
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.parametrize(
    ("options", "word"),
    [("size=40k", "no space left"), ("size=1m,ro", "the file system is read-only")][: 2 * MOUNTS],
)
def test_a_real_file_system_in_the_way(tiny: Path, tmp_path: Path, options: str, word: str) -> None:
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    script = f'mount -t tmpfs -o {options} none "$0" && shift 0 && exec "$@"'
    arguments = ("pull", "tiny", "--source", f"file:{tiny}", "--root", str(mounted))
    inside = ["unshare", "-rm", "sh", "-c", script, str(mounted), *parts.command(*arguments)]
    done = subprocess.run(inside, cwd=parts.ROOT, capture_output=True, text=True, check=False)
    parts.assert_clear(done, word)


def test_no_network(store: Store) -> None:
    environment = parts.pip_environment("http://127.0.0.1:9/simple")
    done = parts.run("pull", "--root", str(store.root), environment=environment)
    parts.assert_clear(done, "the index does not have it, or cannot be reached")
    environment["PIP_RETRIES"] = "1"
    done = parts.run("pull", "--root", str(store.root), environment=environment)
    parts.assert_clear(done, "no connection to the index")
    environment = {**environment, "HF_ENDPOINT": "http://127.0.0.1:9"}
    qwen = ("pull", "qwen2.5-coder-1.5b-instruct", "--root", str(store.root))
    parts.assert_clear(parts.run(*qwen, environment=environment), "no connection to the hub")
    assert store.all() == ()
