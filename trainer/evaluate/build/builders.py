"""Building with whichever program there is: docker, podman or buildctl.

Each is asked as its command line documents: `docker build` and `docker image inspect` (podman
alike), and `buildctl build` with an OCI archive as output. No image of the user's is touched: what
is built gets a tag of its own, and that tag is taken away again. The tests run stand-ins that print
what those programs document; no daemon has been asked yet.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass

PROGRAMS = ("docker", "podman", "buildctl")
ASKING = 30  # seconds for anything but a build


class BuildError(Exception):
    """The build of one file failed; its message is the end of what the builder said."""


@dataclass(frozen=True, slots=True)
class Built:
    """`size` in bytes, as the builder counts (see `Builder.size`); `seconds` of wall clock."""

    size: int
    layers: int
    seconds: float


class Builder(Protocol):
    name: str
    version: str
    size: str  # what a size is of

    def build(self, dockerfile: bytes, context: Path, timeout: float) -> Built:
        """Builds without a cache. Raises `BuildError`."""
        ...


def find(wanted: str = "auto") -> Builder:
    """The builder of that name, or the first that is there and answers.

    Raises:
        CodiError: there is none, or none that answers.
    """
    names = PROGRAMS if wanted == "auto" else (wanted,)
    said = []
    for name in names:
        program = shutil.which(name)
        if program is None:
            said.append(f"{name} is not installed")
            continue
        try:
            return _Buildctl(program) if name == "buildctl" else _Docker(name, program)
        except BuildError as error:
            said.append(f"{name} does not answer: {error}")
    raise CodiError(
        f"nothing to build with: {'; '.join(said)}",
        "install one, or measure what can be seen without a build with --static",
    )


class _Docker:
    """docker or podman."""

    size = "layers, unpacked"

    def __init__(self, name: str, program: str) -> None:
        self.name, self._program = name, program
        server = "{{.Server.Version}}" if name == "docker" else "{{.Client.Version}}"
        self.version = self._ask("version", "--format", server).strip()

    def _ask(self, *arguments: str) -> str:
        return _run([self._program, *arguments], ASKING)

    def build(self, dockerfile: bytes, context: Path, timeout: float) -> Built:
        tag = f"codi-hook-measure:{uuid.uuid4().hex}"
        with tempfile.TemporaryDirectory() as scratch:
            file = _dockerfile(Path(scratch), dockerfile, context)
            plain = ("--format", "docker") if self.name == "podman" else ()
            command = [self._program, "build", "--no-cache", *plain, "--file", str(file),
                       "--tag", tag, str(context)]  # fmt: skip
            started = time.monotonic()
            _run(command, timeout)
            seconds = time.monotonic() - started
        try:
            return self._measure(tag, seconds)
        finally:
            self._ask("image", "rm", tag)

    def _measure(self, tag: str, seconds: float) -> Built:
        text = self._ask("image", "inspect", tag)
        try:
            (image,) = json.loads(text)
            return Built(int(image["Size"]), len(image["RootFS"]["Layers"]), seconds)
        except (ValueError, KeyError, TypeError):
            raise BuildError(f"{self.name} image inspect gave no size and layers") from None


class _Buildctl:
    """BuildKit's own client. The image is written as an OCI archive and thrown away."""

    name = "buildctl"
    size = "layers, compressed"

    def __init__(self, program: str) -> None:
        self._program = program
        _run([program, "debug", "workers"], ASKING)
        self.version = _run([program, "--version"], ASKING).strip()

    def build(self, dockerfile: bytes, context: Path, timeout: float) -> Built:
        with tempfile.TemporaryDirectory() as scratch:
            file = _dockerfile(Path(scratch), dockerfile, context)
            archive = Path(scratch) / "image.tar"
            command = [
                self._program, "build", "--frontend", "dockerfile.v0", "--no-cache",
                "--local", f"context={context}", "--local", f"dockerfile={file.parent}",
                "--output", f"type=oci,dest={archive}",
            ]  # fmt: skip
            started = time.monotonic()
            _run(command, timeout)
            seconds = time.monotonic() - started
            try:
                layers = _oci_layers(archive)
                return Built(sum(one["size"] for one in layers), len(layers), seconds)
            except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, IndexError):
                raise BuildError("buildctl gave no readable OCI archive") from None


def _oci_layers(archive: Path) -> list[dict[str, Any]]:
    """The layers' descriptors: index.json → manifest, through an index of platforms if any."""
    with tarfile.open(archive) as tar:

        def read(name: str) -> Any:
            stream = tar.extractfile(name)
            if stream is None:
                raise ValueError(name)
            return json.load(stream)

        found = read("index.json")
        while "manifests" in found:
            digest = found["manifests"][0]["digest"]
            found = read("blobs/" + digest.replace(":", "/"))
        layers: list[dict[str, Any]] = found["layers"]
        return layers


def _dockerfile(scratch: Path, data: bytes, context: Path) -> Path:
    """The file outside of the context, which must not change; with the context's .dockerignore
    where the builder looks for one of a file that lies elsewhere."""
    file = scratch / "Dockerfile"
    file.write_bytes(data)
    if (context / ".dockerignore").is_file():
        shutil.copyfile(context / ".dockerignore", scratch / "Dockerfile.dockerignore")
    return file


def _run(command: Sequence[str], timeout: float) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=timeout,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BuildError(f"not done after {timeout:.0f} s") from None
    except OSError as error:
        raise BuildError(str(error)) from None
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise BuildError(" / ".join(lines[-3:]) or f"exit code {done.returncode}")
    return done.stdout
