"""Real git repositories, made for a test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Made:
    """A repository whose commits are a second apart."""

    def __init__(self, folder: Path, remote: str = "") -> None:
        self.folder = folder
        self.time = 1_600_000_000
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        if remote:
            self.git("config", "remote.origin.url", remote)

    def git(self, *arguments: str, text: bytes = b"") -> str:
        who = {f"GIT_{one}_{key}": f"{key}@example.org"
               for one in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}  # fmt: skip
        when = {f"GIT_{one}_DATE": f"{self.time} +0000" for one in ("AUTHOR", "COMMITTER")}
        own = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            input=text,
            env={**os.environ, **who, **when, **own},
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def commit(self, subject: str, files: dict[str, str | bytes | None]) -> str:
        """Write the files (None: delete), commit, and give the commit's name."""
        for name, text in files.items():
            path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
            if text is None:
                os.unlink(path)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as stream:
                stream.write(text.encode() if isinstance(text, str) else text)
        self.time += 1
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "--no-verify", "-m", subject)
        return self.git("rev-parse", "HEAD")
