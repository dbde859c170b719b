"""The pairs step: standardised files and changes in, questions with an answer out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any, cast

from loguru import logger

from codi_hook.model import Candidate, Verified
from codi_hook.ranking import prompt
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer import rows
from trainer.pairs.history import choices
from trainer.pairs.results import result
from trainer.pairs.reversal import reversals
from trainer.pairs.select import Select
from trainer.steps import Each, Read, Row, Runner, Write

CROWD = {"hub": 0.45}  # of these files this part is worked on: there are more than enough of them
_WORDS = re.compile(r"[a-z]{3,}")
_OFTEN = """the and for with this that from are not has have its into was file files docker
dockerfile image images use add fix update remove"""

TASKS = ("rank", "explain", "rewrite", "other")


def run(runner: Runner, cap: int, owner_cap: int) -> dict[str, int]:
    """Make the pairs, and keep at most `cap` for a template of a rule, and `owner_cap` of one
    owner among them; returns the counts."""
    files, changes = (runner.data / "standard" / name for name in ("files", "changes"))
    made = runner.data / "pairs" / "made"
    blocks: list[Any] = [Read(files, changes), Each(partial(pairs, crowd=CROWD)), Write(made)]
    settings = {"crowd": CROWD, "prompt": prompt.PROMPT_VERSION}
    counts = runner.run("pairs", blocks, [files, changes], [made], settings=settings)
    targets = [runner.data / "pairs" / task for task in TASKS]
    select = Select(made, targets, cap, owner_cap)
    chosen = runner.run("select", [select], [made], targets, 1, {"cap": [cap, owner_cap]})
    return {**counts, **chosen}


def pairs(row: Row, tally: Counter[str], crowd: dict[str, float]) -> Iterator[Row]:
    """All pairs that a file, or a change of one, gives.

    A file on which a rule fails is counted and logged, and the others go on: it is a defect of
    the rule, and the reason to look at it.
    """
    change = "before" in row
    if not change and not _drawn(row["id"], crowd.get(row.get("origin", ""), 1.0)):
        return
    try:
        made = list(_of_change(row, tally) if change else _of_file(row, tally))
    except Exception as error:
        tally[f"failed: {type(error).__name__}"] += 1
        logger.exception(f"{row['repo']} {row['path']} {row['id']}")
        return
    yield from made


def _drawn(identity: str, share: float) -> bool:
    return int(sha256(identity.encode()).hexdigest()[:8], 16) < share * 2**32


def _of_file(row: Row, tally: Counter[str]) -> Iterator[Row]:
    document = parse(Source(row["text"].encode("utf-8", "replace"), row["path"]))
    if document.problems:
        return
    outcomes: Counter[str] = Counter()
    for injection, verified, label in reversals(document, outcomes):
        about = {"source": "reversal", "how": injection.name}
        yield from _tasks(row, verified, label, about)
    tally.update({f"reversal {key}": count for key, count in outcomes.items()})


def _of_change(row: Row, tally: Counter[str]) -> Iterator[Row]:
    outcomes: Counter[str] = Counter()
    for verified, label in choices(row["before"], row["after"], row["path"], outcomes):
        about = {"source": "history", "how": "commit"}
        about |= {"commit": row["commit"], "subject": row["subject"][:300]}
        if label is None:
            yield _other(row, verified)
        else:
            yield from _tasks(row, verified, label, about)
    tally.update({f"history {key}": count for key, count in outcomes.items()})


def _tasks(row: Row, verified: Verified, label: int, about: Row) -> Iterator[Row]:
    finding = verified.finding
    if label >= len(prompt.LETTERS):  # it would have no letter
        return
    asked = rows.asked(finding.document, finding, verified.candidates)
    origin = {key: row[key] for key in ("origin", "repo", "path", "cluster")}
    yield _identified({"task": "rank", **about, **origin, **asked, "label": label})
    chosen = verified.candidates[label]
    shared = {
        "rule": asked["rule"],
        "stack": asked["stack"],
        "repo": row["repo"],
        "cluster": row["cluster"],
    }
    if len(chosen.reasons) > 1:
        subject = about.get("subject", "")
        yield _explain(verified, label, subject, asked, shared)
    yield _identified(
        {
            "task": "rewrite",
            "source": about["source"],
            **shared,
            "instruction": f"{finding.message or finding.rule.summary}: {chosen.title}",
            "input": asked["text"],
            "output": result(finding, chosen).decode("utf-8", "replace"),
        }
    )


def _explain(verified: Verified, label: int, subject: str, asked: Row, shared: Row) -> Row:
    chosen = verified.candidates[label]
    how, fitting = fitting_reason(chosen, verified.candidates, subject)
    put = prompt.clause_question(asked["file"], chosen)
    return _identified(
        {
            "task": "explain",
            "source": "history" if how == "words" else "rules",
            "how": how,
            **shared,
            "text": asked["text"],
            "span": asked["span"],
            "candidate": cast(Row, rows.choice(chosen)),
            "reasons": [[one.id, one.text] for one in chosen.reasons],
            "label": fitting,
            **rows.put_question(put),
        }
    )


def fitting_reason(
    chosen: Candidate, offered: tuple[Candidate, ...], subject: str
) -> tuple[str, int]:
    """How the reason that fits the choice was found, and its index: by the commit's own words, by
    what sets the candidate apart from the others, or else the rule's first."""
    said = _content(subject)
    overlaps = [len(said & _content(one.text)) for one in chosen.reasons]
    if max(overlaps) and overlaps.count(max(overlaps)) == 1:
        return "words", overlaps.index(max(overlaps))
    others = {one.id for other in offered if other is not chosen for one in other.reasons}
    own = [index for index, one in enumerate(chosen.reasons) if one.id not in others]
    if len(own) == 1:
        return "contrast", own[0]
    return "first", 0


def _content(text: str) -> set[str]:
    return {word.rstrip("s") for word in _WORDS.findall(text.lower())} - set(_OFTEN.split())


def _other(row: Row, verified: Verified) -> Row:
    from codi_hook.recipes import facts

    return _identified(
        {
            "task": "other",
            "source": "history",
            "rule": verified.finding.code,
            "stack": facts.stack(verified.finding.document),
            **{key: row[key] for key in ("repo", "cluster", "commit", "path")},
            "candidates": [one.id for one in verified.candidates],
        }
    )


def _identified(row: Row) -> Row:
    """The row with an id by its content, first."""
    parts = [row["task"], row["rule"], row["repo"]]
    parts += [str(row.get(key, "")) for key in ("commit", "path", "input", "text", "span", "body")]
    return {"id": sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:20], **row}
