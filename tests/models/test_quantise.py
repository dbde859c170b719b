"""llama.cpp's quantiser, and what it does to the answers of the embedded model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codi_hook.models import catalog, gguf_check, quantise
from codi_hook.models.errors import ModelError
from tests.models import parts

QUESTION = (
    "<|im_start|>user\nFROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
    "Which is best?\nA. Clean the lists in the same RUN\nB. Use a cache mount\nC. Pin curl\n"
    "<|im_end|>\n<|im_start|>assistant\nThe best is"
)


def letters(path: Path) -> Any:
    """Probabilities of A, B and C as the next token."""
    import llama_cpp

    llm = llama_cpp.Llama(str(path), n_ctx=256, n_threads=1, n_threads_batch=1, verbose=False)
    llm.eval(llm.tokenize(QUESTION.encode(), special=True))
    count = llm.n_vocab()
    logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(llm.ctx, -1), shape=(count,))
    tokens = [llm.tokenize(f" {letter}".encode(), add_bos=False)[-1] for letter in "ABC"]
    chosen = np.exp(logits[tokens] - logits[tokens].max())
    llm.close()
    return chosen / chosen.sum()


def test_the_type_of_the_catalog_keeps_the_answers(shipped: Path, tmp_path: Path) -> None:
    kind = catalog.load().find("smollm2-135m-instruct").requantise
    quantise.requantise(shipped, tmp_path / "new.gguf", kind)
    assert gguf_check.read(tmp_path / "new.gguf").quantisation == kind
    before, after = letters(shipped), letters(tmp_path / "new.gguf")
    assert np.abs(before - after).max() < 0.07  # 0.062 was the largest of 40 questions


def test_what_cannot_be_converted_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF\x03\0\0\0 nothing else")
    with pytest.raises(ModelError, match="quantiser failed") as caught:
        quantise.requantise(broken, tmp_path / "new.gguf", "Q8_0")
    assert "\n" not in str(caught.value)


def test_the_child_finds_the_package_from_anywhere(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    quantise.requantise(tiny, tmp_path / "new.gguf", "Q8_0")
    assert gguf_check.read(tmp_path / "new.gguf").quantisation == "Q8_0"
    assert parts.digest(tiny) != parts.digest(tmp_path / "new.gguf")
