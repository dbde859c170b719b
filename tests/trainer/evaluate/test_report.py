"""The report in a real browser: it draws, says nothing on the console and fetches nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.trainer.evaluate.conftest import World, call

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or ""
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--enable-logging=stderr",
    "--v=0", "--virtual-time-budget=3000", "--window-size=1200,4000",
)  # fmt: skip


def browse(page: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BROWSER, *OPTIONS, f"--user-data-dir={folder / 'profile'}",
         f"--log-net-log={folder / 'net.json'}", *more, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip


def fetched(log: Path) -> list[str]:
    """What the page asked for: addresses in the browser's own log of requests."""
    found = re.findall(r'"url":"([^"]+)"', log.read_text(encoding="utf-8"))
    own = ("file:", "data:", "chrome:", "devtools:", "about:")
    services = ("google.com", "googleapis.com", "gvt1.com")  # the browser's own, not the page's
    return [one for one in found if not one.startswith(own) and not any(s in one for s in services)]


@pytest.mark.skipif(not BROWSER, reason="no chromium on this machine")
def test_in_a_browser(world: World, tmp_path: Path) -> None:
    page = world.run / "report.html"
    done = browse(page, tmp_path, "--dump-dom")
    assert ":CONSOLE" not in done.stderr, done.stderr
    assert fetched(tmp_path / "net.json") == []
    assert done.stdout.count('class="plot"') == 4
    for rule in world.metrics["systems"]["adapter"]["rules"]:
        assert f'<tr id="{rule}">' in done.stdout
    picture = tmp_path / "page.png"
    browse(page, tmp_path, f"--screenshot={picture}")
    assert picture.stat().st_size > 50_000  # an empty page of that size takes 20 kB


@pytest.mark.skipif(not BROWSER, reason="no chromium on this machine")
def test_the_browser_would_have_said_so(world: World, tmp_path: Path) -> None:
    """What the test above looks for is found where it is there."""
    text = (world.run / "report.html").read_text(encoding="utf-8")
    bad = tmp_path / "bad.html"
    tags = '<img src="http://127.0.0.1:9/x.png"><script>console.log("hello")</script></body>'
    bad.write_text(text.replace("</body>", tags), encoding="utf-8")
    assert ":CONSOLE" in browse(bad, tmp_path, "--dump-dom").stderr
    open_page = re.sub(r"<meta http-equiv[^>]*>", "", bad.read_text(encoding="utf-8"))
    bad.write_text(open_page, encoding="utf-8")
    browse(bad, tmp_path, "--dump-dom")
    assert set(fetched(tmp_path / "net.json")) == {"http://127.0.0.1:9/x.png"}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.links.append(value or "")


def test_it_is_one_file_in_which_nothing_is_twice(world: World) -> None:
    text = (world.run / "report.html").read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(text)
    assert len(tags.ids) == len(set(tags.ids))
    assert tags.links and all(link.startswith("#") for link in tags.links)
    assert {link[1:] for link in tags.links} <= set(tags.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(tags.ids)


def test_files_are_escaped(world: World) -> None:
    """A file of the rows holds a script; the excerpts of mistakes show it."""
    text = (world.run / "report.html").read_text(encoding="utf-8")
    tags = _Tags()
    tags.feed(text)
    assert tags.scripts == 0 and "alert(1)&lt;/script&gt;" in text


def test_no_line_of_a_file_is_shown_where_that_is_not_wished(world: World, tmp_path: Path) -> None:
    for path in world.run.iterdir():
        shutil.copy(path, tmp_path)
    before = (tmp_path / "predictions.jsonl").read_bytes()
    done = call("evaluate", *world.arguments(tmp_path), "--no-excerpts")
    assert done.exit_code == 0 and (tmp_path / "predictions.jsonl").read_bytes() == before
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "worst mistakes" in text and "MAINTAINER" not in text and "alert" not in text


def test_figures_are_those_of_the_metrics(world: World) -> None:
    text = (world.run / "report.html").read_text(encoding="utf-8")
    overall = world.metrics["systems"]["adapter"]["overall"]
    for name in ("top1", "mrr", "ece", "brier"):
        assert f"<td>{overall[name]:.3f}</td>" in text
    assert json.dumps(world.metrics["settings"]["dataset"]) in text.replace("&#34;", '"')
