"""TRL's trainer with the loss of letters. Imports torch: import it inside functions only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import SequentialSampler
from transformers import EarlyStoppingCallback, TrainerCallback
from transformers.integrations import TensorBoardCallback
from trl import SFTConfig, SFTTrainer

from codi_hook.models import files
from trainer.train.config import Config
from trainer.train.loss import TASKS, Answers, LetterLoss
from trainer.train.plan import Maker

COMPLETE = "complete.json"  # in a checkpoint that was written to its end
BEST = "eval_nll"


class LetterTrainer(SFTTrainer):  # type: ignore[misc]
    """Trains on packs: one at a time goes through the model, logits only where an answer is due.

    Args:
        letter_loss: of a pack, see loss.py.
        eval_groups: of `eval_maker`'s examples, [] for no evaluation.
        options: those of SFTTrainer.
    """

    def __init__(
        self,
        letter_loss: LetterLoss,
        eval_maker: Maker,
        eval_groups: Sequence[dict[str, Any]],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.letter_loss = letter_loss
        self.eval_maker, self.eval_groups = eval_maker, list(eval_groups)
        self.seen_tokens = self.seen_rows = 0
        self.evaluating = 0.0  # seconds
        if self.args.fp16:  # whose gradients are scaled, which only float32 takes
            for weight in self.model.parameters():
                if weight.requires_grad:
                    weight.data = weight.data.float()

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        """The plan is in order already."""
        return SequentialSampler(train_dataset if train_dataset is not None else self.train_dataset)

    def _forward(self, model: Any, batch: dict[str, Any]) -> tuple[Any, Answers]:
        out = model(
            input_ids=batch["input_ids"],
            position_ids=batch["position_ids"],
            attention_mask=batch["attention_mask"],
            logits_to_keep=batch["keep"],
            use_cache=False,
        )
        return self.letter_loss(out.logits[0], batch)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The mean over the questions of a step, whichever packs and devices they are in."""
        total, answers = self._forward(model, inputs)
        self.seen_tokens += inputs["input_ids"].shape[1]
        self.seen_rows += len(answers.nll)
        count = num_items_in_batch if num_items_in_batch is not None else len(answers.nll)
        loss = total / count
        if self.args.average_tokens_across_devices and num_items_in_batch is not None:
            loss = loss * self.accelerator.num_processes
        self._metrics["train"]["letter_accuracy"].append(float(answers.right.float().mean()))
        return (loss, {"logits": answers.nll}) if return_outputs else loss

    def evaluate(
        self, eval_dataset: Any = None, ignore_keys: Any = None, metric_key_prefix: str = "eval"
    ) -> dict[str, float]:
        """Letter accuracy and negative log likelihood (nats) of the validation, by task."""
        del eval_dataset, ignore_keys
        started = time.perf_counter()
        sums = self._sums()
        metrics: dict[str, float] = {}
        for name, (count, nll, right) in zip(("", *TASKS), sums, strict=True):
            if count:
                key = f"{metric_key_prefix}_{name}_" if name else f"{metric_key_prefix}_"
                metrics[f"{key}nll"] = nll / count
                metrics[f"{key}accuracy"] = right / count
        self.evaluating += time.perf_counter() - started
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _sums(self) -> list[list[float]]:
        """[questions, nats, right] of all questions and of each task."""
        rank, size = self.accelerator.process_index, self.accelerator.num_processes
        sums = torch.zeros(1 + len(TASKS), 3, device=self.accelerator.device, dtype=torch.float32)
        was_training = self.model.training
        self.model.eval()
        with torch.no_grad(), self.compute_loss_context_manager():
            for group in self.eval_groups[rank::size]:
                batch = self._prepare_inputs(self.eval_maker.tensors(group))
                _, answers = self._forward(self.model, batch)
                for place in range(1 + len(TASKS)):
                    of = answers.tasks == place - 1 if place else answers.tasks >= 0
                    right, nll = answers.right[of].sum(), answers.nll[of].sum()
                    sums[place] += torch.stack([of.sum().float(), nll.float(), right.float()])
        self.model.train(was_training)
        total: list[list[float]] = self.accelerator.reduce(sums, "sum").tolist()
        return total

    def create_model_card(self, *_args: Any, **_options: Any) -> None:
        """The card is written when the adapter is packaged."""

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        if self.args.should_save:
            folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
            files.write_json(folder / COMPLETE, {"step": self.state.global_step})


def arguments(config: Config, folder: Path, max_steps: int, kind: Any) -> SFTConfig:
    """The configuration in TRL's words. `kind` is the type of the frozen weights."""
    optimiser, cuda = config.optimiser, torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(folder / "checkpoints"),
        per_device_train_batch_size=1,
        gradient_accumulation_steps=config.batch.passes,
        num_train_epochs=1,  # the plan holds all of them
        max_steps=max_steps or -1,
        learning_rate=optimiser.learning_rate,
        lr_scheduler_type=optimiser.schedule,
        warmup_steps=optimiser.warmup,
        weight_decay=optimiser.weight_decay,
        max_grad_norm=optimiser.clip,
        optim="adamw_torch",
        seed=config.seed,
        data_seed=config.seed,
        bf16=cuda and kind == torch.bfloat16,
        fp16=cuda and kind == torch.float16,
        gradient_checkpointing=config.checkpointing and cuda,
        eval_strategy="steps",
        eval_steps=config.evaluation.steps,
        save_strategy="steps",
        save_steps=config.evaluation.steps,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=BEST,
        greater_is_better=False,
        logging_steps=max(1, min(10, config.evaluation.steps)),
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=cuda,
        dataset_kwargs={"skip_prepare_dataset": True},
        average_tokens_across_devices=True,
        ddp_find_unused_parameters=False,
    )


def callbacks(config: Config, folder: Path, say: Any) -> list[Any]:
    from torch.utils.tensorboard import SummaryWriter

    made: list[Any] = [TensorBoardCallback(SummaryWriter(str(folder / "logs"))), Progress(say)]
    if config.evaluation.patience:
        made.append(EarlyStoppingCallback(config.evaluation.patience))
    return made


class Progress(TrainerCallback):  # type: ignore[misc]
    """One line for each log entry."""

    def __init__(self, say: Any) -> None:
        self.say, self.started = say, time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        del args, control
        if not state.is_world_process_zero or not logs:
            return
        shown = [
            f"{key} {logs[key]:.4g}"
            for key in ("loss", "letter_accuracy", BEST, "eval_accuracy", "eval_rank_accuracy")
            if key in logs
        ]
        if shown:
            seconds = time.monotonic() - self.started
            self.say(f"step {state.global_step}/{state.max_steps} {seconds:.0f} s: "
                     + ", ".join(shown))  # fmt: skip
