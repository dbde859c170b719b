"""Labels from commits."""

from __future__ import annotations

from collections import Counter

from trainer.pairs.build import fitting_reason
from trainer.pairs.history import choices

OLD = "FROM python:3.12\nWORKDIR /app\nRUN pip install flask\nCMD python app.py\n"


def chosen(after: str, code: str) -> list[str | None]:
    return [
        None if label is None else verified.candidates[label].id
        for verified, label in choices(OLD, after, "Dockerfile", Counter())
        if verified.finding.code == code
    ]


def test_the_human_s_candidate() -> None:
    after = OLD.replace("pip install", "pip install --no-cache-dir")
    assert chosen(after, "DL3042") == ["add-no-cache-dir"]


def test_among_other_changes_of_the_commit() -> None:
    after = OLD.replace("RUN pip", "ENV PIP_NO_CACHE_DIR=1\nRUN pip").replace("3.12", "3.13")
    assert chosen(after, "DL3042") == ["env-no-cache-dir"]


def test_another_way_than_ours_is_other() -> None:
    after = OLD.replace("RUN pip install flask", "RUN pip install flask && rm -rf /root/.cache")
    assert chosen(after, "DL3042") in ([None], [])
    after = OLD.replace("RUN pip install flask\n", "")
    assert chosen(after, "DL3042") == [None]


def test_what_stays_gives_nothing() -> None:
    assert chosen(OLD + "EXPOSE 80\n", "DL3042") == []


def test_the_reason_that_the_commit_names() -> None:
    after = OLD.replace("pip install", "pip install --no-cache-dir")
    found = [v for v, label in choices(OLD, after, "", Counter()) if v.finding.code == "DL3042"]
    verified = found[0]
    mine = verified.candidates[0]
    for index, reason in enumerate(mine.reasons):
        words = reason.text.split()
        how, at = fitting_reason(mine, verified.candidates, reason.text)
        assert (how, at) == ("words", index), words
    assert fitting_reason(mine, verified.candidates, "")[0] in ("contrast", "first")
