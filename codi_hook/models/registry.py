"""Which adapter is trusted for which rule: registry.yml, `llm_assist`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codi_hook.frozen import dataclass
from codi_hook.models.adapters import Adapter
from codi_hook.models.errors import ModelError, from_os_error

PURPOSES = ("rank", "explain")
PROMOTION_KEYS = {"id", "rule_id", "adapter_version", "digest", "promoted_at", "purpose", "metrics"}
METRIC_KEYS = {"eval_run", "eval_report", "win_rate"}
COMPATIBILITY_KEYS = {"adapter", "base_model", "prompt_version"}


@dataclass(frozen=True, slots=True)
class Promotion:
    """A rule for which a version of adapter `id` may rank, or explain. `win_rate` is 0 to 1.

    `digest` is the SHA-256 of its adapter.gguf, so that another one of the same name and version
    is not trusted; "" trusts every one, for registries that are written by hand.
    """

    id: str
    rule_id: str
    adapter_version: str
    digest: str
    promoted_at: str
    purpose: str
    eval_run: str
    eval_report: str
    win_rate: float


@dataclass(frozen=True, slots=True)
class Compatibility:
    """An adapter, the base it works on, and the prompt version it was evaluated with."""

    adapter: str
    base_model: str
    prompt_version: str


@dataclass(frozen=True, slots=True)
class Registry:
    compatibility: tuple[Compatibility, ...] = ()
    promotions: tuple[Promotion, ...] = ()

    def promoted(self, adapter: Adapter | None, purpose: str = "rank") -> frozenset[str]:
        """Codes of the rules for which `adapter`, at its version, is trusted for `purpose`."""
        if adapter is None:
            return frozenset()
        return frozenset(
            one.rule_id
            for one in self.promotions
            if (one.id, one.adapter_version, one.purpose) == (adapter.id, adapter.version, purpose)
            and one.digest in ("", adapter.digest)
        )

    def compatible(self, adapter: Adapter, base_id: str, prompt_version: str) -> bool:
        """Whether the adapter was evaluated on this base with this prompt version."""
        wanted = Compatibility(adapter.id, base_id, prompt_version)
        return wanted in self.compatibility


def default_path() -> Path:
    """The registry that ships: in the installed package, else in the repository."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_adapters" / "registry.yml"
    return shipped if shipped.exists() else package.parent / "adapters" / "registry.yml"


def load(path: Path | str = "") -> Registry:
    """Read a registry, the shipped one unless `path` names another.

    Raises:
        ModelError: unreadable, or not of the form that registry.yml documents.
    """
    import yaml

    place = Path(path) if path else default_path()
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        raw = yaml.load(place.read_bytes(), loader)
    except OSError as error:
        raise from_os_error(error, place, "read the registry") from error
    except yaml.YAMLError as error:
        raise ModelError(f"{place}: not valid YAML: {error}") from error
    table = raw.get("llm_assist") if isinstance(raw, dict) else None
    if not isinstance(table, dict) or set(raw) != {"llm_assist"}:
        raise ModelError(f"{place}: expected the one key llm_assist")
    if unknown := set(table) - {"compatibility", "promotions"}:
        raise ModelError(f"{place}: unknown keys {sorted(map(str, unknown))}")
    return Registry(
        tuple(_compatibility(one, place) for one in _rows(table, "compatibility", place)),
        tuple(_promotion(one, place) for one in _rows(table, "promotions", place)),
    )


def _rows(table: dict[str, Any], key: str, place: Path) -> list[dict[str, Any]]:
    rows = table.get(key) or []
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise ModelError(f"{place}: {key} must be a list of mappings")
    return rows


def _compatibility(row: dict[str, Any], place: Path) -> Compatibility:
    if set(row) != COMPATIBILITY_KEYS:
        raise ModelError(f"{place}: a compatibility needs {sorted(COMPATIBILITY_KEYS)}")
    return Compatibility(**{key: str(value) for key, value in row.items()})


def _promotion(row: dict[str, Any], place: Path) -> Promotion:
    who = f"{place}: promotion {row.get('id', '?')}"
    row = {"purpose": "rank", "digest": "", **row}
    metrics = row.get("metrics")
    if set(row) != PROMOTION_KEYS or not isinstance(metrics, dict) or set(metrics) != METRIC_KEYS:
        raise ModelError(
            f"{who}: needs {sorted(PROMOTION_KEYS)}, and metrics {sorted(METRIC_KEYS)}"
        )
    rate = metrics["win_rate"]
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise ModelError(f"{who}: win_rate {rate!r} is not between 0 and 1")
    if row["purpose"] not in PURPOSES:
        raise ModelError(f"{who}: purpose {row['purpose']!r} is not one of {', '.join(PURPOSES)}")
    texts = {key: str(row[key]) for key in PROMOTION_KEYS - {"metrics"}}
    return Promotion(
        **texts,
        eval_run=str(metrics["eval_run"]),
        eval_report=str(metrics["eval_report"]),
        win_rate=float(rate),
    )
