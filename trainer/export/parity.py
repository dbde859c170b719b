"""Does llama.cpp with the exported adapter answer as transformers with the trained one?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codi_hook.ranking.engine import Deadline
from codi_hook.ranking.prompt import Question, render
from codi_hook.ranking.runtime import Runtime
from trainer.export import base_gguf
from trainer.train import base as bases
from trainer.train.tokens import Tokens

ENOUGH = 0.99  # of the prompts: the same letter
FEW = 10  # questions suffice to see that the adapter does something
SECONDS = 24 * 3600.0

Scores = list[list[float]]  # per question, the logits of its letters


@dataclass(frozen=True, slots=True)
class Parity:
    """`differences` are those of logits, the largest and the mean; `effect` is the
    adapter's own, the largest change of a logit in transformers over the first few prompts."""

    prompts: int
    agreeing: int
    largest_difference: float
    mean_difference: float
    effect: float
    same_tokens: int

    @property
    def agreement(self) -> float:
        return self.agreeing / self.prompts

    @property
    def proved(self) -> bool:
        return self.agreement >= ENOUGH and self.same_tokens == self.prompts


def check(
    base: bases.Base,
    trained: Path,
    exported: Path,
    questions: Sequence[Question],
    say: Callable[[str], None] = lambda _line: None,
) -> Parity:
    """Ask both. The base is taken in F16 for llama.cpp and in float32 for transformers.

    Args:
        trained: folder of the peft adapter.
        exported: its GGUF.
    """
    loaded, template = bases.tokenizer(base)
    tokens = Tokens(loaded, template)
    model = bases.plain_model(base)
    say(f"{len(questions)} prompts through transformers")
    before = by_transformers(model, tokens, questions[:FEW])
    adapted = _adapted(model, trained)
    ours = by_transformers(adapted, tokens, questions)
    with tempfile.TemporaryDirectory(prefix="codi-train-") as scratch:
        target = Path(scratch) / "base.F16.gguf"
        if base.gguf is not None:
            base_gguf.from_gguf(base.gguf, target)
        else:
            base_gguf.from_transformers(adapted.unload(), loaded, target)
        del model, adapted
        say(f"{len(questions)} prompts through llama.cpp")
        theirs, same = by_llama_cpp(target, exported, tokens, questions)
    return _compared(ours, theirs, before, same)


def by_transformers(model: Any, tokens: Tokens, questions: Sequence[Question]) -> Scores:
    """Logits of the letters behind each prompt, one prompt at a time."""
    import torch

    model.eval()
    found = []
    with torch.no_grad():
        for question in questions:
            ids = torch.tensor([tokens.question(question)])
            logits = model(input_ids=ids, logits_to_keep=1, use_cache=False).logits[0, -1]
            letters = tokens.letters[: len(question.order)]
            found.append([float(logits[letter]) for letter in letters])
    return found


def by_llama_cpp(
    base: Path, adapter: Path, tokens: Tokens, questions: Sequence[Question]
) -> tuple[Scores, int]:
    """The same through codi-hook's runtime, and for how many prompts the tokens are the same."""
    runtime = Runtime(str(base), str(adapter), deadline=Deadline(SECONDS))
    found, same = [], 0
    try:
        for question in questions:
            found.append(list(runtime.ask(question, Deadline(SECONDS)).logits))
            segments = [s for chunk in render(question, runtime.template) for s in chunk]
            read = [token for s in segments for token in runtime.tokens(s.text, s.control)]
            same += tokens.question(question) == read
    finally:
        runtime.close()
    return found, same


def _adapted(model: Any, folder: Path) -> Any:
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(folder))


def _compared(ours: Scores, theirs: Scores, before: Scores, same: int) -> Parity:
    pairs = list(zip(ours, theirs, strict=True))
    agreeing = sum(a.index(max(a)) == b.index(max(b)) for a, b in pairs)
    differences = [abs(x - y) for a, b in pairs for x, y in zip(a, b, strict=True)]
    effect = max(
        abs(x - y) for a, b in zip(ours, before, strict=False) for x, y in zip(a, b, strict=True)
    )
    mean = sum(differences) / len(differences)
    return Parity(len(pairs), agreeing, max(differences), mean, effect, same)
