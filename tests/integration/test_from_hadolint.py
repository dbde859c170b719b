"""Whoever runs hadolint by pre-commit switches by naming another repository, and nothing else.

Five projects as they are found in the wild: the same exit code and the same (file, line, code)
as hadolint itself, up to the deliberate differences, of which these files hold none.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from codi_hook.shell import parse
from codi_hook.source import Source
from compat.measure import Lines
from tests.calling import codi
from tests.conftest import git
from tests.integration.test_pre_commit import PRE_COMMIT, repository, run
from tests.isolated import folder as folder
from tests.judges import executable

DEBIAN = """\
FROM debian:12 AS build
MAINTAINER ada@example.org
# hadolint ignore=DL3008,DL3015 # the newest is fine here
RUN apt-get update && apt-get install -y gcc
RUN cd /src && make
RUN sudo make install
RUN curl https://example.org/list | sort > /list
ADD app /app

FROM registry.example.org/team/base
LABEL org.opencontainers.image.title="" maintainer="ada" Team=web
COPY --from=build /app app
EXPOSE 80000
CMD python /app/main.py
"""
ALPINE = """\
# hadolint global ignore=DL3018
FROM docker.io/library/alpine:latest
LABEL org.opencontainers.image.url="nowhere" version="one"
RUN apk add curl && wget https://example.org/x && curl -O https://example.org/y
RUN pip install flask
RUN npm install -g yarn
ENTRYPOINT ["/a"]
ENTRYPOINT ["/b"]
USER root
"""
CONFIGURATIONS = {
    "none": "",
    "thresholds and ignores": "failure-threshold: error\nignored:\n  - DL3008\n  - DL4000\n",
    "overrides": (
        "failure-threshold: warning\noverride:\n  error: [DL3015]\n  warning: [DL3042]\n"
        "  info: [DL3003, DL3020]\n  style: [DL3004]\n"
    ),
    "registries and labels": (
        "trustedRegistries:\n  - docker.io\nlabel-schema:\n  maintainer: email\n  version: semver\n"
        "  org.opencontainers.image.url: url\n  vcs-ref: hash\nstrict-labels: true\n"
    ),
    "no pragmas, never fail": "disable-ignore-pragma: true\nno-fail: true\nno-color: true\n",
}


Said = tuple[int, set[tuple[str, int, str]]]  # exit code; file, line, code of each finding


def same(ours: Said, theirs: Said) -> None:
    assert sorted(ours[1] - theirs[1]) == []
    assert sorted(theirs[1] - ours[1]) == []
    assert ours[0] == theirs[0]
    assert len(theirs[1]) > 10


def said_by_hadolint(folder: Path, *options: str) -> Said:
    done = subprocess.run(
        [executable("hadolint"), "-f", "json", *options, "app.dockerfile", "Dockerfile"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    rows = json.loads(done.stdout)
    return done.returncode, {(row["file"], row["line"], row["code"]) for row in rows}


def said_by_us(folder: Path, *options: str) -> Said:
    result = codi("hadolint", "-f", "json", *options, "app.dockerfile", "Dockerfile")
    found = set()
    for row in result.json:
        path = folder / row["file"]
        lines = Lines(parse(Source(path.read_bytes())))
        found.add((row["file"], lines.start(row["line"]), row["code"]))
    return result.code, found


@pytest.fixture
def project(folder: Path) -> Path:
    (folder / "Dockerfile").write_text(DEBIAN)
    (folder / "app.dockerfile").write_text(ALPINE)
    return folder


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_same_findings_and_the_same_exit_code(project: Path, configuration: str) -> None:
    if configuration:
        (project / ".hadolint.yaml").write_text(configuration)
    same(said_by_us(project), said_by_hadolint(project))


@pytest.mark.parametrize(
    "options",
    [
        ("--ignore", "DL3008", "--ignore", "DL3025"),
        ("--failure-threshold", "error", "--error", "DL3059"),
        ("--require-label", "maintainer:text", "--strict-labels", "--disable-ignore-pragma"),
        ("--trusted-registry", "registry.example.org", "--no-fail"),
        ("--config", "ci.yml"),
    ],
)
def test_the_same_for_options(project: Path, options: tuple[str, ...]) -> None:
    (project / "ci.yml").write_text("ignored: [DL3006, DL3020]\nfailure-threshold: warning\n")
    same(said_by_us(project, *options), said_by_hadolint(project, *options))


def test_the_same_for_variables(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HADOLINT_IGNORE", "DL3008,DL3015")
    monkeypatch.setenv("HADOLINT_FAILURE_THRESHOLD", "error")
    monkeypatch.setenv("HADOLINT_OVERRIDE_ERROR", "DL3025")
    same(said_by_us(project), said_by_hadolint(project))


def test_another_repository_in_the_hooks_configuration(snapshot: Path, tmp_path: Path) -> None:
    """pre-commit itself, with hadolint's own hook id, a .hadolint.yaml and a pragma."""
    files = {"Dockerfile": DEBIAN, ".hadolint.yaml": CONFIGURATIONS["thresholds and ignores"]}
    work = repository(tmp_path / "project", files)
    revision = git(snapshot, "rev-parse", "HEAD").strip()
    hook = {"id": "hadolint", "args": ["--no-color"]}
    repo = {"repo": str(snapshot), "rev": revision, "hooks": [hook]}
    (work / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repo]}))
    environment = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    done = run(work, PRE_COMMIT, "run", "--all-files", **environment)
    assert done.returncode == 1, done.stderr
    assert "DL3004 error" in done.stdout
    assert "DL3008" not in done.stdout
    assert "CODI" not in done.stdout
    lenient = f"{DEBIAN}".replace("RUN sudo make install\n", "").replace("80000", "8080")
    (work / "Dockerfile").write_text(lenient.replace("ADD", "COPY").replace(" app\n", " /app\n"))
    done = run(work, PRE_COMMIT, "run", "--all-files", **environment)
    assert done.returncode == 0, done.stdout
    assert os.path.exists(work / ".hadolint.yaml")
