"""`codi-train export`: a trained adapter as codi-hook loads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from codi_hook.errors import CodiError


@click.command()
@click.argument("run_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--base", default="", help="GGUF or id of the base; default: the training's own.")
@click.option(
    "--dtype", type=click.Choice(["f16", "f32"]), default="f16", show_default=True,
    help="Of the tensors in adapter.gguf.",
)  # fmt: skip
@click.option(
    "--check", type=click.IntRange(0), default=0, show_default=True,
    help="Ask that many questions of --prompts of transformers and of llama.cpp, and compare.",
)  # fmt: skip
@click.option("--prompts", type=click.Path(path_type=Path), help="Rows of pairs, for --check.")
def command(
    run_dir: Path, out: Path, base: str, dtype: str, check: int, prompts: Path | None
) -> None:
    """Write the adapter of a training to OUT: adapter.gguf, safetensors and configuration.

    With --check, the letters chosen must be the same for 99 % of the questions; parity.json in
    OUT says how far the logits differ.
    """
    from trainer.export import adapter
    from trainer.train import base as bases

    if check and prompts is None:
        raise CodiError("--check needs --prompts", "a .jsonl file of rank rows")
    found = bases.find(base or _base_of(run_dir))
    try:
        with bases.as_gguf(found) as gguf:
            written = adapter.export(run_dir, out, gguf, found.id or found.name, dtype)
    except OSError as error:
        raise CodiError(f"cannot write {out}: {error.strerror or error}") from None
    click.echo(f"wrote {written}: {written.stat().st_size / 1e6:.1f} MB")
    if check and prompts is not None:
        _check(found, adapter.source(run_dir), written, prompts, check)


def _base_of(run_dir: Path) -> str:
    from codi_hook.models import files

    record: dict[str, Any] = files.read_json(run_dir / "training.json") or {}
    name = record.get("base", {}).get("name", "")
    if not isinstance(name, str) or not name:
        raise CodiError("training.json does not name a base", "--base", str(run_dir))
    return name


def _check(base: Any, trained: Path, written: Path, prompts: Path, count: int) -> None:
    import dataclasses

    from codi_hook.models import files
    from trainer.export import parity
    from trainer.train import data, plan

    examples = plan.sample(data.read([prompts]).examples, count, 0)
    found = parity.check(base, trained, written, [one.question for one in examples], click.echo)
    record = dataclasses.asdict(found) | {"agreement": found.agreement, "proved": found.proved}
    files.write_json(written.parent / "parity.json", record)
    line = (
        f"{found.agreeing} of {found.prompts} prompts get the same letter; logits differ by "
        f"{found.largest_difference:.4g} at most, {found.mean_difference:.4g} on average; "
        f"the adapter moves them by up to {found.effect:.4g}"
    )
    if not found.proved:
        raise CodiError(f"not the same model: {line}; {found.same_tokens} with the same tokens")
    click.echo(line)
