from __future__ import annotations

from pathlib import Path

import pytest

from codi_hook.errors import CodiError
from trainer.train import config


def read(folder: Path, text: str) -> config.Config:
    (folder / "c.yaml").write_text(text)
    return config.read(folder / "c.yaml")


def test_the_recommended_base_is_trained_as_documented() -> None:
    found = config.read(config.locate("qwen2.5-coder-1.5b"))
    assert (found.lora.rank, found.lora.alpha, found.lora.dropout) == (16, 32, 0.05)
    assert (found.optimiser.learning_rate, found.optimiser.epochs) == (2e-4, 3)
    assert set(found.lora.targets) == set(config.MODULES) and found.quantise == "nf4"


def test_ours_can_be_read_by_name() -> None:
    names = [path.stem for path in config.OURS.glob("*.yaml")]
    assert len(names) >= 2
    assert all(config.read(config.locate(name)).base for name in names)
    with pytest.raises(CodiError, match=r"no such configuration.*smollm2-135m"):
        config.locate("nothing")


def test_a_number_in_exponents_is_a_number(tmp_path: Path) -> None:
    """YAML 1.1 reads 2e-4 as text."""
    assert read(tmp_path, "base: x\noptimiser: {learning_rate: 2e-4}").optimiser.learning_rate == (
        0.0002
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("lora: {rank: 8}", "base is missing"),
        ("base: x\nlora: {rnak: 8}", r"lora.rnak: no such key \(did you mean rank"),
        ("base: x\nlora: {rank: 0}", "lora.rank: 0 is not between 1 and 512"),
        ("base: x\nlora: {rank: 2.5}", "lora.rank: 2.5 is not a whole number"),
        ("base: x\nlora: {rank: true}", "lora.rank: True is not a whole number"),
        ("base: x\nlora: {targets: [q_prj]}", "lora.targets: 'q_prj' is none of"),
        ("base: x\nlora: {targets: q_proj}", "is not a list"),
        ("base: x\nlora: 3", "lora must be a table"),
        ("base: x\noptimiser: {learning_rate: fast}", "'fast' is not a number"),
        ("base: x\noptimiser: {learning_rate: .nan}", "nan is not between"),
        ("base: x\nprecision: int8", "precision: 'int8' is none of auto"),
        ("base: x\nbatch: {permute: 1}", "batch.permute: 1 is neither true nor false"),
        ("base: 3", "base: 3 is not text"),
        ("- base", "must be a table"),
        ("base: [", "c.yaml:1"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(CodiError, match=word) as caught:
        read(tmp_path, text)
    assert "c.yaml" in str(caught.value) and "\n" not in str(caught.value)
