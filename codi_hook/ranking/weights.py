"""Which base and which adapter answer, checked before llama.cpp sees them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from codi_hook.frozen import dataclass
from codi_hook.ranking.engine import EngineError, NoModel
from codi_hook.ranking.prompt import PROMPT_VERSION
from codi_hook.ranking.settings import NO_ADAPTER, RankingSettings

if TYPE_CHECKING:
    from codi_hook.models.store import Installed

EXPLAIN = "explain"  # the registry's word for free rationales


@dataclass(frozen=True, slots=True)
class Weights:
    """A base, with or without an adapter. `identity` tells it from every other in the cache.

    `temperature` flattens the adapter's probabilities, and `prior_weight` is that of the learned
    frequencies beside them; both are fitted on its validation data.
    """

    path: str
    identity: str
    temperature: float = 1.0
    adapter_path: str = ""
    ranks: frozenset[str] = frozenset()  # rules for which the adapter is trusted to rank
    explains: frozenset[str] = frozenset()  # rules for which it is trusted to write freely
    record: tuple[tuple[str, Any], ...] = ()
    prior_weight: float = 0.0


def served(identity: str) -> Weights:
    """Whatever an endpoint has loaded."""
    return Weights("", identity)


def find(settings: RankingSettings) -> Weights:
    """The base and adapter that the settings mean.

    Raises:
        EngineError: not installed, damaged, of the wrong architecture or digest.
    """
    from codi_hook.models.errors import ModelError

    try:
        base = _base(settings)
    except ModelError as error:
        raise EngineError(error.message, error.hint) from None
    record: tuple[tuple[str, Any], ...] = (
        ("model", base.id or os.path.basename(base.path)),
        ("model_digest", base.digest),
        ("quantisation", base.quantisation),
    )
    try:
        place = settings.adapter or shipped(base, settings.registry)
        if place in ("", NO_ADAPTER):
            return Weights(str(base.path), base.digest, record=record)
        return _with_adapter(place, settings.registry, base, record)
    except ModelError as error:
        raise EngineError(error.message, error.hint, "adapter-refused") from None


def _base(settings: RankingSettings) -> Installed:
    from codi_hook.models.store import Store

    store = Store(settings.store or None)
    asked = settings.llm or settings.model or settings.adapter or settings.ranker == "llm"
    if not asked and not store.root.is_dir():
        raise NoModel("no model is installed", "codi-hook model pull", "no-model")
    name = settings.model
    if not name:
        from codi_hook.models import catalog

        name = catalog.load().default
    if not name.endswith(".gguf") and store.get(name) is None:
        kind = EngineError if asked else NoModel
        raise kind(f"model {name} is not installed", f"codi-hook model pull {name}", "no-model")
    return store.resolve(name, settings.model_digest)


def shipped(base: Installed, path: str = "") -> str:
    """The folder of the adapter that the registry promotes for a base, "" where there is none.

    Of several the one listed last, which is the newest. Raises ModelError: a bad registry.
    """
    from codi_hook.models import registry

    trust, found = registry.load(path), ""
    promoted = {one.id for one in trust.promotions}
    for one in trust.compatibility:
        if (one.base_model, one.prompt_version) == (base.id, PROMPT_VERSION):
            found = one.adapter if one.adapter in promoted else found
    home = os.path.dirname(path or registry.default_path())
    return found and os.path.join(home, found)


def _with_adapter(
    place: str, path: str, base: Installed, record: tuple[tuple[str, Any], ...]
) -> Weights:
    from codi_hook.models import adapters, registry

    adapter = adapters.load(place, base)
    trust = registry.load(path)
    if not trust.compatible(adapter, base.id, PROMPT_VERSION):
        trust = registry.Registry()  # evaluated on another base or with other prompts, or never
    return Weights(
        str(base.path),
        f"{base.digest}+{adapter.digest}",
        adapter.temperature,
        str(adapter.path),
        trust.promoted(adapter),
        trust.promoted(adapter, EXPLAIN),
        (
            *record,
            ("adapter", adapter.id),
            ("adapter_version", adapter.version),
            ("adapter_digest", adapter.digest),
            ("temperature", adapter.temperature),
            ("prior_weight", adapter.prior_weight),
        ),
        adapter.prior_weight,
    )
