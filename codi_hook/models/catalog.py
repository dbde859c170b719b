"""The base models that are known by name (catalog.yml)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from codi_hook.models.errors import ModelError

SCHEMES = ("pypi", "hf", "s3", "file")
QUANTISATIONS = ("Q8_0", "Q4_0")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Base:
    """A base model as the catalog describes it.

    `digest` is the SHA-256 of the GGUF as its sources have it, or "" where it is pinned by the
    first pull. `size` and `transfer` are bytes on disk and over the network, 0 where unknown.
    `requantise` is the type that the file is converted to after the pull, or "".
    """

    id: str
    title: str
    licence: str
    architecture: str
    context_length: int
    quantisation: str
    file: str
    sources: tuple[str, ...]
    digest: str = ""
    size: int = 0
    transfer: int = 0
    requantise: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    default: str
    bases: tuple[Base, ...]

    def find(self, model_id: str) -> Base:
        """The base of that id.

        Raises:
            ModelError: unknown; the hint names the nearest one.
        """
        for base in self.bases:
            if base.id == model_id:
                return base
        known = [base.id for base in self.bases]
        near = difflib.get_close_matches(model_id, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known models: {', '.join(known)}"
        raise ModelError(f"unknown model {model_id!r}", hint)


def custom(model_id: str, source: str, digest: str = "") -> Base:
    """A base that the catalog lacks, described by where it is taken from."""
    if not NAME.fullmatch(model_id):
        raise ModelError(
            f"not a usable model id: {model_id!r}", "lower case letters, digits, '.', '_' and '-'"
        )
    file = re.split(r"[/#]", source.partition("@")[0])[-1]
    if not file.endswith(".gguf"):
        raise ModelError(f"not a GGUF file: {source}", "a source ends in the name of a .gguf file")
    return Base(model_id, model_id, "", "", 0, "", file, (source,), digest)


@cache
def load(path: Path | None = None) -> Catalog:
    """Read a catalog, ours unless `path` names another.

    Raises:
        ModelError: an entry lacks a key, has an unknown one, or names an unknown kind of source.
    """
    import yaml

    path = path or Path(__file__).with_name("catalog.yml")
    raw = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    catalog = Catalog(raw["default"], tuple(_base(entry) for entry in raw["models"]))
    catalog.find(catalog.default)
    return catalog


def _base(entry: Mapping[str, Any]) -> Base:
    known = {one.name for one in fields(Base)}
    if unknown := set(entry) - known:
        raise ModelError(f"catalog: unknown keys {sorted(unknown)} in {entry.get('id')!r}")
    base = Base(**{**entry, "sources": tuple(entry["sources"])})
    for source in base.sources:
        if source.partition(":")[0] not in SCHEMES:
            raise ModelError(f"catalog: unknown kind of source: {source}")
    if base.requantise and base.requantise not in QUANTISATIONS:
        raise ModelError(f"catalog: cannot convert to {base.requantise}")
    return base


def choose(model_id: str, source: str = "", digest: str = "") -> Base:
    """The base that a user means: of the catalog, or their own where `source` says from where.

    Raises:
        ModelError: unknown without a source, or `digest` contradicts the catalog.
    """
    digest = digest.lower().removeprefix("sha256:")
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ModelError(f"not a SHA-256: {digest}", "64 hexadecimal digits")
    known = load()
    model_id = model_id or known.default
    if source and all(base.id != model_id for base in known.bases):
        return custom(model_id, source, digest)
    base = known.find(model_id)
    if digest and base.digest and digest != base.digest:
        raise ModelError(f"{model_id}: the catalog has the digest {base.digest}, not {digest}")
    return replace(base, digest=digest or base.digest)
