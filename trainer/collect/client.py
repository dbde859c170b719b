"""GitHub's REST API over HTTP: one request at a time, patient, and never anywhere else.

Requests are serial because GitHub asks for that. The token goes to the API's own address only:
addresses of next pages and of redirects that lead elsewhere are refused, not followed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx2

from codi_hook.errors import CodiError
from codi_hook.version import version
from trainer.collect.clock import Clock
from trainer.collect.limits import Limits, message
from trainer.collect.state import Answer, State

JSON = "application/vnd.github+json"
RAW = "application/vnd.github.raw+json"
API = "https://api.github.com"
API_VERSION = "2022-11-28"
LARGEST_LIST = 64 << 20  # bytes of a page or a tree; GitHub cuts trees off at 7 MB
ATTEMPTS = 6  # of a request that fails for other reasons than a limit
REFUSALS = 12  # of a request by limits, one after the other
REDIRECTS = 5
SLOWEST = 600.0  # seconds for a whole answer: one that trickles in would never end
FAILURES = 5  # requests in a row that came to nothing: GitHub is out of reach
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FINAL = frozenset((200, 304, 400, 403, 404, 409, 410, 422, 451))
_REDIRECT = frozenset((301, 302, 307, 308))


class Unavailable(Exception):
    """A request came to nothing, and may do better another time; says why."""


class Broken(Exception):
    """An attempt failed in a way that trying again may mend."""


def token_of(environment: Mapping[str, str]) -> str:
    """The token in GITHUB_TOKEN or GH_TOKEN, or "".

    Raises:
        CodiError: it can be no token. It is not shown.
    """
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        token = environment.get(name, "").strip()
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise CodiError(f"{name} holds no token", "it has blanks or other odd characters")
        if token:
            return token
    return ""


class Api:
    """Used as a context. `timeout` is in seconds, for connecting and for each read."""

    def __init__(
        self,
        state: State,
        url: str = API,
        token: str = "",
        clock: Clock | None = None,
        tell: Callable[[str], None] = lambda line: None,
        timeout: float = 30.0,
    ) -> None:
        self.base = _base(url, bool(token))
        self.has_token = bool(token)
        self.state = state
        self.clock = clock or Clock()
        self.limits = Limits(self.clock, state.count, tell)
        self._failures = 0
        headers = {"User-Agent": f"codi-hook/{version()}", "X-GitHub-Api-Version": API_VERSION}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx2.Client(headers=headers, timeout=timeout, follow_redirects=False)

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def url(self, *parts: str, **query: str | int) -> str:
        """An address of the API. Each part is one segment; slashes in it are kept."""
        path = "/".join(quote(part, safe="/") for part in parts)
        return f"{self.base}/{path}" + (f"?{urlencode(query)}" if query else "")

    def json(self, url: str, fixed: bool = False) -> tuple[Answer, Any]:
        """An answer and the JSON in it; None for any other status than 200.

        Raises:
            Unavailable, CodiError: as `get`.
        """
        answer = self.get(url, JSON, LARGEST_LIST, _is_json, fixed)
        return answer, json.loads(answer.body) if answer.status == HTTPStatus.OK else None

    def get(
        self,
        url: str,
        accept: str,
        largest: int,
        valid: Callable[[bytes], bool] = lambda body: True,
        fixed: bool = False,
    ) -> Answer:
        """What the API answers, from the state where that holds. Of a body at most `largest` + 1
        bytes are read; a shorter one that is not `valid` is asked for again.

        Raises:
            Unavailable: it did not answer, in spite of all patience.
            CodiError: it refuses the token, or nothing gets through any more.
        """
        key = f"{accept} {url.removeprefix(self.base)}"
        known = self.state.known(key)
        if known and known[1]:
            return known[0]
        try:
            answer = self._patiently(url, accept, largest, valid, known[0].etag if known else "")
        except Unavailable as error:
            self._failures += 1
            if self._failures >= FAILURES:
                hint = "run it again later: it goes on where it is now"
                raise CodiError(f"GitHub does not answer: {error}", hint) from None
            raise
        self._failures = 0
        if known and answer.status == HTTPStatus.NOT_MODIFIED:
            answer = known[0]
        self.state.keep(key, answer, fixed)
        return answer

    def _patiently(
        self, url: str, accept: str, largest: int, valid: Callable[[bytes], bool], etag: str
    ) -> Answer:
        resource = _resource(url, self.base)
        failures = refusals = 0
        while True:
            self.limits.before(resource)
            try:
                answer, headers = self._follow(url, accept, largest, etag)
                self.limits.note(resource, headers)
                wait = self.limits.refused(answer.status, headers, answer.body, refusals)
                if wait is None:
                    return self._judged(answer, largest, valid)
            except (Broken, httpx2.TransportError, httpx2.DecodingError) as error:
                failures += 1
                self.state.count(f"failed attempts: {_kind(error)}")
                if failures >= ATTEMPTS:
                    raise Unavailable(_kind(error)) from None
                self.limits.pause(failures - 1)
                continue
            refusals += 1
            if refusals >= REFUSALS:
                raise Unavailable(wait[1])
            self.limits.wait(*wait)

    def _judged(self, answer: Answer, largest: int, valid: Callable[[bytes], bool]) -> Answer:
        status, body = answer.status, answer.body
        if status == HTTPStatus.UNAUTHORIZED:
            hint = "GITHUB_TOKEN or GH_TOKEN" + ("" if self.has_token else ", which is not set")
            raise CodiError("GitHub wants a valid token", hint)
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise CodiError(f"GitHub refuses the question: {message(body) or 'no reason given'}")
        if status not in _FINAL:
            raise Broken(f"status {status}")
        if status != HTTPStatus.OK:
            return Answer(status, b"")
        if len(body) <= largest and not valid(body):
            raise Broken("damaged answer")
        return answer

    def _follow(
        self, url: str, accept: str, largest: int, etag: str
    ) -> tuple[Answer, Mapping[str, str]]:
        for _ in range(REDIRECTS):
            answer, headers = self._once(url, accept, largest, etag)
            if answer.status not in _REDIRECT:
                return answer, headers
            url = urljoin(url, headers.get("location", ""))
            if not self._is_ours(url):
                raise Unavailable("redirected elsewhere")
        raise Unavailable("redirected too often")

    def _once(
        self, url: str, accept: str, largest: int, etag: str
    ) -> tuple[Answer, Mapping[str, str]]:
        asked = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        with self._client.stream("GET", url, headers=asked) as response:
            self.state.count(f"requests: {response.status_code}")
            parts, size, until = [], 0, self.clock.now() + SLOWEST
            for block in response.iter_bytes():
                parts.append(block)
                size += len(block)
                if size > largest:
                    break
                if self.clock.now() > until:
                    raise Broken("answer too slow")
            headers = response.headers
            body = b"".join(parts)[: largest + 1]
            following = response.links.get("next", {}).get("url", "")
        if following and not self._is_ours(following):
            raise Unavailable("the next page is elsewhere")
        answer = Answer(response.status_code, body, headers.get("etag", ""), following)
        return answer, headers

    def _is_ours(self, url: str) -> bool:
        ours, theirs = urlsplit(self.base), urlsplit(url)
        same = (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)
        return same and theirs.path.startswith(f"{ours.path}/")


def _base(url: str, has_token: bool) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise CodiError("--api-url is no address", f"such as {API} or https://HOST/api/v3")
    if has_token and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise CodiError("a token is not sent over plain http", "use https in --api-url")
    return url.rstrip("/")


def _resource(url: str, base: str) -> str:
    """Which primary limit a request counts against."""
    return "code_search" if url.startswith(f"{base}/search/code") else "core"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _kind(error: Exception) -> str:
    """What failed in a few words: never an address or a header."""
    return str(error) if isinstance(error, Broken) else type(error).__name__


def environment_token() -> str:
    return token_of(os.environ)
