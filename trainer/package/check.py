"""The part of an adapter's check that needs the trainer: two files, one LoRA."""

from __future__ import annotations

from codi_hook.models import files, gguf_check
from codi_hook.ranking.adapter_check import Checked
from trainer.package import weights


def same_weights(checked: Checked) -> str:
    """Compare the weights of an adapter that passed, and say what was found in a line.

    Raises:
        CodiError: they are not the same.
    """
    folder = checked.adapter.path.parent
    if checked.adapter.path.name != "adapter.gguf" or not (folder / weights.SAFETENSORS).is_file():
        return f"no {weights.SAFETENSORS} to compare"
    heads = _heads(checked)
    if heads is None:
        return "weights not compared: neither metadata nor an installed base says how many heads"
    found = weights.compare(folder, heads)
    return (
        f"{weights.SAFETENSORS} is the same LoRA: {found.matrices} matrices, "
        f"largest difference {found.difference:.2g}"
    )


def _heads(checked: Checked) -> tuple[int, int] | None:
    if checked.base is not None:
        return weights.heads_of(gguf_check.read(checked.base.path))
    raw = (files.read_json(checked.adapter.path.with_name("metadata.json")) or {}).get("base_model")
    table = raw if isinstance(raw, dict) else {}
    q, k = table.get("heads"), table.get("key_value_heads")
    if isinstance(q, int) and isinstance(k, int) and q > 0 and k > 0:
        return q, k
    return None
