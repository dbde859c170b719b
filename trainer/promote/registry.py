"""Writes promotions into registry.yml, as codi_hook.models.registry reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.models import files, registry
from trainer.promote.gates import Earned

RANK = "rank"


def entries(
    earned: Sequence[Earned], models: Mapping[str, str], when: str, run: str
) -> list[dict[str, Any]]:
    """The promotions of one adapter by one run.

    `models` is what the run's metrics say of its models; `run` is its folder as it is to be cited.
    """
    return [
        {
            "id": models["adapter"],
            "rule_id": one.rule,
            "adapter_version": models["adapter_version"],
            "digest": models["adapter_digest"],
            "promoted_at": when,
            "purpose": RANK,
            "metrics": {
                "eval_run": run,
                "eval_report": f"{run}/report.html#{one.rule}",
                "win_rate": round(one.win_rate, 4),
            },
        }
        for one in sorted(earned, key=lambda one: one.rule)
    ]


def update(path: Path, compatibility: dict[str, str], promotions: Sequence[dict[str, Any]]) -> None:
    """Replaces what the registry says of this adapter as a ranker; all else stays as it is.

    The comments at the head of the file stay. The result is read back before it is put in place.

    Raises:
        CodiError: the registry is not one, or would not be one.
    """
    import yaml

    registry.load(path)
    text = path.read_text(encoding="utf-8")
    table = yaml.safe_load(text)["llm_assist"]
    adapter = compatibility["adapter"]
    table["compatibility"] = [
        *(one for one in table.get("compatibility") or [] if not _replaced(one, compatibility)),
        compatibility,
    ]
    table["promotions"] = [
        *(
            one
            for one in table.get("promotions") or []
            if (one["id"], one.get("purpose", RANK)) != (adapter, RANK)
        ),
        *promotions,
    ]
    body = yaml.safe_dump({"llm_assist": table}, sort_keys=False, allow_unicode=True, width=100)
    _install(path, head(text) + body)


def _replaced(one: dict[str, str], new: dict[str, str]) -> bool:
    return (one["adapter"], one["base_model"]) == (new["adapter"], new["base_model"])


def head(text: str) -> str:
    """The comments and blank lines before the first key."""
    lines = []
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line)
    return "".join(lines)


def _install(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        registry.load(temporary)
        files.install(temporary, path)
    except OSError as error:
        raise CodiError(f"cannot be written: {error.strerror}", path=str(path)) from None
    finally:
        temporary.unlink(missing_ok=True)
