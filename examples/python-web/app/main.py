"""A WSGI application that says how many requests this process has answered."""

from __future__ import annotations

from itertools import count

_requests = count(1)


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{next(_requests)} {environ['PATH_INFO']}\n".encode()]
