"""What a ranker is told. Its own small value, so that ranking knows nothing of configuration."""

from __future__ import annotations

from codi_hook.frozen import dataclass

NO_ADAPTER = "none"


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Settings of one run's ranking; the caller has resolved options, environment and files.

    `ranker`: "auto" (the model where its adapter is promoted for the rule, else the learned
    frequencies, else the rule's order), "order", "prior" or "llm" (the model for every rule,
    marked experimental where it is not promoted).
    `llm`: None uses a model where one is installed, True also says so where none is, False never.
    `model`: id in the store or path of a GGUF, "" for the catalog's default; `model_digest`: a
    SHA-256 it must have, if any. `store`: folder of the models, "" for the user's.
    `adapter`: an adapter's folder or GGUF, `NO_ADAPTER` for none, "" for the one that the registry
    promotes for the base. `registry`: registry.yml, "" for ours.
    `endpoint`: a llama.cpp server to ask instead; `allowlist`: hosts it may be on but loopback.
    `threads`: 0 for as many as there are cores. `timeout`: seconds of inference in the whole run.
    `cache`: a file, "" for no cache; it holds at most `cache_entries` answers.
    `rationale`: "composed", "free" (experimental where not promoted) or "rule".
    """

    ranker: str = "auto"
    llm: bool | None = None
    model: str = ""
    model_digest: str = ""
    store: str = ""
    adapter: str = ""
    adapter_scale: float = 1.0
    registry: str = ""
    endpoint: str = ""
    allowlist: tuple[str, ...] = ()
    threads: int = 0
    timeout: float = 20.0
    cache: str = ""
    cache_entries: int = 50_000
    rationale: str = "composed"
