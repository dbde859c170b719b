"""The rows that travel from step to step of the data pipeline, one JSON object a line.

`collect` makes files and changes; `label` adds what codi-hook knows about a file; `pairs` turns
both into questions with an answer; `split` parts the questions; `train` and `evaluate` read them.
Every row names where it comes from, so that any label can be traced to its author's file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypedDict

from typing_extensions import NotRequired

from codi_hook.model import Candidate, Document, Finding
from codi_hook.ranking import prior, prompt
from codi_hook.ranking.prompt import Question
from codi_hook.recipes import facts

Source = Literal["reversal", "history", "rules"]


class File(TypedDict):
    """A Dockerfile as its author wrote it.

    `id` is the SHA-256 of the text's UTF-8. `origin` names the collection that it came from.
    """

    id: str
    origin: str
    repo: str  # owner/name
    path: str
    text: str
    commit: NotRequired[str]
    scripts: NotRequired[dict[str, str]]  # path in the context → text, of scripts that it runs


class Change(TypedDict):
    """What one commit made of one Dockerfile. `time` is in seconds since 1970."""

    id: str  # SHA-256 of repo, path and commit
    origin: str
    repo: str
    path: str
    commit: str
    time: int
    subject: str
    before: str
    after: str


class Choice(TypedDict):
    """A candidate as a pair shows it."""

    id: str
    title: str
    applicability: str


class Rank(TypedDict):
    """Which candidate did the author choose? The label of a pair made by `pairs`.

    `span` is the finding's, in bytes of `text`, and `rule` its code: linting `text` finds it
    again. `candidates` are those verified, in the rule's order; `label` is the index of the
    author's. `file`, `finding`, `body`, `order` are the question as `ranking.prompt` puts it.
    `contexts` are those of `ranking.prior`, narrowest first. `how` is the injection or "commit".
    """

    id: str
    task: Literal["rank"]
    source: Source
    how: str
    rule: str
    stack: str
    contexts: list[str]
    origin: str
    repo: str
    path: str
    cluster: str  # files of one cluster are near-copies of each other
    commit: NotRequired[str]
    subject: NotRequired[str]  # of the commit
    text: str
    span: list[int]
    candidates: list[Choice]
    label: int
    file: str
    finding: str
    body: str
    order: list[int]
    prompt_version: str


class Explain(TypedDict):
    """Which reason fits? As `Rank`, but the options are the reasons of one candidate.

    `how` says why the label is one: "words" (the commit's own words fit this reason alone; source
    "history"), "contrast" (of the author's candidate this reason alone holds for no other one) or
    "first" (the rule's own first reason; source "rules").
    """

    id: str
    task: Literal["explain"]
    source: Source
    how: str
    rule: str
    stack: str
    repo: str
    cluster: str
    text: str
    span: list[int]
    candidate: Choice
    reasons: list[list[str]]  # [id, text]
    label: int
    file: str
    finding: str
    body: str
    order: list[int]
    prompt_version: str


class Rewrite(TypedDict):
    """What becomes of the file? `output` is always what a template made."""

    id: str
    task: Literal["rewrite"]
    source: Source
    rule: str
    stack: str
    repo: str
    cluster: str
    instruction: str
    input: str
    output: str


class Other(TypedDict):
    """A commit after which a finding is gone, in no way that our templates know."""

    id: str
    task: Literal["other"]
    source: Literal["history"]
    rule: str
    stack: str
    repo: str
    cluster: str
    commit: str
    path: str
    candidates: list[str]


Pair = Rank | Explain | Rewrite | Other


def choice(candidate: Candidate) -> Choice:
    return {
        "id": candidate.id,
        "title": candidate.title,
        "applicability": candidate.applicability.value,
    }


def question(row: Rank | Explain) -> Question:
    """The question of a row, to be rendered as the hook renders it."""
    return Question(row["file"], row["finding"], row["body"], tuple(row["order"]))


def letter(row: Rank | Explain) -> int:
    """The place of the label among the letters: 0 for A.

    Raises:
        ValueError: the label was not among the options that have a letter.
    """
    return row["order"].index(row["label"])


def asked(document: Document, finding: Finding, candidates: Sequence[Candidate]) -> dict[str, Any]:
    """The part of a `Rank` that the document decides."""
    put = prompt.rank_question(prompt.file_text(document), finding, candidates)
    return {
        "rule": finding.code,
        "stack": facts.stack(document),
        "contexts": list(prior.contexts(document)),
        "text": document.source.data.decode("utf-8"),
        "span": [finding.span.start, finding.span.end],
        "candidates": [choice(candidate) for candidate in candidates],
        **put_question(put),
    }


def put_question(put: Question) -> dict[str, Any]:
    """A question as the fields of a row."""
    return {
        "file": put.file,
        "finding": put.finding,
        "body": put.body,
        "order": list(put.order),
        "prompt_version": prompt.PROMPT_VERSION,
    }


def digest(parts: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 for the files of a dataset, given as (name, SHA-256), whatever their folder.

    It is what training, package and evaluation name a split by.
    """
    lines = sorted(f"{value}  {name}\n" for name, value in parts)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
