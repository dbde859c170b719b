"""Small Dockerfiles as rows, and small random models of both architectures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.ranking import prompt
from codi_hook.registry import rules
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer import rows

IMAGES = ("debian:12", "ubuntu:22.04", "python:3.12-slim", "node:20", "debian:bookworm-slim")
PACKAGES = ("curl", "git", "nginx", "jq make", "gcc", "ca-certificates")
PATTERNS = {
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
}
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def dockerfile(number: int) -> str:
    """Different numbers are different files, up to 900."""
    image = IMAGES[number % len(IMAGES)]
    package = PACKAGES[number // len(IMAGES) % len(PACKAGES)]
    return (
        f"FROM {image}\nWORKDIR /srv/app{number}\nCOPY . .\n"
        f"RUN apt-get update && apt-get install -y {package}\n"
        f"RUN cd /srv && make\nEXPOSE {8000 + number}\nCMD python3 main.py\n"
    )


def made(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Rank and explain rows of some files. The author likes the id that sorts first."""
    found: list[dict[str, Any]] = []
    for number in numbers:
        document = parse(Source(dockerfile(number).encode(), "Dockerfile"))
        for item in verify(document, lint(document, rules()), rules()):
            if len(item.candidates) > 1:
                found.append(rank(document, item.finding, item.candidates, number))
            for candidate in item.candidates[:1]:
                if len(candidate.reasons) > 1:
                    found.append(explain(document, item.finding, candidate, number))
    return found


def rank(document: Any, finding: Any, candidates: Sequence[Any], number: int) -> dict[str, Any]:
    shown = [candidate.id for candidate in candidates[: len(prompt.LETTERS)]]
    about = {"id": f"r{number}", "task": "rank", "source": "reversal", "how": "test"}
    return {
        **about, "origin": "tests", "repo": f"o/{number}", "path": "Dockerfile",
        "candidates": [rows.choice(candidate) for candidate in candidates],
        "label": shown.index(min(shown)), **rows.asked(document, finding, candidates),
    }  # fmt: skip


def explain(document: Any, finding: Any, candidate: Any, number: int) -> dict[str, Any]:
    question = prompt.clause_question(prompt.file_text(document), candidate)
    return {
        "id": f"e{number}", "task": "explain", "source": "rules", "rule": finding.code,
        "stack": "other", "repo": f"o/{number}", "text": dockerfile(number),
        "span": [finding.span.start, finding.span.end], "candidate": rows.choice(candidate),
        "reasons": [[reason.id, reason.text] for reason in candidate.reasons], "label": 0,
        **rows.put_question(question),
    }  # fmt: skip


def write(path: Path, found: Iterable[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def tiny(folder: Path, architecture: str, seed: int = 0) -> Path:
    """A random model of transformers with a tokeniser of its own."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    fast = tokenizer(architecture)
    torch.manual_seed(seed)
    config = AutoConfig.for_model(
        architecture, vocab_size=len(fast), hidden_size=64, intermediate_size=96,
        num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=1024, initializer_range=0.15, tie_word_embeddings=True,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_config(config)
    for name, weight in model.named_parameters():  # biases begin at 0, which hides errors
        if name.endswith("bias"):
            torch.nn.init.normal_(weight, std=0.3)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def tokenizer(architecture: str) -> Any:
    """Byte-level BPE with the splits that llama.cpp knows for this architecture."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    if architecture == "llama":
        splits = [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    else:
        pattern = pre_tokenizers.Split(Regex(PATTERNS[architecture]), "isolated")
        splits = [pattern, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    raw.pre_tokenizer = pre_tokenizers.Sequence(splits)
    raw.decoder = decoders.ByteLevel()
    texts = [dockerfile(number) for number in range(40)]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=512, special_tokens=list(SPECIAL), initial_alphabet=alphabet,
            show_progress=False,
        ),
    )  # fmt: skip
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>")


CONFIG = """\
base: {base}
lora: {{rank: 4, alpha: 8, dropout: 0.1, last_layers: 2}}
optimiser: {{learning_rate: 0.02, epochs: 2}}
batch: {{tokens: 512, passes: 2}}
evaluation: {{steps: 4, patience: 0}}
"""


def config(folder: Path, base: Path, **changes: str) -> Path:
    """A configuration for a small model; `changes` replace whole lines by their key."""
    lines = CONFIG.format(base=base).splitlines()
    for key, value in changes.items():
        lines = [line for line in lines if not line.startswith(f"{key}:")] + [f"{key}: {value}"]
    path = folder / "config.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path
