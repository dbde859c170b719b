"""A server on this machine that answers as GitHub's REST API does, with its moods."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

Trouble = Callable[["Handler"], bool]  # True where it has answered


def blob_name(data: bytes) -> str:
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()


def name_of(*parts: str) -> str:
    return sha1("\0".join(parts).encode()).hexdigest()


@dataclass
class Repo:
    """`history` is (commit, message, files), the newest first; `files` are those at its tip."""

    files: dict[str, bytes]
    licence: str = "MIT"
    fork: bool = False
    private: bool = False
    history: list[tuple[str, str, dict[str, bytes]]] = field(default_factory=list)
    commit: str = ""
    links: tuple[str, ...] = ()  # paths that are symbolic links
    cut: bool = False  # the recursive list of its files is cut off


class GitHub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repos: dict[str, Repo] = {}
        self.page = 2  # items of a page
        self.asked: list[tuple[str, int]] = []  # what was asked for, and the status of the answer
        self.headers: list[dict[str, str]] = []
        self.troubles: dict[str, list[Trouble]] = {}
        self.extra: dict[str, str] = {}  # headers of every answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, name: str, files: dict[str, bytes], **about: Any) -> Repo:
        repo = self.repos[name] = Repo(files, **about)
        repo.commit = repo.commit or name_of(name, *sorted(blob_name(x) for x in files.values()))
        return repo

    def trouble(self, part: str, *troubles: Trouble) -> None:
        """The next requests whose address holds `part` are answered by these, one each."""
        self.troubles.setdefault(part, []).extend(troubles)

    def paths(self, part: str = "", status: int = 0) -> list[str]:
        return [
            path for path, code in self.asked if part in path and (not status or code == status)
        ]


@contextmanager
def serving() -> Iterator[GitHub]:
    server = GitHub()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits for an acknowledgement
    wbufsize = -1
    server: GitHub

    def log_message(self, format: str, *args: Any) -> None:
        del format, args

    def do_GET(self) -> None:
        self.server.headers.append({key.lower(): value for key, value in self.headers.items()})
        for part, troubles in self.server.troubles.items():
            if part in self.path and troubles and troubles.pop(0)(self):
                return
        self._answer()

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer; underscores in the names of headers stand for dashes."""
        self.server.asked.append((self.path, status))
        self.send_response(status)
        for name, value in {**self.server.extra, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def say(self, status: int, message: str, **headers: str) -> None:
        self.send(status, json.dumps({"message": message}).encode(), **headers)

    def _answer(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        parts = unquote(url.path).strip("/").split("/")
        value, more = self._value(parts, query)
        if value is None:
            self.say(404, "Not Found")
            return
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        etag = f'"{sha1(body).hexdigest()}"'
        if self.headers.get("If-None-Match") == etag:
            self.send(304, ETag=etag)
            return
        headers = {"ETag": etag}
        if more:
            page = int(query.get("page", 1)) + 1
            following = urlencode({**query, "page": page})
            headers["Link"] = (
                f'<{self.server.url}{url.path}?{following}>; rel="next", '
                f'<{self.server.url}{url.path}?page=99>; rel="last"'
            )
        self.send(200, body, **headers)

    def _value(self, parts: list[str], query: dict[str, str]) -> tuple[Any, bool]:
        if parts[0] in ("orgs", "users") and parts[2:] == ["repos"]:
            names = [name for name in self.server.repos if name.startswith(f"{parts[1]}/")]
            return self._paged([self._about(name) for name in names], query) if names else (None, 0)
        if parts == ["search", "code"]:
            hits = list(self._hits(query["q"].partition(" filename:")[0]))
            items, more = self._paged(hits, query)
            return {"total_count": len(hits), "items": items}, more
        name = "/".join(parts[1:3])
        repo = self.server.repos.get(name)
        if parts[0] != "repos" or repo is None:
            return None, False
        return self._of_repo(name, repo, parts[3:], query)

    def _of_repo(
        self, name: str, repo: Repo, parts: list[str], query: dict[str, str]
    ) -> tuple[Any, bool]:
        if not parts:
            return self._about(name), False
        if parts[:3] == ["git", "ref", "heads"]:
            return {"ref": "refs/heads/main", "object": {"sha": repo.commit}}, False
        if parts[:2] == ["git", "trees"]:
            return self._tree(repo, parts[2], "recursive" in query), False
        if parts[:2] == ["git", "blobs"]:
            found = {blob_name(data): data for data in repo.files.values()}
            return found.get(parts[2]), False
        if parts == ["commits"]:
            names = [commit for commit, _, _ in repo.history]
            made = [
                {
                    "sha": commit,
                    "commit": {"message": text, "committer": {"date": "2024-05-01T10:00:00Z"}},
                    "parents": [{"sha": sha} for sha in names[at + 1 : at + 2]],
                }
                for at, (commit, text, _) in enumerate(repo.history)
            ]
            return self._paged(made, query)
        if parts[0] == "contents":
            for commit, _, files in repo.history:
                if commit == query["ref"]:
                    return files.get("/".join(parts[1:])), False
        return None, False

    def _tree(self, repo: Repo, name: str, recursive: bool) -> dict[str, Any]:
        folders = {name_of("tree", path.rpartition("/")[0]): path.rpartition("/")[0] + "/"
                   for path in repo.files if "/" in path}  # fmt: skip
        prefix = folders.get(name, "")
        whole = []
        for path, data in repo.files.items():
            if not path.startswith(prefix):
                continue
            mode = "120000" if path in repo.links else "100644"
            whole.append(
                {"path": path[len(prefix) :], "mode": mode, "type": "blob", "size": len(data),
                 "sha": blob_name(data)}
            )  # fmt: skip
        if recursive and repo.cut and not prefix:
            return {"sha": name, "tree": whole[:1], "truncated": True}
        if not recursive:
            whole = [one for one in whole if "/" not in str(one["path"])]
            whole += [
                {"path": path.rstrip("/"), "mode": "040000", "type": "tree", "sha": sha}
                for sha, path in folders.items()
            ]
        return {"sha": name, "tree": whole, "truncated": False}

    def _hits(self, term: str) -> Iterator[dict[str, Any]]:
        for name, repo in self.server.repos.items():
            for path, data in repo.files.items():
                if term.encode() in data:
                    sha = blob_name(data)
                    url = f"{self.server.url}/repositories/1/contents/x?ref={repo.commit}"
                    yield {"path": path, "sha": sha, "url": url, "repository": {"full_name": name}}

    def _about(self, name: str) -> dict[str, Any]:
        repo = self.server.repos[name]
        return {
            "full_name": name,
            "default_branch": "main",
            "fork": repo.fork,
            "private": repo.private,
            "license": {"spdx_id": repo.licence} if repo.licence else None,
        }

    def _paged(self, items: list[Any], query: dict[str, str]) -> tuple[list[Any], bool]:
        size = min(self.server.page, int(query.get("per_page", 30)))
        start = (int(query.get("page", 1)) - 1) * size
        return items[start : start + size], start + size < len(items)


def refuse(status: int, text: str = "", **headers: str) -> Trouble:
    def answer(handler: Handler) -> bool:
        handler.say(status, text, **headers)
        return True

    return answer


def damaged(handler: Handler) -> bool:
    """200, whole, and no JSON."""
    handler.send(200, b'[{"full_name": "acme/')
    return True


def cut_off(handler: Handler) -> bool:
    """Promises more bytes than it sends."""
    handler.server.asked.append((handler.path, 200))
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"FROM debian:12\n")
    handler.close_connection = True
    return True


def cut_off_silently(handler: Handler) -> bool:
    """Sends less than the file and says that this is all: only its digest tells."""
    handler.send(200, b"FROM deb")
    return True


def hang_up(handler: Handler) -> bool:
    handler.server.asked.append((handler.path, 0))
    handler.close_connection = True
    return True
