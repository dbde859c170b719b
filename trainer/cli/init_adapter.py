"""`codi-train init-adapter`: a fresh adapter, the state in which training starts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from codi_hook.cli.adapter import describe
from codi_hook.cli.model import fail, open_store
from codi_hook.models.errors import ModelError


@click.command()
@click.argument("base", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--rank", type=click.IntRange(1, 512), default=8, show_default=True)
@click.option("--alpha", type=click.FloatRange(0, min_open=True), default=16.0, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--scale",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Deviation of the B matrices; 0 leaves the base as it is.",
)
@click.option(
    "--targets", type=click.Choice(["attention", "linear"]), default="attention", show_default=True
)
@click.option("--adapter-version", default="0.0.0", show_default=True)
@click.option("--base-id", default="", help="Catalog id of BASE, where the store does not know it.")
def command(
    base: Path,
    out_dir: Path,
    rank: int,
    alpha: float,
    seed: int,
    scale: float,
    targets: str,
    adapter_version: str,
    base_id: str,
) -> None:
    """Write a fresh adapter for BASE (a GGUF) to OUT_DIR: adapter.gguf and metadata.json."""
    from codi_hook.models import adapters

    chosen: dict[str, Any] = {"rank": rank, "alpha": alpha, "seed": seed, "scale": scale}
    try:
        if not adapters.VERSION.fullmatch(adapter_version):
            raise ModelError(f"{adapter_version!r} is not a version")
        if out_dir.exists() and any(out_dir.iterdir()):
            raise ModelError(f"{out_dir} is not empty", "name a new folder")
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out_dir.parent, prefix=".codi-train-") as scratch:
            made = Path(scratch) / out_dir.name
            made.mkdir()
            _make(base, made, base_id, adapter_version, targets, chosen)
            loaded = adapters.load(made)
            made.replace(out_dir)
    except ImportError as error:
        fail(ModelError(f"{error.name} is not installed", "pip install 'codi-hook[train]'"))
    except OSError as error:
        fail(ModelError(f"cannot write {out_dir}: {error.strerror}"))
    except ModelError as error:
        fail(error)
    click.echo(f"wrote {out_dir}: {describe(loaded)}")


def _make(
    base: Path, folder: Path, base_id: str, version: str, targets: str, chosen: dict[str, Any]
) -> None:
    from codi_hook.models import adapters
    from trainer.export import lora_gguf, metadata

    known_id, origin, architecture = _origin(base)
    names = lora_gguf.ALL_LINEAR if targets == "linear" else lora_gguf.ATTENTION
    lora_gguf.init_adapter(base, folder / adapters.WEIGHTS, targets=names, **chosen)
    metadata.write(
        folder,
        version=version,
        base_id=base_id or known_id,
        base_digest=origin,
        architecture=architecture,
    )


def _origin(base: Path) -> tuple[str, str, str]:
    """Id and source digest of a GGUF as the store that holds it knows them, and architecture."""
    for one in open_store(str(base.resolve().parents[1])).all():
        if one.path.resolve() == base.resolve():
            found = open_store(str(base.resolve().parents[1])).resolve(one.id)
            return found.id, found.origin, found.architecture
    bare = open_store(None).resolve(str(base))
    return "", bare.digest, bare.architecture
