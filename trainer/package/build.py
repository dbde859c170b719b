"""adapters/<id>/ from the folder of a training: whole and checked, or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass
from codi_hook.models import adapter_pull, adapters, files, gguf_check
from codi_hook.models.errors import ModelError, from_os_error
from codi_hook.models.store import Installed, Store
from codi_hook.ranking import adapter_check
from codi_hook.ranking.adapter_check import Checked
from trainer.export import metadata
from trainer.package import card, record, weights
from trainer.package.record import Made, Measured

PLACES = ("", "adapter", "export")  # where in a training's folder its files may lie
# The repositories that a card and peft's configuration name for the bases of the catalog.
HUB = {
    "smollm2-135m-instruct": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "qwen2.5-coder-1.5b-instruct": "Qwen/Qwen2.5-Coder-1.5B-Instruct",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be packaged. `temperature` is None where the evaluation's counts, else 1."""

    run: Path
    id: str
    version: str
    out: Path
    base: str = ""
    metrics: Path | None = None
    data: Path = Path("datasets")
    temperature: float | None = None
    licence: str = "Apache-2.0"
    replace: bool = False
    load: bool = True


def build(order: Order, store: Store, tell: Callable[[str], None]) -> Checked:
    """Make the folder, and return what its check found.

    Raises:
        CodiError: a file is missing, or does not go with the others, or the check fails.
    """
    final = order.out / order.id
    if not adapters.ID.fullmatch(order.id) or not adapters.VERSION.fullmatch(order.version):
        raise CodiError(f"{order.id!r} {order.version!r} is not an id and a version")
    if final.exists() and not order.replace:
        raise CodiError(f"{final} is there already", "--replace, or another --id")
    found = {name: _find(order.run, name) for name in _names()}
    made = record.read(order.run, order.data)
    for note in made.notes:
        tell(note)
    base = _base(order, made, store)
    measured = record.measured(order.metrics) if order.metrics else Measured({})
    digest = files.sha256(found[adapters.WEIGHTS])
    if measured.digest not in ("", digest):
        raise CodiError(f"{order.metrics} is about another adapter", "codi-train evaluate")
    try:
        order.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=order.out, prefix=".codi-train-") as scratch:
            folder = Path(scratch) / order.id
            folder.mkdir()
            for name, path in found.items():
                shutil.copyfile(path, folder / name)
            _describe(folder, order, made, measured, base)
            checked = adapter_check.check(folder, store, base.id or str(base.path), load=order.load)
            adapter_pull.install(folder, final)
    except OSError as error:
        raise from_os_error(error, final, "write the adapter") from error
    return checked


def _names() -> tuple[str, ...]:
    return adapters.WEIGHTS, weights.SAFETENSORS, weights.CONFIG


def _find(run: Path, name: str) -> Path:
    for place in PLACES:
        if (run / place / name).is_file():
            return run / place / name
    hint = "codi-train export" if name == adapters.WEIGHTS else "codi-train train"
    raise CodiError(f"{run} has no {name}", hint)


def _base(order: Order, made: Made, store: Store) -> Installed:
    name = order.base or made.base_id
    if not name:
        raise CodiError(f"{order.run} does not name its base", "--base MODEL")
    return store.resolve(name)


def _describe(folder: Path, order: Order, made: Made, measured: Measured, base: Installed) -> None:
    """Compare the weights, then write configuration, card and metadata. Raises CodiError."""
    heads = weights.heads_of(gguf_check.read(base.path))
    like = weights.compare(folder, heads)
    base_id = base.id or made.base_id
    _config(folder / weights.CONFIG, base_id)
    warmth = order.temperature if order.temperature is not None else measured.temperature
    facts = card.Facts(
        order.id, order.version, order.licence, base_id, HUB.get(base_id, ""), base.licence,
        made, measured.metrics, like, adapters.load(folder / adapters.WEIGHTS),
    )  # fmt: skip
    (folder / card.NAME).write_text(card.render(facts), encoding="utf-8")
    metadata.write(
        folder,
        version=order.version,
        base_id=base_id,
        base_digest=base.origin,
        architecture=base.architecture,
        prompt_version=made.prompt_version,
        rule_set=made.rule_set,
        temperature=1.0 if warmth is None else warmth,
        prior_weight=measured.prior_weight,
        metrics=measured.metrics,
        more={"id": order.id, "dataset": made.dataset, "splits": made.splits},
        heads=heads,
    )


def _config(path: Path, base_id: str) -> None:
    """peft's configuration, without the path that the base had on the machine of the training."""
    raw = files.read_json(path)
    if raw is None:
        raise ModelError(f"no {path.name}")
    named = str(raw.get("base_model_name_or_path", ""))
    plain = named.count("/") <= 1 and not named.startswith((".", "~", "/")) and "\\" not in named
    if base_id in HUB:
        raw["base_model_name_or_path"] = HUB[base_id]
    elif not plain or Path(named).exists():
        raw["base_model_name_or_path"] = base_id
    path.write_text(json.dumps(raw, indent=2, sort_keys=True) + "\n", encoding="utf-8")
