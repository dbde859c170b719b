"""Questions side by side in one sequence, with what they share stored once.

Questions about one file begin with the same tokens. A pack is the tree of its questions' tokens:
a node is a token, its position is its depth, and it attends to the nodes on the way from the
root to it. What the model computes for a question is what it would compute for it alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codi_hook.ranking.prompt import LETTERS, Question
from trainer.train.data import Example
from trainer.train.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Line:
    """Tokens of an example. The prompt is `ids[:prompt]`; letter and reason follow, if any."""

    ids: tuple[int, ...]
    prompt: int
    letter: int
    options: int
    task: str


@dataclass(frozen=True, slots=True)
class Pack:
    """`paths[i]` are the nodes of line i, in order; `ids` and `depths` are by node."""

    lines: tuple[Line, ...]
    ids: NDArray[np.int64]
    depths: NDArray[np.int64]
    paths: tuple[NDArray[np.int64], ...]

    def mask(self) -> NDArray[np.bool_]:
        """(nodes, nodes): whether the row's node attends to the column's."""
        size = len(self.ids)
        mask = np.zeros((size, size), np.bool_)
        for path in self.paths:
            grid = np.tril(np.ones((len(path), len(path)), np.bool_))
            mask[np.ix_(path, path)] |= grid
        return mask


def line(example: Example, tokens: Tokens, with_reason: bool = False) -> Line:
    """An example's tokens; the letter and its reason are appended only where they are learned."""
    ids = tokens.question(example.question)
    prompt = len(ids)
    if with_reason and example.reason:
        ids = [*ids, tokens.letters[example.letter], *tokens.text(" " + example.reason, False)]
        ids += [tokens.end] if tokens.end is not None else []
    return Line(tuple(ids), prompt, example.letter, len(example.question.order), example.task)


def pack(lines: Sequence[Line]) -> Pack:
    """The tree of some lines."""
    lines = sorted(lines, key=lambda one: one.ids)  # what shares most are neighbours
    ids: list[int] = []
    depths: list[int] = []
    paths: list[list[int]] = []
    for index, one in enumerate(lines):
        shared = _common(lines[index - 1].ids, one.ids) if index else 0
        above = paths[-1][:shared] if index else []
        path = [*above, *range(len(ids), len(ids) + len(one.ids) - shared)]
        ids += one.ids[shared:]
        depths += range(shared, len(one.ids))
        paths.append(path)
    arrays = tuple(np.array(path, np.int64) for path in paths)
    return Pack(tuple(lines), np.array(ids, np.int64), np.array(depths, np.int64), arrays)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def group(lines: Sequence[Line], limit: int, in_order: bool = False) -> list[list[int]]:
    """Indices of lines, grouped into packs of at most `limit` nodes (or of one line).

    What shares most is put together, unless the lines are to stay in their order.
    """
    groups: list[list[int]] = []
    left = 0
    order = list(range(len(lines)))
    if not in_order:
        order.sort(key=lambda index: lines[index].ids)
    for at, index in enumerate(order):
        ids = lines[index].ids
        shared = _common(lines[order[at - 1]].ids, ids) if at else 0
        if groups and left >= len(ids) - shared:
            groups[-1].append(index)
            left -= len(ids) - shared
        else:
            groups.append([index])
            left = limit - len(ids)
    return groups


def permuted(question: Question, letter: int, seed: str) -> tuple[Question, int]:
    """The same options under other letters; returns the new place of the answer, too.

    The body's last lines are the options, each behind its letter.
    """
    count = len(question.order)
    lines = question.body.split("\n")
    lead, options = lines[: len(lines) - count], lines[len(lines) - count :]
    places = list(range(count))
    random.Random(seed).shuffle(places)
    body = [f"{LETTERS[i]} {options[at].partition(' ')[2]}" for i, at in enumerate(places)]
    order = tuple(question.order[at] for at in places)
    text = "\n".join([*lead, *body])
    return Question(question.file, question.finding, text, order), places.index(letter)
