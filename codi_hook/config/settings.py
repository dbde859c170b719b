"""What a run is told: one frozen value, made by `resolve` from options, environment and files."""

from __future__ import annotations

from codi_hook.frozen import dataclass
from codi_hook.model import Applicability, Severity

SAFE_ONLY = frozenset({Applicability.SAFE})
SAFE_AND_UNSAFE = frozenset({Applicability.SAFE, Applicability.UNSAFE})


@dataclass(frozen=True)
class Selection:
    """One layer's choice of rules; `select` is None where the layer does not choose."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """Every setting of a run. A field's name is its key in a file with `_` for `-`."""

    # which rules, and how they are judged
    profile: str = "default"
    selections: tuple[Selection, ...] = ()  # config first, then the command line
    severity: tuple[tuple[str, Severity | None], ...] = ()  # None switches the rule off
    fail_on: Severity | None = Severity.STYLE  # None: findings never fail the run
    inline_ignores: bool = True
    exclude: tuple[str, ...] = ()
    context: str = ""  # the build context; "" is the folder of each Dockerfile
    trusted_registries: tuple[str, ...] = ()
    label_schema: tuple[tuple[str, str], ...] = ()
    strict_labels: bool = False
    shellcheck: bool | None = None  # None: where it is installed

    # fixes
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    candidates: bool = True

    # the model
    ranker: str = "auto"  # auto, order, prior, llm
    llm: bool | None = None  # None: where a model is installed
    rationale: str = "composed"  # composed, free, rule
    llm_endpoint: str = ""  # a llama.cpp server instead of a model in this process
    model: str = ""  # catalogue id or path of a GGUF; "" is the catalogue's default
    adapter: str = ""  # path of an adapter's folder or GGUF
    model_path: str = ""  # where models are stored; "" is the cache folder
    threads: int = 0  # 0: as many as there are physical cores for us
    llm_timeout: float = 20.0  # seconds of inference for the whole run
    allowlist: tuple[str, ...] = ()  # hosts that the endpoint may name besides loopback
    cache: bool = True

    # the report
    output_format: str = "text"
    color: str = "auto"  # auto, always, never
    statistics: bool = False
    exit_zero: bool = False
    audit_file: str = ""
    jobs: int = 0  # 0: as many as pay
    changed_since: str = ""
    changed_lines: str = ""
    baseline: str = ""
    write_baseline: bool = False

    # where it all came from
    config_file: str = ""
    notes: tuple[str, ...] = ()  # what was read and cannot be honoured, one line each

    @property
    def allowed(self) -> frozenset[Applicability]:
        """The applicabilities that `--fix` may apply."""
        return SAFE_AND_UNSAFE if self.unsafe_fixes else SAFE_ONLY
