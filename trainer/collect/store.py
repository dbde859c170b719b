"""Raw files: content as it came, a description beside it, and rows made of both.

A file is ``files/<2 digits>/<repository and path, made safe>-<16 digits>.Dockerfile``; the digits
are of a SHA-256 over repository and path. So no name of a stranger is ever a path here, and names
that differ in case only stay apart. Its description has ``.meta.json`` behind the name.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from codi_hook.models.files import install, write_json
from trainer.collect.making import file_row, refused
from trainer.rows import File

META = ".meta.json"
Meta = dict[str, Any]


class Store:
    """The folder ``raw/files``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, repo: str, path: str) -> Path:
        """Where the content of a repository's file is kept."""
        key = sha256(f"{repo}\0{path}".encode("utf-8", "surrogatepass")).hexdigest()
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{repo}__{path}".replace("/", "__"))[:80]
        return self.folder / key[:2] / f"{name}-{key[:16]}.Dockerfile"

    def save(self, data: bytes, meta: Meta) -> bool:
        """Keep a file: first the content, then the description; False where it is there already.
        `meta` has at least repo and path; digest and size are added."""
        path = self.path(meta["repo"], meta["path"])
        digest = sha256(data).hexdigest()
        known = self._meta(path)
        if known and known.get("sha256") == digest and known.get("commit") == meta.get("commit"):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(data)
        install(new, path)
        write_json(path.with_name(path.name + META), {**meta, "sha256": digest, "size": len(data)})
        return True

    def rows(self, origin: str) -> Iterator[tuple[File, Meta]]:
        """All that is kept, by repository and path. What does not fit its description, because a
        run was killed between the two, is left out: that run gets it again."""
        found = []
        for path in self.folder.glob(f"??/*{META}"):
            meta = self._meta(path.with_name(path.name.removesuffix(META)))
            if meta:
                found.append((meta["repo"], meta["path"]))
        for repo, path in sorted(found):
            where = self.path(repo, path)
            meta = self._meta(where)
            try:
                data = where.read_bytes()
            except OSError:
                continue
            if meta and sha256(data).hexdigest() == meta.get("sha256") and not refused(data):
                commit = meta.get("commit") or ""
                yield file_row(origin, repo, path, data.decode("utf-8"), commit), meta

    @staticmethod
    def _meta(path: Path) -> Meta | None:
        try:
            meta = json.loads(path.with_name(path.name + META).read_bytes())
        except (OSError, ValueError):
            return None
        strings = isinstance(meta, dict) and all(
            isinstance(meta.get(key), str) for key in ("repo", "path", "sha256")
        )
        return meta if strings else None


def clear(folder: Path) -> None:
    """Remove what a killed run left half-written."""
    for path in folder.glob("??/.*"):
        if path.name.endswith(".new") or META in path.name:
            os.unlink(path)
