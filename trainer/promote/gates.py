"""What an adapter has to show before a rule's candidates are ranked by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from codi_hook import ruleset
from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass
from codi_hook.models import adapters, files
from codi_hook.models.adapters import Adapter
from codi_hook.models.errors import ModelError
from codi_hook.models.store import Store
from codi_hook.ranking.prompt import PROMPT_VERSION
from trainer.evaluate.journal import PREDICTIONS, SETTINGS
from trainer.evaluate.run import METRICS, SCHEMA, prior_digest


@dataclass(frozen=True, slots=True)
class Bars:
    """`rows` and `owners` are the fewest of a rule; `ece` the highest calibration error overall,
    held against both ways of binning; `stacks` the share of stacks that more must be won than."""

    rows: int = 20
    owners: int = 5
    ece: float = 0.08
    stacks: float = 0.5


@dataclass(frozen=True, slots=True)
class Earned:
    """A rule that is to be promoted."""

    rule: str
    win_rate: float
    gain: float  # of top-1 over the rule's own order
    rows: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule that is not, and why."""

    rule: str
    why: str


def read(run: Path) -> dict[str, Any]:
    """metrics.json of a run. Raises CodiError where it is none, or not what was answered."""
    found = files.read_json(run / METRICS)
    if found is None:
        raise CodiError(f"no {METRICS}", "codi-train evaluate --out " + str(run), str(run))
    if found.get("schema") != SCHEMA or "differences" not in found:
        raise CodiError(f"{METRICS} is not of schema {SCHEMA}", "evaluate again", str(run))
    if "adapter-order" not in found["differences"] or "adapter-prior" not in found["differences"]:
        raise CodiError("did not compare an adapter with order and prior", "evaluate again",
                        str(run))  # fmt: skip
    return found


def problems(
    run: Path, found: Mapping[str, Any], adapter: Path, store: str, bars: Bars
) -> Iterator[str]:
    """Everything that speaks against the adapter as a whole, a line each."""
    yield from _untouched(run, found)
    yield from _same(found, adapter, store)
    won = found["stacks_won"]["adapter-order"]
    total = sum(len(won[key]) for key in ("won", "lost", "drawn"))
    if not total or len(won["won"]) <= bars.stacks * total:
        yield (
            f"it beats the rules' order on {len(won['won'])} of {total} stacks "
            f"with {won['least_rows']} rows or more, not on the majority"
        )
    overall = found["systems"]["adapter"]["overall"]
    for key, name in (("ece", "15 bins of equal width"), ("ece_equal_mass", "equal mass")):
        value = overall.get(key)
        if value is None or value > bars.ece:
            shown = "unknown" if value is None else f"{value:.3f}"
            yield f"its calibration error ({name}) is {shown}, and the bar is {bars.ece:g}"


def _untouched(run: Path, found: Mapping[str, Any]) -> Iterator[str]:
    """The files of a run belong together."""
    for name in (SETTINGS, PREDICTIONS):
        if not (run / name).is_file():
            yield f"{run / name} is missing"
            return
    if files.sha256(run / PREDICTIONS) != found["predictions"]:
        yield f"{PREDICTIONS} is not the one that {METRICS} was made from"
    if files.read_json(run / SETTINGS) != found["settings"]:
        yield f"{SETTINGS} is not the one that {METRICS} was made from"


def _same(found: Mapping[str, Any], place: Path, store: str) -> Iterator[str]:
    """What was evaluated is what would be shipped."""
    said = found["settings"]["models"]["adapter"]
    try:
        adapter = loaded(place, said["model"], store)
    except ModelError as error:
        yield str(error)
        return
    checks = (
        ("digest", adapter.digest, said["adapter_digest"]),
        ("version", adapter.version, said["adapter_version"]),
        ("id", adapter.id, said["adapter"]),
        ("temperature", adapter.temperature, said["temperature"]),
        ("prior_weight", adapter.prior_weight, said["prior_weight"]),
    )
    for name, here, evaluated in checks:
        if here != evaluated:
            yield f"the adapter's {name} is {here}, and {evaluated} was evaluated"
    packaged = (files.read_json(place / "metadata.json") or {}).get("splits", {})
    tested = packaged.get("test", {}).get("digest", "")
    if tested not in ("", found["settings"]["dataset"]):
        yield "the rows are not the test split that the adapter was packaged with"
    if found["settings"]["prompt_version"] != PROMPT_VERSION:
        yield (
            f"prompt version {found['settings']['prompt_version']} was evaluated, "
            f"and this is {PROMPT_VERSION}"
        )
    if adapter.prior_weight and found["settings"]["prior"] != prior_digest():
        yield "other learned frequencies were evaluated than those that ship"
    if found["settings"]["rule_set"] != ruleset.digest():
        yield "the rules' templates are others than those evaluated"
    if adapter.prompt_version not in ("", PROMPT_VERSION):
        yield f"the adapter was trained for prompt version {adapter.prompt_version}"


def loaded(place: Path, base: str, store: str) -> Adapter:
    """The adapter, held to its checksums and, where it is installed, to its base."""
    if not place.is_dir():
        raise ModelError(f"no adapter's folder at {place}", "codi-train package")
    installed = None if base.endswith(".gguf") else Store(store or None).get(base)
    return adapters.load(place, installed)


def rules(found: Mapping[str, Any], bars: Bars) -> tuple[list[Earned], list[Refused]]:
    """The rules on which the adapter beats order beyond doubt and is not worse than prior."""
    earned, refused = [], []
    against = {
        name: found["differences"][f"adapter-{name}"]["rules"] for name in ("order", "prior")
    }
    for rule, one in against["order"].items():
        why = _why_not(one, against["prior"][rule], bars)
        if why:
            refused.append(Refused(rule, why))
        else:
            earned.append(Earned(rule, one["win_rate"], one["top1"]["value"], one["rows"]))
    return earned, refused


def _why_not(order: Mapping[str, Any], prior: Mapping[str, Any], bars: Bars) -> str:
    gap, low = order["top1"]["value"], order["top1"]["low"]
    if order["rows"] < bars.rows:
        return f"{order['rows']} rows, fewer than {bars.rows}"
    if order["owners"] < bars.owners or low is None:
        return f"{order['owners']} owners, fewer than {bars.owners}"
    if gap <= 0:
        return f"top-1 {gap:+.3f} against order"
    if low <= 0:
        return f"top-1 {gap:+.3f} against order, and the interval begins at {low:+.3f}"
    if prior["top1"]["value"] < 0:
        return f"top-1 {prior['top1']['value']:+.3f} against prior"
    return ""
