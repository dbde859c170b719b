"""build-measure with stand-ins for the builders, which print what the real ones document.

No daemon has been asked here: what is tested is our side of the command line.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from codi_hook.shell import parse
from codi_hook.source import Source
from tests.trainer.evaluate.conftest import call
from trainer.evaluate.build import proxies

DOCKERFILE = """\
FROM debian:bookworm
RUN apt-get update && apt-get install -y curl
COPY . /app
"""

DOCKER = """\
import hashlib, json, os, sys
home = os.environ["FAKE_HOME"]
with open(os.path.join(home, "calls"), "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
words = sys.argv[1:]
tags = os.path.join(home, "tags")
os.makedirs(tags, exist_ok=True)
if words[0] == "version":
    if os.environ.get("FAKE_DOWN"):
        sys.exit("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")
    print("29.1.0")
elif words[0] == "build":
    text = open(words[words.index("--file") + 1]).read()
    if "rm -rf /var/lib/apt/lists" in text and os.environ.get("FAKE_FAIL"):
        sys.exit("#5 ERROR: process did not complete successfully: exit code: 100")
    size = 120_000_000 - 20_000_000 * ("lists" in text) - 9_000_000 * ("no-install" in text)
    layers = ["sha256:" + hashlib.sha256(line.encode()).hexdigest()
              for line in text.splitlines() if line.split(" ")[0] in ("FROM", "RUN", "COPY")]
    name = words[words.index("--tag") + 1].replace("/", "_")
    json.dump([{"Id": "sha256:0", "RepoTags": [name], "Size": size,
                "RootFS": {"Type": "layers", "Layers": layers}}],
              open(os.path.join(tags, name), "w"))
elif words[:2] == ["image", "inspect"]:
    print(open(os.path.join(tags, words[2])).read())
elif words[:2] == ["image", "rm"]:
    os.unlink(os.path.join(tags, words[2]))
    print("Untagged:", words[2])
else:
    sys.exit("unknown command " + " ".join(words))
"""

BUILDCTL = """\
import hashlib, io, json, sys, tarfile
words = sys.argv[1:]
if words == ["debug", "workers"]:
    print("ID\\tPLATFORMS")
elif words == ["--version"]:
    print("buildctl github.com/moby/buildkit v0.26.0")
else:
    folder = next(one for one in words if one.startswith("dockerfile=")).partition("=")[2]
    text = open(folder + "/Dockerfile").read()
    ends = [one for one in words if one.startswith("type=oci,dest=")]
    blobs = {}
    def blob(value):
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        blobs["blobs/sha256/" + digest] = data
        return "sha256:" + digest
    layers = [{"digest": "sha256:0", "size": 1000 + len(line)}
              for line in text.splitlines() if line.split(" ")[0] in ("FROM", "RUN", "COPY")]
    inner = blob({"manifests": [{"digest": blob({"layers": layers})}]})
    blobs["index.json"] = json.dumps({"manifests": [{"digest": inner}]}).encode()
    with tarfile.open(ends[0].partition("dest=")[2], "w") as tar:
        for name, data in blobs.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A context with a Dockerfile, and a PATH with nothing else than what a test puts there."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text(DOCKERFILE)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("FAKE_HOME", str(tmp_path))
    return tmp_path


def program(project: Path, name: str, code: str) -> None:
    path = project / "bin" / name
    path.write_text(f"#!{sys.executable}\n{code}")
    path.chmod(0o755)


def measure(project: Path, *more: str) -> Any:
    file, out = project / "app" / "Dockerfile", project / "out.json"
    done = call("build-measure", str(file), "--rule", "DL3009", "--rule", "DL3015",
                "--out", str(out), *more)  # fmt: skip
    assert done.exit_code == 0, done.output
    return json.loads(out.read_text())


def test_docker_builds_before_and_after(project: Path) -> None:
    program(project, "docker", DOCKER)
    found = measure(project)
    assert found["builder"] == {
        "name": "docker", "version": "29.1.0", "size": "layers, unpacked",
    }  # fmt: skip
    (file,) = found["files"]
    assert (file["before"]["size"], file["before"]["layers"]) == (120_000_000, 3)
    changes = {one["id"]: one["change"]["size"] for one in file["candidates"]}
    assert changes["remove-lists"] == -20_000_000
    assert changes["add-no-install-recommends"] == -9_000_000
    assert all(one["after"]["seconds"] > 0 for one in file["candidates"])
    calls = [json.loads(line) for line in (project / "calls").read_text().splitlines()]
    builds = [one for one in calls if one[0] == "build"]
    assert len(builds) == 2 + len(file["candidates"])  # one to pull the base image first
    assert all("--no-cache" in one and one[-1] == str(project / "app") for one in builds)
    assert list((project / "tags").iterdir()) == []
    assert sorted(path.name for path in (project / "app").iterdir()) == ["Dockerfile"]


def test_a_build_that_fails_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(project, "docker", DOCKER)
    monkeypatch.setenv("FAKE_FAIL", "1")
    (file,) = measure(project)["files"]
    failed = {one["id"]: one["after"] for one in file["candidates"] if "change" not in one}
    assert list(failed) == ["remove-lists"] and "exit code: 100" in failed["remove-lists"]["error"]


def test_buildctl_counts_compressed_layers(project: Path) -> None:
    program(project, "buildctl", BUILDCTL)
    found = measure(project, "--builder", "buildctl")
    assert found["builder"]["size"] == "layers, compressed"
    (file,) = found["files"]
    assert file["before"]["size"] == 3000 + len(DOCKERFILE) - 3
    changes = {one["id"]: one["change"] for one in file["candidates"]}
    assert changes["add-no-install-recommends"]["size"] == len(" --no-install-recommends")


def test_without_a_builder_it_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(project / "app" / "Dockerfile")
    done = call("build-measure", file)
    assert done.exit_code == 2 and "docker is not installed" in done.stderr
    assert "--static" in done.stderr
    program(project, "docker", DOCKER)
    monkeypatch.setenv("FAKE_DOWN", "1")
    done = call("build-measure", file, "--builder", "docker")
    assert done.exit_code == 2 and "does not answer: Cannot connect" in done.stderr


def test_static_counts(project: Path) -> None:
    app = project / "app"
    (app / "data.bin").write_bytes(b"x" * 1000)
    (app / "secret.env").write_bytes(b"y" * 50)
    (app / ".dockerignore").write_text("*.env\nDockerfile\n.dockerignore\n")
    found = measure(project, "--static")
    assert found["mode"] == "static" and "builder" not in found
    (file,) = found["files"]
    before = file["before"]
    assert (before["layers"], before["stages"], before["context_bytes"]) == (2, 1, 1000)
    assert before["run_bytes"] == len(DOCKERFILE.splitlines()[1])
    assert before["hadolint_findings"] == 3  # DL3008, DL3009, DL3015
    changes = {one["id"]: one["change"] for one in file["candidates"]}
    assert changes["remove-lists"]["hadolint_findings"] == -1
    assert changes["remove-lists"]["codi_findings"] == -1
    assert changes["add-no-install-recommends"]["run_bytes"] == len(" --no-install-recommends")


@pytest.mark.parametrize(
    ("copy", "size"),
    [("COPY a.txt /", 3), ("COPY *.txt /", 8), ("COPY sub /", 10), ("COPY ./ /", 18),
     ("COPY --from=x sub /", 0), ("ADD https://example.com/x /", 0)],
)  # fmt: skip
def test_context_bytes(tmp_path: Path, copy: str, size: int) -> None:
    (tmp_path / "sub").mkdir()
    for name, count in (("a.txt", 3), ("b.txt", 5), ("sub/c", 10)):
        (tmp_path / name).write_bytes(b"x" * count)
    document = parse(Source(f"FROM scratch\n{copy}\n".encode()))
    assert proxies.context_bytes(document, tmp_path) == size


def test_a_broken_file_is_one_line(project: Path) -> None:
    (project / "app" / "Dockerfile").write_text("FROM debian\nRUNN x\n")
    done = call("build-measure", "--static", str(project / "app" / "Dockerfile"))
    assert done.exit_code == 2 and "Dockerfile:2:" in done.stderr
