"""metadata.json of an adapter folder; codi_hook.models.adapters reads and checks it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codi_hook.models import adapters, files


def write(
    folder: Path,
    *,
    version: str,
    base_id: str,
    base_digest: str,
    architecture: str,
    prompt_version: str = "",
    rule_set: str = "",
    temperature: float = 1.0,
    prior_weight: float = 0.0,
    metrics: Mapping[str, float | str] | None = None,
    more: Mapping[str, Any] | None = None,
    heads: tuple[int, int] | None = None,
) -> None:
    """Write metadata.json for the files that are in `folder`, with their checksums.

    `base_digest` is the SHA-256 of the base as its source has it, `heads` its query heads and
    key-value heads. `more` has what only the trainer knows: id, dataset, splits. SOURCE_DATE_EPOCH
    (seconds) replaces the current time where it is set.

    Raises:
        ModelError: a file cannot be read. OSError: the metadata cannot be written.
    """
    checksums = {
        path.relative_to(folder).as_posix(): files.sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != adapters.METADATA
    }
    base: dict[str, Any] = {"id": base_id, "digest": base_digest, "architecture": architecture}
    if heads:
        base |= {"heads": heads[0], "key_value_heads": heads[1]}
    value: dict[str, Any] = {
        **(more or {}),
        "schema": adapters.SCHEMA,
        "adapter_version": version,
        "created_at": _now(),
        "base_model": base,
        "prompt_version": prompt_version,
        "rule_set": rule_set,
        "temperature": temperature,
        "prior_weight": prior_weight,
        "metrics": dict(metrics or {}),
        "checksums": checksums,
    }
    files.write_json(folder / adapters.METADATA, value)


def _now() -> str:
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    zone = datetime.timezone.utc
    moment = (
        datetime.datetime.fromtimestamp(int(fixed), zone) if fixed else datetime.datetime.now(zone)
    )
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
