"""Bases as F16 GGUFs, against which an adapter is proved.

llama.cpp rounds less in F16 than in any quantisation that is shipped, so what differs from
transformers there is the adapter's fault, not the base's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from codi_hook.errors import CodiError
from codi_hook.models import files
from trainer.export import lora_gguf

NORMS = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
TOP = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}


def from_gguf(source: Path, target: Path) -> None:
    """The same model with every quantised tensor in F16.

    Raises:
        CodiError: the source cannot be read. OSError: the target cannot be written.
    """
    from gguf import GGMLQuantizationType, GGUFReader, dequantize

    try:
        reader: Any = GGUFReader(source)
    except ValueError as error:
        raise CodiError(f"not a usable GGUF: {error}", path=str(source)) from None
    writer = _writer(target, str(reader.fields["general.architecture"].contents()))
    _copy_fields(reader, writer)
    writer.add_file_type(1)  # LLAMA_FTYPE_MOSTLY_F16
    plain = (GGMLQuantizationType.F32, GGMLQuantizationType.F16)
    for tensor in reader.tensors:
        data = tensor.data
        if tensor.tensor_type not in plain:
            data = dequantize(data, tensor.tensor_type).astype(np.float16)
        writer.add_tensor(tensor.name, data)
    _finish(writer, target)


def _copy_fields(reader: Any, writer: Any) -> None:
    from gguf import GGUFValueType

    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in (
            "general.architecture",
            "general.file_type",
        ):
            continue
        kind = field.types[0]
        sub = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=sub)


def from_transformers(model: Any, tokenizer: Any, target: Path) -> None:
    """A llama or qwen2 model of transformers with its byte-level tokeniser, in F16.

    Raises:
        CodiError: another architecture, or a tokeniser without merges.
        OSError: the target cannot be written.
    """
    config = model.config
    architecture = str(config.model_type)
    if architecture not in lora_gguf.ARCHITECTURES:
        raise CodiError(f"no GGUF for {architecture} models")
    writer = _writer(target, architecture)
    _hyperparameters(writer, config)
    _vocabulary(writer, tokenizer, architecture, config)
    tied = bool(config.tie_word_embeddings)
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight" and tied:
            continue
        data = weight.detach().float().cpu().numpy()
        kind = np.float32 if data.ndim == 1 else np.float16
        renamed, data = _renamed(name, data, config)
        writer.add_tensor(renamed, np.ascontiguousarray(data, kind))
    _finish(writer, target)


def _renamed(name: str, data: Any, config: Any) -> tuple[str, Any]:
    if name in TOP:
        return TOP[name], data
    parts = name.split(".")  # model.layers.N.…
    if len(parts) < 5 or parts[:2] != ["model", "layers"]:
        raise CodiError(f"no place in a GGUF for {name}")
    inner, kind = ".".join(parts[3:-1]), parts[-1]
    module = NORMS.get(inner) or lora_gguf.HF_NAMES.get(inner)
    if module is None:
        raise CodiError(f"no place in a GGUF for {name}")
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    if config.model_type == "llama" and module in heads:
        data = lora_gguf.permute(data.reshape(data.shape[0], -1), heads[module]).reshape(data.shape)
    return f"blk.{parts[2]}.{module}.{kind}", data


def _hyperparameters(writer: Any, config: Any) -> None:
    size = config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(_theta(config))
    writer.add_rope_dimension_count(getattr(config, "head_dim", None) or size)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(1)


def _theta(config: Any) -> float:
    found = getattr(config, "rope_theta", None)
    if found is None:
        found = (getattr(config, "rope_parameters", None) or {}).get("rope_theta", 10000.0)
    return float(found)


def _vocabulary(writer: Any, tokenizer: Any, architecture: str, config: Any) -> None:
    import json

    from gguf import TokenType

    state = json.loads(tokenizer.backend_tokenizer.to_str())
    merges = state["model"].get("merges")
    if merges is None:
        raise CodiError("the tokeniser is not a byte-level BPE")
    added = {one["id"]: one for one in state["added_tokens"]}
    names = {number: text for text, number in tokenizer.get_vocab().items()}
    texts, kinds = [], []
    for number in range(config.vocab_size):
        texts.append(names.get(number, f"<unused {number}>"))
        special = number in added or number not in names
        kinds.append(TokenType.CONTROL if special else TokenType.NORMAL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm" if architecture == "llama" else "qwen2")
    writer.add_token_list(texts)
    writer.add_token_types(kinds)
    joined = [one if isinstance(one, str) else " ".join(one) for one in merges]
    writer.add_token_merges(joined)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    if end is not None:
        writer.add_eos_token_id(end)
    writer.add_add_bos_token(False)


def _writer(target: Path, architecture: str) -> Any:
    from gguf import GGUFWriter

    return GGUFWriter(target.with_name(f".{target.name}.new"), architecture)


def _finish(writer: Any, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.new")
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        files.install(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
