"""What is wrong with the answers to a pack of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codi_hook.ranking.prompt import LETTERS
from trainer.train.config import Loss
from trainer.train.packs import Pack

TASKS = ("rank", "explain")  # by number, as they travel in tensors


def inputs(pack: Pack) -> dict[str, Any]:
    """A pack as tensors: what the model reads, and where which answer is due.

    `keep` are the nodes whose logits are needed: first the last one of each prompt, then those
    in front of each token of a reason. `shift_labels` are the nodes' next tokens; the number of
    questions is `answers`.
    """
    import torch

    ends = [path[line.prompt - 1] for path, line in zip(pack.paths, pack.lines, strict=True)]
    before: list[int] = []
    after: list[int] = []
    for path, line in zip(pack.paths, pack.lines, strict=True):
        before += [int(node) for node in path[line.prompt : -1]]
        after += line.ids[line.prompt + 1 :]
    return {
        "input_ids": torch.from_numpy(pack.ids)[None],
        "position_ids": torch.from_numpy(pack.depths)[None],
        "attention_mask": torch.from_numpy(pack.mask())[None, None],
        "keep": torch.tensor([*ends, *before]),
        "shift_labels": torch.tensor([line.letter for line in pack.lines]),  # counted by Trainer
        "options": torch.tensor([line.options for line in pack.lines]),
        "tasks": torch.tensor([TASKS.index(line.task) for line in pack.lines]),
        "following": torch.tensor(after, dtype=torch.long),
    }


@dataclass(slots=True)
class Answers:
    """Per question: negative log likelihood among its letters (nats), whether it was right."""

    nll: Any
    right: Any
    tasks: Any


class LetterLoss:
    """The loss of a pack, summed over its questions.

    Args:
        letters: token ids of the letters.
        weights: see `config.Loss`.
    """

    def __init__(self, letters: Sequence[int], weights: Loss) -> None:
        self.letters, self.weights = list(letters), weights

    def __call__(self, logits: Any, batch: dict[str, Any]) -> tuple[Any, Answers]:
        """`logits` are (kept positions, vocabulary), in the order of `keep`."""
        import torch.nn.functional as F

        gold, options, tasks = batch["shift_labels"], batch["options"], batch["tasks"]
        rows = logits[: len(gold)].float()
        among = self._among(rows, options)
        nll = F.cross_entropy(among, gold, reduction="none")
        loss = nll
        if self.weights.smoothing:
            loss = self._smoothed(among, nll, options)
        letters = gold.new_tensor(self.letters)
        if self.weights.vocabulary:
            whole = F.cross_entropy(rows, letters[gold], reduction="none")
            loss = loss + self.weights.vocabulary * whole
        factor = 1 + (self.weights.explain - 1) * (tasks == TASKS.index("explain"))
        total = (loss * factor).sum()
        if self.weights.rationale and len(logits) > len(gold):
            reason = F.cross_entropy(
                logits[len(gold) :].float(), batch["following"], reduction="sum"
            )
            total = total + self.weights.rationale * reason
        right = among.argmax(-1) == gold
        return total, Answers(nll.detach(), right, tasks)

    def _among(self, rows: Any, options: Any) -> Any:
        """Logits of the letters; those that a question does not have are impossible."""
        among = rows[:, self.letters]
        places = options.new_tensor(range(len(LETTERS)))
        return among.masked_fill(places[None] >= options[:, None], float("-inf"))

    def _smoothed(self, among: Any, nll: Any, options: Any) -> Any:
        """A little of the target is shared among all letters of the question."""
        spread = among.log_softmax(-1).masked_fill(among.isinf(), 0).sum(-1) / options
        return (1 - self.weights.smoothing) * nll - self.weights.smoothing * spread
