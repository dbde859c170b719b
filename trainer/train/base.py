"""The base that is trained on: where it lies, its tokeniser, its weights for transformers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import catalog, gguf_check
from codi_hook.models.catalog import NAME
from codi_hook.models.store import Store
from codi_hook.ranking.prompt import TEMPLATES, Template
from trainer.train.config import Config

FAMILIES = {family: template for (family, _pre), template in TEMPLATES.items()}


@dataclass(frozen=True, slots=True)
class Base:
    """What `name` in a configuration stands for.

    `gguf` is set where the weights come from a GGUF, whose SHA-256 is `digest` (that of the file
    as its source has it); otherwise `name` is a folder or a repository of transformers.
    """

    name: str
    gguf: Path | None = None
    id: str = ""
    digest: str = ""


def find(name: str) -> Base:
    """The base of that name. Nothing is downloaded for a GGUF.

    Raises:
        CodiError: no such base, or not installed.
    """
    if name.endswith(".gguf"):
        found = Store().resolve(name)
        return Base(name, found.path, found.id, found.origin)
    if Path(name).is_dir() or "/" in name:
        return Base(name)
    if not NAME.fullmatch(name) or name not in {one.id for one in catalog.load().bases}:
        raise CodiError(f"no base {name}", "codi-hook model list names those that there are")
    installed = {one.digest: one for one in _files(name)}
    for one in installed.values():  # the file as its source has it, not one converted here
        if one.digest == one.origin and one.path.is_file():
            Store().check(one)
            return Base(name, one.path, one.id, one.origin)
    raise CodiError(f"model {name} is not installed", f"codi-hook model pull {name}")


def _files(name: str) -> tuple[Any, ...]:
    try:
        return Store().files(name)
    except CodiError:
        return ()


def tokenizer(base: Base) -> tuple[Any, Template]:
    """The fast tokeniser of a base, and the chat template that the hook uses for it.

    Raises:
        CodiError: the hook has no template for this family.
    """
    from transformers import AutoConfig, AutoTokenizer

    if base.gguf is None:
        loaded = _quietly(base, AutoTokenizer.from_pretrained)
        family = str(_quietly(base, AutoConfig.from_pretrained).model_type)
        template = FAMILIES.get(family)
    else:
        header = gguf_check.read(base.gguf)
        family = header.architecture
        pre = str(header.metadata.get("tokenizer.ggml.pre", ""))
        template = TEMPLATES.get((family, pre))
        loaded = AutoTokenizer.from_pretrained(str(base.gguf.parent), gguf_file=base.gguf.name)
        if pre == "smollm":
            _split_digits(loaded)
    if template is None:
        raise CodiError(f"{base.name}: no chat template for {family} models")
    return loaded, template


def _split_digits(loaded: Any) -> None:
    """SmolLM takes digits one by one before anything else, which a GGUF says by its name alone."""
    from tokenizers import pre_tokenizers  # type: ignore[import-not-found,unused-ignore]

    loaded.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )


def model(base: Base, config: Config) -> Any:
    """The base's weights, frozen, in the precision that this machine is fast in.

    Raises:
        CodiError: it cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {"dtype": dtype(config.precision), "attn_implementation": "sdpa"}
    if config.quantise == "nf4" and torch.cuda.is_available():
        options |= _nf4(options["dtype"])
    if base.gguf is not None:
        loaded = AutoModelForCausalLM.from_pretrained(
            str(base.gguf.parent), gguf_file=base.gguf.name, **options
        )
        _unquantised(loaded)
    else:
        loaded = _quietly(base, AutoModelForCausalLM.from_pretrained, **options)
    loaded.config.use_cache = False
    return loaded


def plain_model(base: Base) -> Any:
    """The base's weights in float32, unquantised, for a comparison."""
    return model(base, Config(base.name, precision="float32"))


@contextmanager
def as_gguf(base: Base) -> Iterator[Path]:
    """A GGUF with the base's shapes: its own, else one that is made and dropped again."""
    if base.gguf is not None:
        yield base.gguf
        return
    from trainer.export import base_gguf

    with tempfile.TemporaryDirectory(prefix="codi-train-") as scratch:
        target = Path(scratch) / "base.F16.gguf"
        base_gguf.from_transformers(plain_model(base), tokenizer(base)[0], target)
        yield target


def _unquantised(loaded: Any) -> None:
    """Take transformers' word back that a model from a GGUF is quantised: its weights are plain.

    Transformers 5 unpacks them, but refuses to train what it calls quantised.
    """
    kinds = {type(one) for name, one in loaded.named_modules() if name.endswith("_proj")}
    if [kind.__name__ for kind in kinds] != ["Linear"]:
        raise CodiError(f"transformers left the base packed: {kinds}")
    for name in ("hf_quantizer", "quantization_method", "is_quantized"):
        if hasattr(loaded, name):
            delattr(loaded, name)
    if hasattr(loaded.config, "quantization_config"):
        del loaded.config.quantization_config


def dtype(precision: str) -> Any:
    """The number type of the frozen weights.

    A CPU without bfloat16 instructions multiplies in bfloat16 at a tenth of its speed in float32
    (measured with torch 2.13 on AVX2: 6 against 50 GFLOP/s).
    """
    import torch

    if precision != "auto":
        return getattr(torch, precision)
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported(False) else torch.float16
    return torch.bfloat16 if "bf16" in _flags() else torch.float32


def _flags() -> str:
    try:
        with open("/proc/cpuinfo", encoding="ascii") as stream:
            return next((line for line in stream if line.startswith("flags")), "")
    except OSError:
        return ""


def _nf4(compute: Any) -> dict[str, Any]:
    from transformers import BitsAndBytesConfig

    quantised = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
    )
    return {"quantization_config": quantised}


def _quietly(base: Base, load: Any, **options: Any) -> Any:
    """Transformers' loader; what it cannot find or fetch becomes one line."""
    try:
        return load(base.name, **options)
    except (OSError, ValueError) as error:
        line = str(error).strip().split("\n")[0]
        hint = "a folder, a hub id, a .gguf, or the id of an installed model"
        raise CodiError(f"base {base.name}: {line}", hint) from None
