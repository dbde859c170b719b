"""The same questions through a llama.cpp server: its own API or the OpenAI-compatible one.

Only loopback and the hosts that the allowlist names are spoken to, and no redirect is followed.
The server's base must use the ChatML template, as all bases of the catalog do. The server has
its own adapter or none; ours is not sent. The binding's server gives logits only where it was
started with ``--logits_all true``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codi_hook.ranking.engine import Answer, Deadline, EngineError
from codi_hook.ranking.prompt import CHATML, Question, Segment, render

if TYPE_CHECKING:
    from http.client import HTTPConnection

TOP = 200  # most likely tokens that a server is asked for; the letters are among the first
UNLIKELY = 10.0  # how far below the least of them a letter is put that is not
MAX_REPLY = 4 << 20  # bytes
HEALTH_SECONDS = 2.0
HEALTH_PATHS = ("/health", "/healthz", "/v1/models")


class Address:
    """Where an endpoint is; made only of one that may be spoken to."""

    def __init__(self, url: str, allowlist: tuple[str, ...]) -> None:
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            self.host = parts.hostname or ""
            self.port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise EngineError(f"LLM_ENDPOINT is no address: {url}: {error}") from None
        if parts.scheme not in ("http", "https") or not self.host:
            raise EngineError(
                f"LLM_ENDPOINT is no address: {url}", "http://127.0.0.1:8080 is one", "endpoint"
            )
        if not (_is_loopback(self.host) or _is_listed(self.host, self.port, allowlist)):
            raise EngineError(
                f"LLM_ENDPOINT is refused: {self.host} is neither this machine nor allowed",
                f"add {self.host} to AIRGAP_ALLOWLIST if the files may go there",
                "air-gap",
            )
        self.secure = parts.scheme == "https"
        self.prefix = parts.path.rstrip("/").removesuffix("/v1")
        self.text = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{self.prefix}"


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_listed(host: str, port: int, allowlist: tuple[str, ...]) -> bool:
    names = {entry.strip().lower() for entry in allowlist}
    return host in names or f"{host}:{port}" in names


class Endpoint:
    """An engine behind HTTP; opened by asking for its health."""

    def __init__(self, url: str, allowlist: tuple[str, ...], deadline: Deadline) -> None:
        self._address = Address(url, allowlist)
        self._connection: HTTPConnection | None = None
        self._open(deadline)

    def _open(self, deadline: Deadline) -> None:
        for path in HEALTH_PATHS:
            status, _ = self._call("GET", path, None, deadline, HEALTH_SECONDS)
            if status == 200:
                break
        else:
            raise EngineError(
                f"{self._address.text}: no llama.cpp server answers (status {status})",
                "tried " + ", ".join(HEALTH_PATHS),
                "endpoint",
            )
        status, _ = self._call("GET", "/props", None, deadline, HEALTH_SECONDS)
        self._native = status == 200
        _, models = self._call("GET", "/v1/models", None, deadline, HEALTH_SECONDS)
        self.model = _first_model(models)

    def ask(self, question: Question, deadline: Deadline) -> Answer:
        """The letters' log-probabilities; their differences are those of the logits."""
        deadline.check()
        segments = [s for chunk in render(question, CHATML) for s in chunk]
        top, tokens = (self._ask_native if self._native else self._ask_openai)(segments, deadline)
        floor = min(top.values(), default=0.0) - UNLIKELY
        if not any(letter in top for letter in question.letters):
            raise EngineError(f"{self._address.text}: none of the letters is among the answers")
        return Answer(tuple(top.get(letter, floor) for letter in question.letters), tokens)

    def _ask_openai(
        self, segments: list[Segment], deadline: Deadline
    ) -> tuple[dict[str, float], int]:
        # Its tokeniser reads control tokens everywhere, so a file's own are taken apart.
        text = "".join(s.text if s.control else s.text.replace("<|", "< |") for s in segments)
        body = {"prompt": text, "max_tokens": 1, "temperature": 0.0, "logprobs": TOP}
        reply = self._post("/v1/completions", body, deadline)
        try:
            top = reply["choices"][0]["logprobs"]["top_logprobs"][0]
            return {str(k): float(v) for k, v in top.items()}, int(reply["usage"]["prompt_tokens"])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise self._unexpected("start it with --logits_all true") from None

    def _ask_native(
        self, segments: list[Segment], deadline: Deadline
    ) -> tuple[dict[str, float], int]:
        tokens: list[int] = []
        for segment in segments:
            ask = {"content": segment.text, "add_special": False, "parse_special": segment.control}
            reply = self._post("/tokenize", ask, deadline)
            tokens += reply.get("tokens", [])
        body = {
            "prompt": tokens,
            "n_predict": 1,
            "n_probs": TOP,
            "temperature": 0.0,
            "cache_prompt": True,
        }
        reply = self._post("/completion", body, deadline)
        try:
            rows = reply["completion_probabilities"][0]["top_logprobs"]
            top = {str(row["token"]): float(row["logprob"]) for row in rows}
            evaluated = int(reply.get("timings", {}).get("prompt_n", len(tokens)))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise self._unexpected("a llama.cpp server since 2025 is needed") from None
        return top, evaluated

    def _unexpected(self, hint: str) -> EngineError:
        return EngineError(f"{self._address.text}: the answer has no probabilities", hint)

    def _post(self, path: str, body: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        deadline.check()
        status, reply = self._call("POST", path, body, deadline, deadline.left)
        if status != 200 or not isinstance(reply, dict):
            hint = "start it with --logits_all true" if status == 500 else ""
            raise EngineError(f"{self._address.text}{path}: status {status}", hint, "endpoint")
        return reply

    def _call(
        self, method: str, path: str, body: object, deadline: Deadline, seconds: float
    ) -> tuple[int, Any]:
        """Status and decoded JSON of one call on the kept connection."""
        import http.client
        import json

        data = None if body is None else json.dumps(body).encode()
        kept = self._connection is not None
        try:
            try:
                status, text = self._exchange(method, path, data, deadline, seconds)
            except (ConnectionError, http.client.RemoteDisconnected):
                self.close()
                if not kept:
                    raise
                status, text = self._exchange(method, path, data, deadline, seconds)
        except TimeoutError:
            self.close()
            deadline.check()
            raise EngineError(f"{self._address.text}: no answer in time", "", "endpoint") from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            what = str(error) or type(error).__name__
            raise EngineError(
                f"{self._address.text}: {what}", "is the server running?", "endpoint"
            ) from None
        try:
            return status, json.loads(text)
        except ValueError:
            return status, None

    def _exchange(
        self, method: str, path: str, data: bytes | None, deadline: Deadline, seconds: float
    ) -> tuple[int, bytes]:
        connection = self._connect(max(0.01, min(seconds, deadline.left)))
        headers = {"Content-Type": "application/json"} if data else {}
        connection.request(method, self._address.prefix + path, data, headers)
        response = connection.getresponse()
        text = b""
        while piece := response.read1(1 << 16):
            text += piece
            if len(text) > MAX_REPLY or deadline.passed():
                self.close()
                deadline.check()
                raise OSError("the answer is too long")
        response.close()  # which read1 leaves to us
        return response.status, text

    def _connect(self, wait: float) -> HTTPConnection:
        from http.client import HTTPConnection, HTTPSConnection

        if self._connection is None:
            kind = HTTPSConnection if self._address.secure else HTTPConnection
            self._connection = kind(self._address.host, self._address.port, timeout=wait)
        self._connection.timeout = wait
        if self._connection.sock is not None:
            self._connection.sock.settimeout(wait)
        return self._connection

    @property
    def identity(self) -> str:
        """What the cache knows the server's weights by."""
        return f"{self._address.text} {self.model}"

    def describe(self) -> dict[str, str | int | float]:
        """For the record."""
        kind = "llama.cpp server" if self._native else "OpenAI-compatible server"
        return {"engine": kind, "endpoint": self._address.text, "served_model": self.model}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _first_model(reply: Any) -> str:
    try:
        return str(reply["data"][0]["id"])
    except (KeyError, IndexError, TypeError):
        return ""
