"""A model hub on loopback: takes commits as huggingface-hub sends them, and serves the files.

What it does follows the client's own requests: create, preupload, Git LFS batch, commit, resolve.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_token_of_the_tests"
OID = "a" * 40


class Hub:
    """Repositories by name; each revision is a dictionary of files."""

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, dict[str, bytes]]] = {}
        self.private: dict[str, bool] = {}
        self.blobs: dict[str, bytes] = {}
        self.commits: list[str] = []
        handler = type("Handler", (_Handler,), {"hub": self})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def environment(self, home: Any, token: str = TOKEN) -> dict[str, str]:
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_TOKEN": token,
            "HF_HUB_DISABLE_XET": "1",  # Xet's store is not part of this hub; LFS is
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None: ...

    def say(self, value: Any, status: int = 200) -> None:
        self.send(json.dumps(value).encode(), status, {"Content-Type": "application/json"})

    def send(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, text in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(key, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_POST(self) -> None:
        body = self.body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.say({"error": "Invalid username or password."}, 401)
            return
        path = self.path.partition("?")[0].strip("/").split("/")
        if path == ["api", "repos", "create"]:
            self.create(json.loads(body))
        elif path == ["api", "validate-yaml"]:
            self.say({"errors": [], "warnings": []})
        elif path[-3:] == ["lfs", "objects", "batch"]:
            self.batch(json.loads(body))
        elif path[4] == "branch":
            repo = self.hub.repos["/".join(path[2:4])]
            repo.setdefault(path[5], dict(repo["main"]))
            self.say({})
        elif path[4] == "preupload":
            self.say({"files": [self.mode(one) for one in json.loads(body)["files"]]})
        else:
            self.commit("/".join(path[2:4]), path[5], body)

    def create(self, wanted: dict[str, Any]) -> None:
        name = f"{wanted.get('organization') or 'me'}/{wanted['name']}"
        status = 409 if name in self.hub.repos else 200
        self.hub.repos.setdefault(name, {"main": {".gitattributes": b"*.gguf filter=lfs\n"}})
        private = wanted.get("private") or wanted.get("visibility") == "private"
        self.hub.private.setdefault(name, bool(private))
        self.say({"url": f"{self.hub.url}/{name}", "error": "exists"}, status)

    def mode(self, one: dict[str, Any]) -> dict[str, Any]:
        large = one["path"].endswith((".gguf", ".safetensors"))
        return {
            "path": one["path"],
            "uploadMode": "lfs" if large else "regular",
            "shouldIgnore": False,
        }

    def batch(self, wanted: dict[str, Any]) -> None:
        objects: list[dict[str, Any]] = []
        for one in wanted["objects"]:
            there = one["oid"] in self.hub.blobs
            action = {"upload": {"href": f"{self.hub.url}/blob/{one['oid']}", "header": {}}}
            objects.append({**one, **({} if there else {"actions": action})})
        self.say({"transfer": "basic", "objects": objects})

    def do_PUT(self) -> None:
        body = self.body()
        self.hub.blobs[hashlib.sha256(body).hexdigest()] = body
        self.send(b"")

    def commit(self, repo: str, revision: str, body: bytes) -> None:
        files = self.hub.repos[repo][revision]
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.blobs[value["oid"]]
            elif line["key"] == "header":
                self.hub.commits.append(value["summary"])
        self.say({"commitUrl": f"{self.hub.url}/{repo}/commit/{OID}", "commitOid": OID})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        owner, name, _, revision, *rest = [*self.path.strip("/").split("/"), "", "", ""]
        member = "/".join(rest).strip("/")
        data = self.hub.repos.get(f"{owner}/{name}", {}).get(revision, {}).get(member)
        if data is None:
            self.send(b"", 404, {"X-Error-Code": "EntryNotFound"})
            return
        large = member.endswith((".gguf", ".safetensors"))
        tag = hashlib.sha256(data).hexdigest() if large else hashlib.sha1(data).hexdigest()
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        headers = {"ETag": f'"{tag}"', "X-Repo-Commit": OID, "Accept-Ranges": "bytes"}
        if asked:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self.send(data[start:], 206 if asked else 200, headers)
