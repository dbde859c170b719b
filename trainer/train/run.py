"""A training from configuration and rows to RUN_DIR/adapter and RUN_DIR/training.json."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import files
from codi_hook.ranking.prompt import PROMPT_VERSION
from trainer.train import base as bases
from trainer.train import data, plan
from trainer.train.config import Config
from trainer.train.loss import LetterLoss
from trainer.train.tokens import Tokens

LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "gguf")
RECORD = "training.json"
COMPLETE = "complete.json"


@dataclass(frozen=True)
class Order:
    """What is to be trained. `resume` is "", "auto" or a checkpoint's folder."""

    config: Config
    dataset: Sequence[Path]
    validation: Sequence[Path]
    out: Path
    resume: str = ""
    max_steps: int = 0  # 0: all


def train(order: Order, say: Callable[[str], None]) -> dict[str, Any]:
    """Train, and return what was written to training.json.

    Raises:
        CodiError: rows, base or checkpoint cannot be used.
    """
    started = time.monotonic()
    rows, held = data.read(order.dataset), data.read(order.validation)
    checkpoint = _checkpoint(order)
    config, base = order.config, bases.find(order.config.base)
    tokens = Tokens(*bases.tokenizer(base))
    learned = plan.thinned(rows.examples, config.sample, config.seed)
    maker = plan.Maker(learned, tokens, config, learns=True)
    groups = plan.groups(maker, config, config.optimiser.epochs)
    asked = plan.sample(held.examples, config.evaluation.rows, config.seed)
    eval_maker = plan.Maker(asked, tokens, config, learns=False)
    eval_groups = plan.groups(eval_maker, config, 1)
    say(
        f"{len(learned)} of {len(rows.examples)} questions in {len(groups)} packs, "
        f"validated on {len(asked)} in {len(eval_groups)}"
    )
    model = adapted(base, config)
    trainer = _trainer(order, model, tokens, maker, groups, eval_maker, eval_groups, say)
    before = trainer.evaluate() if not checkpoint else {}
    seconds = time.monotonic()
    done = trainer.train(resume_from_checkpoint=checkpoint or None)
    seconds = time.monotonic() - seconds
    if not trainer.is_world_process_zero():
        return {}
    trainer.model.save_pretrained(order.out / "adapter")
    record = {
        "schema": 1,
        "config": config.to_dict(),
        "base": {"name": base.name, "id": base.id, "digest": base.digest},
        "prompt_version": PROMPT_VERSION,
        "dataset": _described(rows) | {"used": len(learned)},
        "validation": _described(held) | {"used": len(asked)},
        "versions": {name: version(name) for name in LIBRARIES},
        "precision": str(model.dtype).removeprefix("torch."),
        "processes": trainer.accelerator.num_processes,
        "steps": trainer.state.global_step,
        "planned_steps": trainer.state.max_steps,
        "loss": done.training_loss,
        "before": before,
        "best": {"step": trainer.state.best_global_step, "nll": trainer.state.best_metric},
        "history": trainer.state.log_history,
        "trainable": sum(one.numel() for one in model.parameters() if one.requires_grad),
        "rows_seen": trainer.seen_rows,
        "tokens_seen": trainer.seen_tokens,
        "seconds": {
            "training": round(seconds, 1),
            "of_which_evaluation": round(trainer.evaluating, 1),
            "all": round(time.monotonic() - started, 1),
        },
        "rows_per_second": round(trainer.seen_rows / seconds, 2),
        "tokens_per_second": round(trainer.seen_tokens / seconds, 1),
        "resumed_from": checkpoint,
    }
    files.write_json(order.out / RECORD, record)
    return record


def _described(rows: data.Dataset) -> dict[str, Any]:
    tasks = [one.task for one in rows.examples]
    return {
        "digest": rows.digest,
        "files": rows.digests,
        "rows": {task: tasks.count(task) for task in sorted(set(tasks))},
        "skipped": rows.skipped,
    }


def _checkpoint(order: Order) -> str:
    """The checkpoint to go on from, "" for none. Raises CodiError."""
    folder = order.out / "checkpoints"
    whole = sorted(
        (path.parent for path in folder.glob(f"checkpoint-*/{COMPLETE}")),
        key=lambda path: int(path.name.rpartition("-")[2]),
    )
    if order.resume == "auto":
        return str(whole[-1]) if whole else ""
    if order.resume:
        if not (Path(order.resume) / COMPLETE).is_file():
            raise CodiError("not a complete checkpoint", "--resume-from auto", order.resume)
        return order.resume
    if whole or (order.out / RECORD).exists():
        raise CodiError(
            "a training lies there already", "--resume-from auto, or a new --out", str(order.out)
        )
    return ""


def adapted(base: bases.Base, config: Config) -> Any:
    """The base with fresh LoRA weights. Lower layers without any need no gradients."""
    from peft import LoraConfig, get_peft_model
    from transformers import set_seed

    set_seed(config.seed)
    model = bases.model(base, config)
    lora, count = config.lora, int(model.config.num_hidden_layers)
    if lora.last_layers > count:
        raise CodiError(f"lora.last_layers: {lora.last_layers}, and the base has {count} layers")
    layers = list(range(count - lora.last_layers, count)) if lora.last_layers else None
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules=list(lora.targets),
            layers_to_transform=layers,
            task_type="CAUSAL_LM",
        ),
    )
    if base.gguf is not None:  # else peft asks the hub for its configuration at every checkpoint
        adapted.peft_config["default"].base_model_name_or_path = None
    return adapted


def _trainer(
    order: Order,
    model: Any,
    tokens: Tokens,
    maker: plan.Maker,
    groups: list[dict[str, Any]],
    eval_maker: plan.Maker,
    eval_groups: list[dict[str, Any]],
    say: Callable[[str], None],
) -> Any:
    from datasets import Dataset  # type: ignore[attr-defined,unused-ignore]

    from trainer.train import sft

    order.out.mkdir(parents=True, exist_ok=True)
    kind = bases.dtype(order.config.precision)
    args = sft.arguments(order.config, order.out, order.max_steps, kind)
    return sft.LetterTrainer(
        LetterLoss(tokens.letters, order.config.loss),
        eval_maker,
        eval_groups,
        model=model,
        args=args,
        data_collator=maker,
        train_dataset=Dataset.from_list(groups),
        eval_dataset=Dataset.from_list(eval_groups),
        processing_class=tokens.tokenizer,
        callbacks=sft.callbacks(order.config, order.out, say),
    )
