"""`codi-train colab-zip`: what is uploaded to train on a borrowed GPU."""

from __future__ import annotations

from pathlib import Path

import click

from codi_hook.errors import CodiError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--config", "config_path", default="qwen2.5-coder-1.5b", show_default=True,
              help="A YAML file, or the name of one of ours.")  # fmt: skip
@click.option("--dataset", type=click.Path(path_type=Path), multiple=True,
              default=("datasets/splits/train",), show_default=True)  # fmt: skip
@click.option("--validation", type=click.Path(path_type=Path), multiple=True,
              default=("datasets/splits/val",), show_default=True)  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              default="codi-train.zip", show_default=True)  # fmt: skip
@click.option("--wheel", type=FILE, help="codi-hook's; built from this source tree by default.")
@click.option("--base", type=FILE, help="A GGUF to pack, too, where it cannot be fetched there.")
def command(
    config_path: str,
    dataset: tuple[Path, ...],
    validation: tuple[Path, ...],
    out: Path,
    wheel: Path | None,
    base: Path | None,
) -> None:
    """Pack rows, configuration, code and notebook into one archive."""
    from trainer.colab import bundle
    from trainer.train import config as configs

    try:
        names = bundle.write(out, configs.locate(config_path), dataset, validation, wheel, base)
    except OSError as error:
        raise CodiError(f"cannot write {out}: {error.strerror or error}") from None
    click.echo(f"wrote {out}: {len(names)} files, {out.stat().st_size / 1e6:.1f} MB")
