"""Limits, failures and other moods of the server. The clock is one that nobody waits for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codi_hook.errors import CodiError
from tests.trainer.collect.conftest import START, TOKEN, Still, places
from tests.trainer.collect.server import (
    GitHub,
    Handler,
    cut_off,
    cut_off_silently,
    damaged,
    hang_up,
    refuse,
)
from tests.trainer.collect.test_github import ALL
from trainer.collect.client import Api, token_of
from trainer.collect.state import State

Collect = Callable[..., Any]
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."


def test_waits_for_the_reset_of_the_primary_limit(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    reset = str(int(START) + 1800)
    used_up = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": reset}
    hub.trouble("/git/blobs/", refuse(403, "API rate limit exceeded for user", **used_up))
    counts = collect()
    assert still.slept == [1801.0] and places(tmp_path / "data") == ALL
    assert counts["waits: primary limit"] == 1
    assert counts["seconds waited: primary limit"] == 1801
    assert "GitHub's primary limit: waiting 1801 s" in collect.lines[0]  # type: ignore[attr-defined]


def test_does_not_ask_when_nothing_remains(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    def last_one(handler: Handler) -> bool:
        hub.extra = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(START) + 60)}
        handler._answer()
        hub.extra = {}
        return True

    hub.trouble("/git/trees/", last_one)
    collect()
    assert still.slept == [61.0]
    assert not [status for _, status in hub.asked if status != 200]
    assert places(tmp_path / "data") == ALL


def test_the_limit_of_code_search_does_not_hold_up_the_rest(
    hub: GitHub, collect: Collect, still: Still
) -> None:
    def last_one(handler: Handler) -> bool:
        hub.extra = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(START) + 60)}
        handler._answer()
        hub.extra = {}
        return True

    hub.page = 1
    hub.trouble("/search/code", last_one)
    collect(queries=("RUN",))
    order = ["search" if "/search/" in path else "core" for path, _ in hub.asked]
    assert order[:3] == ["search", "core", "core"]  # the wait is before the next page
    assert still.slept == [61.0]


def test_waits_as_long_as_retry_after_says(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    hub.trouble("/orgs/", refuse(403, SECONDARY, retry_after="17"))
    hub.trouble("/git/trees/", refuse(429, "", retry_after="5"))
    hub.trouble("/git/ref/", refuse(429, "", retry_after="Tue, 14 Nov 2023 22:30:00 GMT"))
    counts = collect()
    at = START + 17.5
    assert still.slept == [17.5, pytest.approx(1_700_001_000 - at + 0.5), 5.5]
    assert counts["waits: secondary limit"] == 3 and places(tmp_path / "data") == ALL


def test_waits_minutes_and_longer_each_time_where_no_header_says(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    hub.trouble("/git/blobs/", *[refuse(403, SECONDARY)] * 3)
    collect()
    assert still.slept == [67.5, 135.0, 270.0] and places(tmp_path / "data") == ALL


def test_a_reset_in_the_past_does_not_become_a_storm(
    hub: GitHub, collect: Collect, still: Still
) -> None:
    past = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(START) - 100)}
    hub.trouble("/git/blobs/", *[refuse(403, "", **past)] * 3)
    collect()
    assert still.slept == [1.0, 60.0, 120.0]


def test_a_wait_that_is_too_long_ends_the_run_which_can_go_on(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    hub.trouble("/git/blobs/", refuse(403, SECONDARY, retry_after="90000"))
    with pytest.raises(CodiError, match="wait 1500 minutes") as caught:
        collect()
    assert "goes on where it is" in caught.value.hint and still.slept == []
    asked = [path for path, status in hub.asked if status == 200]
    collect()
    again = [path for path, _ in hub.asked if path in asked]
    assert sorted(again) == sorted(asked) and places(tmp_path / "data") == ALL


@pytest.mark.parametrize("part", ["/orgs/", "/git/ref/", "/git/trees/", "/git/blobs/"])
@pytest.mark.parametrize(
    "trouble",
    [refuse(500), refuse(503, "busy"), cut_off, hang_up],
    ids=["error", "busy", "cut-off", "hang-up"],
)
def test_tries_again_after_errors(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still, part: str, trouble: Any
) -> None:
    hub.trouble(part, trouble, trouble)
    collect(repos=("acme/web",)) if part != "/orgs/" else collect()
    assert still.slept == [1.5, 3.0]
    assert "acme/web/Dockerfile" in places(tmp_path / "data")


def test_damaged_answers_are_asked_for_again(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    hub.trouble("/orgs/", damaged)
    hub.trouble("/git/trees/", damaged)
    hub.trouble("/git/blobs/", cut_off_silently)
    counts = collect()
    assert places(tmp_path / "data") == ALL and len(still.slept) == 3
    assert counts["failed attempts: damaged answer"] == 3


def test_a_slow_answer_is_given_up_and_asked_for_again(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    def slow(handler: Handler) -> bool:
        time.sleep(0.8)
        return hang_up(handler)

    hub.trouble("/git/blobs/", slow)
    counts = collect(timeout=0.2)
    assert counts["failed attempts: ReadTimeout"] == 1 and places(tmp_path / "data") == ALL


def test_an_answer_that_trickles_in_is_given_up(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still
) -> None:
    def trickle(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"F")
        handler.wfile.flush()
        time.sleep(0.3)  # until the client has the beginning
        still.time += 700
        handler.wfile.write(b"ROM")
        return hang_up(handler)

    hub.trouble("/git/blobs/", trickle)
    counts = collect()
    assert counts["failed attempts: answer too slow"] == 1
    assert places(tmp_path / "data") == ALL


def test_what_stays_unavailable_is_left_for_the_next_run(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    hub.trouble("/git/blobs/", *[refuse(502)] * 6)
    counts = collect()
    assert counts["unavailable"] == 1 and len(places(tmp_path / "data")) == 3
    hub.asked.clear()
    collect()
    assert places(tmp_path / "data") == ALL
    assert len(hub.asked) == 1 and "/git/blobs/" in hub.asked[0][0]  # the rest is known


def test_gives_up_where_nothing_gets_through(hub: GitHub, collect: Collect, tmp_path: Path) -> None:
    hub.page = 100
    hub.trouble("/git/", *[refuse(500)] * 100)
    hub.add("acme/fourth", {"Dockerfile": b"FROM x\nRUN y\n"})
    hub.add("acme/fifth", {"Dockerfile": b"FROM x\nRUN y\n"})
    with pytest.raises(CodiError, match="does not answer: status 500"):
        collect()


@pytest.mark.parametrize(
    ("status", "why"),
    [(404, "not found"), (451, "withheld for legal reasons"), (403, "forbidden"), (410, "gone")],
)
def test_what_is_not_to_be_had_is_counted_and_the_rest_goes_on(
    hub: GitHub, collect: Collect, tmp_path: Path, still: Still, status: int, why: str
) -> None:
    hub.trouble("/git/blobs/", refuse(status, "Repository access blocked"))
    hub.trouble("/git/ref/", refuse(status, "no"))
    counts = collect()
    assert counts[why] == 1 and counts[f"listings: {why}"] == 1 and still.slept == []
    assert len(places(tmp_path / "data")) >= 1


def test_follows_a_renamed_repository_but_nothing_that_leads_elsewhere(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    moved = refuse(
        301, "Moved Permanently", location=f"{hub.url}/repos/acme/web/git/ref/heads/main"
    )
    hub.add("acme/old", {})
    hub.repos["acme/old"].commit = "x"
    hub.trouble("/repos/acme/old/git/ref", moved)
    hub.trouble("/repos/acme/tool/git/ref", refuse(302, location="http://localhost:9/repos/x"))
    hub.trouble(
        "/repos/acme/api/git/trees", *[refuse(302, location="/repos/acme/api/git/trees/1")] * 9
    )
    collect()
    reached = {place.rpartition("/")[0] for place in places(tmp_path / "data")}
    assert "acme/web" in reached and "acme/tool" not in reached and "acme/api" not in reached
    said = "\n".join(collect.lines)  # type: ignore[attr-defined]
    assert "acme/tool: redirected elsewhere" in said and "acme/api: redirected too often" in said


def test_a_next_page_elsewhere_is_not_asked_for(
    hub: GitHub, collect: Collect, tmp_path: Path
) -> None:
    def lured(handler: Handler) -> bool:
        handler.send(200, b"[]", Link='<http://localhost:9/orgs/acme/repos?page=2>; rel="next"')
        return True

    hub.trouble("/orgs/", lured)
    collect()
    assert "the next page is elsewhere" in collect.lines[0]  # type: ignore[attr-defined]
    assert places(tmp_path / "data") == []


def test_a_refused_token_and_a_refused_question(hub: GitHub, collect: Collect) -> None:
    hub.trouble("/orgs/", refuse(401, "Bad credentials"))
    with pytest.raises(CodiError, match="wants a valid token"):
        collect()
    hub.trouble("/search/", refuse(422, "The search is\nlonger than 256 characters."))
    with pytest.raises(CodiError, match=r"The search is longer than 256 characters\.$"):
        collect(queries=("x",))


def test_where_a_token_goes() -> None:
    state = State(None, "")
    with pytest.raises(CodiError, match="not sent over plain http"):
        Api(state, "http://github.example.org/api/v3", TOKEN)
    with pytest.raises(CodiError, match="no address"):
        Api(state, "https://user:password@github.example.org/api/v3")
    with Api(state, "https://github.example.org/api/v3/", TOKEN) as api:
        assert (
            api.url("repos", "a/b", q="x y") == "https://github.example.org/api/v3/repos/a/b?q=x+y"
        )
    state.close()


def test_which_token_is_taken() -> None:
    assert token_of({"GITHUB_TOKEN": " a ", "GH_TOKEN": "b"}) == "a"
    assert token_of({"GITHUB_TOKEN": "", "GH_TOKEN": "b"}) == "b" and token_of({}) == ""
    with pytest.raises(CodiError) as caught:
        token_of({"GH_TOKEN": "secret\nX-Evil: 1"})
    assert "secret" not in str(caught.value)
