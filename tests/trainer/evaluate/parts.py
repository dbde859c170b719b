"""A base with random weights and the tokeniser of the real one, and rows made from small files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader, GGUFValueType, GGUFWriter

from codi_hook import registry
from codi_hook.fixes.verify import verify
from codi_hook.lint import lint
from codi_hook.model import Candidate
from codi_hook.ranking import prompt
from codi_hook.shell import parse
from codi_hook.source import Source
from trainer import rows

WIDTH, HEADS, BLOCKS, HIDDEN = 64, 4, 2, 64

FILES = {
    "python": "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y {0}\n"
    "COPY . /app\nRUN pip install -r /app/requirements.txt\nCMD python /app/{0}.py\n",
    "node": "FROM node:20\nWORKDIR /srv/{0}\nCOPY . .\nRUN npm install\nCMD npm start\n",
    "unknown": "FROM debian:bookworm\nRUN apt-get update && apt-get install -y {0} curl\n"
    'ENV NAME="<script>alert(1)</script>"\nMAINTAINER {0}\n'
    "RUN curl -fsSL https://example.com/{0}.sh | sh\n",
}


def small_base(shipped: Path, path: Path, seed: int = 0) -> Path:
    """A llama of two blocks whose answers mean nothing, in the real one's vocabulary."""
    reader, random = GGUFReader(shipped), np.random.default_rng(seed)
    writer = GGUFWriter(path, "llama")
    for name, one in reader.fields.items():
        if name.startswith("tokenizer."):
            kind = one.types[0]
            sub = one.types[-1] if kind == GGUFValueType.ARRAY else None
            writer.add_key_value(name, one.contents(), kind, sub_type=sub)
    for key, value in (
        ("context_length", 2048), ("embedding_length", WIDTH), ("block_count", BLOCKS),
        ("feed_forward_length", HIDDEN), ("attention.head_count", HEADS),
        ("attention.head_count_kv", HEADS), ("rope.dimension_count", WIDTH // HEADS),
    ):  # fmt: skip
        writer.add_uint32(f"llama.{key}", value)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    words = len(reader.fields["tokenizer.ggml.tokens"].data)

    def weights(name: str, *shape: int) -> None:
        values = random.standard_normal(shape, np.float32)
        writer.add_tensor(name, values if len(shape) == 1 else values.astype(np.float16))

    weights("token_embd.weight", words, WIDTH)
    weights("output_norm.weight", WIDTH)
    for block in range(BLOCKS):
        for name in ("attn_norm", "ffn_norm"):
            weights(f"blk.{block}.{name}.weight", WIDTH)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{block}.{name}.weight", WIDTH, WIDTH)
        for name in ("ffn_gate", "ffn_up"):
            weights(f"blk.{block}.{name}.weight", HIDDEN, WIDTH)
        weights(f"blk.{block}.ffn_down.weight", WIDTH, HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


Label = Callable[[Sequence[Candidate]], int]


def last(candidates: Sequence[Candidate]) -> int:
    return len(candidates) - 1


def made(count: int, label: Label = last) -> list[dict[str, Any]]:
    """Rank and Explain rows of `count` files of as many owners."""
    return [row for number in range(count) for row in _of_file(number, label)]


def _of_file(number: int, label: Label) -> Iterator[dict[str, Any]]:
    stack = list(FILES)[number % len(FILES)]
    text = FILES[stack].format(f"thing{number}")
    document = parse(Source(text.encode()))
    rules = tuple(rule for rule in registry.rules() if rule.default)
    common = {"repo": f"Owner{number}/name", "path": "Dockerfile", "origin": "test"}
    for item in verify(document, lint(document, rules, ignores=False), rules):
        offered = item.candidates
        if not 2 <= len(offered) <= 8:
            continue
        name = hashlib.sha256(f"{number} {item.finding.code} {item.finding.span}".encode())
        asked = rows.asked(document, item.finding, offered)
        source = ("reversal", "history")[number % 2]
        yield {
            "id": name.hexdigest(), "task": "rank", "source": source, "how": "test",
            "label": label(offered), **common, **asked,
        }  # fmt: skip
        if len(offered[0].reasons) > 1:
            question = prompt.clause_question(asked["file"], offered[0])
            yield {
                "id": name.hexdigest(), "task": "explain", "source": "rules", "how": "contrast",
                **common,
                **{key: asked[key] for key in ("rule", "stack", "text", "span")},
                "candidate": rows.choice(offered[0]),
                "reasons": [[one.id, one.text] for one in offered[0].reasons],
                "label": 1, **rows.put_question(question),
            }  # fmt: skip


def write(folder: Path, some: Sequence[dict[str, Any]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in some)
    (folder / "0.jsonl").write_text(lines, encoding="utf-8")
    return folder
