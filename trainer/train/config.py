"""A training's configuration: a YAML file, every value checked, every default written here."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from codi_hook.errors import CodiError

OURS = Path(__file__).parent / "configs"
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

T = TypeVar("T")


def _number(default: Any, low: float, high: float = 1e9) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


def _choice(default: str, *others: str) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


@dataclass(frozen=True)
class Lora:
    """`last_layers` adapts that many layers from the end, 0 all of them."""

    rank: int = _number(16, 1, 512)
    alpha: float = _number(32.0, 1e-3)
    dropout: float = _number(0.05, 0, 0.9)
    targets: tuple[str, ...] = field(default=MODULES, metadata={"choices": MODULES})
    last_layers: int = _number(0, 0)


@dataclass(frozen=True)
class Loss:
    """Weights beside the cross entropy over the letters of a rank question, which has 1.

    `vocabulary` is that of the letter's cross entropy over the whole vocabulary, `explain` of a
    question for a reason, `rationale` of each token of the reason's text behind its letter.
    """

    vocabulary: float = _number(0.1, 0)
    explain: float = _number(1.0, 0)
    rationale: float = _number(0.0, 0)
    smoothing: float = _number(0.0, 0, 0.5)


@dataclass(frozen=True)
class Optimiser:
    learning_rate: float = _number(2e-4, 0)
    epochs: float = _number(3.0, 1e-3)
    schedule: str = _choice("cosine", "linear", "constant_with_warmup")
    warmup: float = _number(0.03, 0, 1)  # part of all steps
    weight_decay: float = _number(0.0, 0)
    clip: float = _number(1.0, 0)  # norm of the gradient


@dataclass(frozen=True)
class Batch:
    """`tokens` go through the model at once, `passes` times a step. A share of `bare` questions is
    learned without the file's outline: they are short, and teach what a letter stands for."""

    tokens: int = _number(1024, 16)
    passes: int = _number(4, 1)
    permute: bool = True  # new letters for the options in every epoch after the first
    bare: float = _number(0, 0, 1)


@dataclass(frozen=True)
class Sample:
    """Which rows are learned from, 0 for all: at most `rule` of a rule (of its rank questions,
    where `explain` limits the others), and `settled` where nearly all have the same answer, which
    is learned soon."""

    rule: int = _number(0, 0)
    explain: int = _number(0, 0)
    settled: int = _number(0, 0)


@dataclass(frozen=True)
class Evaluation:
    """`rows` of the validation are used, 0 for all; `patience` evaluations without gain end it."""

    steps: int = _number(100, 1)
    rows: int = _number(0, 0)
    patience: int = _number(5, 0)  # 0: never stop early


@dataclass(frozen=True)
class Config:
    """`base` is a catalog id, a GGUF, a folder of transformers or a hub id (owner/name)."""

    base: str
    precision: str = _choice("auto", "float32", "bfloat16")
    quantise: str = _choice("none", "nf4")  # nf4 where there is a GPU
    checkpointing: bool = False  # of activations: less memory, more time
    seed: int = _number(0, 0, 2**31)
    lora: Lora = field(default_factory=Lora)
    loss: Loss = field(default_factory=Loss)
    optimiser: Optimiser = field(default_factory=Optimiser)
    batch: Batch = field(default_factory=Batch)
    sample: Sample = field(default_factory=Sample)
    evaluation: Evaluation = field(default_factory=Evaluation)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def locate(name: str) -> Path:
    """A configuration's file: a path, or one of those that come with the trainer, by its name.

    Raises:
        CodiError: neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    ours = {one.stem: one for one in sorted(OURS.glob("*.yaml"))}
    if name in ours:
        return ours[name]
    raise CodiError("no such configuration", f"ours: {', '.join(ours)}", name)


def read(path: Path) -> Config:
    """The configuration in a YAML file.

    Raises:
        CodiError: unreadable, or a value that cannot be; the message names the key.
    """
    import yaml

    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeError) as error:
        raise CodiError(f"cannot be read: {error}", path=str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        problem = getattr(error, "problem", None) or "not YAML"
        raise CodiError(str(problem), path=str(path), line=line) from None
    try:
        return parse(raw)
    except CodiError as error:
        raise CodiError(error.message, error.hint, str(path)) from None


def parse(raw: Any) -> Config:
    """The configuration in a mapping. Raises CodiError."""
    return _build(Config, raw, "")


def _build(kind: type[T], raw: Any, where: str) -> T:
    if not isinstance(raw, Mapping):
        raise CodiError(f"{where or 'the configuration'} must be a table of keys and values")
    known = {one.name: one for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    prefix = f"{where}." if where else ""
    for key in raw:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise CodiError(f"{prefix}{key}: no such key", hint)
    hints = get_type_hints(kind)
    for name, one in known.items():
        required = one.default is one.default_factory is dataclasses.MISSING
        if required and name not in raw:
            raise CodiError(f"{prefix}{name} is missing")
    values = {
        name: _value(hints[name], known[name].metadata, value, prefix + name)
        for name, value in raw.items()
    }
    return kind(**values)


def _value(kind: Any, limits: Mapping[str, Any], value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, where)  # type: ignore[arg-type]
    if kind is str:
        return _text(limits, value, where)
    if kind is bool:
        if not isinstance(value, bool):
            raise CodiError(f"{where}: {value!r} is neither true nor false")
        return value
    if kind in (int, float):
        return _bounded(kind, limits, value, where)
    if not isinstance(value, list) or not value:
        raise CodiError(f"{where}: {value!r} is not a list of names")
    return tuple(_text(limits, one, where) for one in value)


def _text(limits: Mapping[str, Any], value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise CodiError(f"{where}: {value!r} is not text")
    choices = limits.get("choices", (value,))
    if value not in choices:
        raise CodiError(f"{where}: {value!r} is none of {', '.join(choices)}")
    return value


def _bounded(kind: type, limits: Mapping[str, Any], value: Any, where: str) -> Any:
    what = "a whole number" if kind is int else "a number"
    try:  # YAML reads 2e-4 as text
        number = float(value) if isinstance(value, str) and kind is float else value
    except ValueError:
        number = value
    whole = isinstance(number, int) or (kind is float and isinstance(number, float))
    if isinstance(number, bool) or not whole:
        raise CodiError(f"{where}: {value!r} is not {what}")
    low, high = limits["low"], limits["high"]
    if not low <= number <= high:
        raise CodiError(f"{where}: {value} is not between {low:g} and {high:g}")
    return kind(number)
