"""Which questions go through the model together, in every epoch, decided before it begins.

A plan follows from examples, configuration and seed alone, so a resumed training goes on with
exactly what the killed one would have seen.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from codi_hook.ranking.prompt import Question
from trainer.train import loss, packs
from trainer.train.config import Config, Sample
from trainer.train.data import Example
from trainer.train.tokens import Tokens

SETTLED = 0.98  # of a rule's answers: then the rest is hardly worth the time


class Maker:
    """Makes tensors of a group of examples when it is their turn."""

    def __init__(
        self, examples: Sequence[Example], tokens: Tokens, config: Config, *, learns: bool
    ) -> None:
        self.examples, self.tokens, self.seed = examples, tokens, config.seed
        self.permute = learns and config.batch.permute
        self.with_reason = learns and config.loss.rationale > 0
        self.share = config.batch.bare if learns else 0.0

    def line(self, index: int, epoch: int) -> packs.Line:
        example = self.examples[index]
        if self.permute and epoch:
            question, letter = packs.permuted(
                example.question, example.letter, f"{self.seed}/{epoch}/{index}"
            )
            example = replace(example, question=question, letter=letter)
        if self.bare(index, epoch):
            asked = example.question
            bare = Question("", asked.finding, asked.body, asked.order)
            example = replace(example, question=bare)
        return packs.line(example, self.tokens, self.with_reason)

    def bare(self, index: int, epoch: int) -> bool:
        """Whether an example is learned without its file in this epoch."""
        return random.Random(f"{self.seed}/bare/{epoch}/{index}").random() < self.share

    def tensors(self, group: dict[str, Any]) -> dict[str, Any]:
        lines = [self.line(index, group["epoch"]) for index in group["examples"]]
        return loss.inputs(packs.pack(lines))

    def __call__(self, groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The collator of a batch of one group."""
        (group,) = groups
        return self.tensors(group)


def groups(maker: Maker, config: Config, epochs: float) -> list[dict[str, Any]]:
    """The groups of all epochs in the order of training, {"epoch", "examples"}."""
    made: list[dict[str, Any]] = []
    for epoch in range(ceil(epochs)):
        found: list[list[int]] = []
        for bare in (False, True):
            some = [at for at in range(len(maker.examples)) if maker.bare(at, epoch) is bare]
            if bare:  # neighbours would all be of one rule
                random.Random(f"{config.seed}/{epoch}/bare").shuffle(some)
            lines = [maker.line(at, epoch) for at in some]
            parts = packs.group(lines, config.batch.tokens, in_order=bare)
            found += [[some[place] for place in part] for part in parts]
        random.Random(f"{config.seed}/{epoch}").shuffle(found)
        part = min(1.0, epochs - epoch)
        made += [{"epoch": epoch, "examples": one} for one in found[: ceil(part * len(found))]]
    return made


def sample(examples: Sequence[Example], count: int, seed: int) -> tuple[Example, ...]:
    """`count` of the examples, always the same ones; all of them for 0."""
    if not count or count >= len(examples):
        return tuple(examples)
    chosen = random.Random(seed).sample(range(len(examples)), count)
    return tuple(examples[index] for index in sorted(chosen))


def thinned(examples: Sequence[Example], config: Sample, seed: int) -> tuple[Example, ...]:
    """Fewer examples of the rules that have many, fewest where the answer hardly differs.

    Within a rule the answers keep their proportions: how often each is chosen is learned, too.
    """
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, example in enumerate(examples):
        groups[example.task, example.rule].append(index)
    chosen: list[int] = []
    for name, indices in sorted(groups.items()):
        most = (config.explain if name[0] == "explain" else 0) or config.rule or len(indices)
        answers = Counter(examples[index].answer for index in indices)
        alike = answers.most_common(1)[0][1] >= SETTLED * len(indices)
        limit = min(most, config.settled) if alike and config.settled else most
        if len(indices) > limit:
            indices = random.Random(f"{seed}/{name}").sample(indices, limit)
        chosen += indices
    return tuple(examples[index] for index in sorted(chosen))
