"""The whole check of an adapter: what it is made of, whether it fits, and whether it works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from codi_hook.frozen import dataclass
from codi_hook.models import adapters
from codi_hook.models.adapters import Adapter
from codi_hook.models.errors import ModelError
from codi_hook.models.store import Installed, Store

if TYPE_CHECKING:
    from codi_hook.ranking.engine import EngineError


@dataclass(frozen=True, slots=True)
class Checked:
    """An adapter that passed. `base` is None where none was at hand to compare it with.

    `loaded` says whether llama.cpp loaded it and its answers changed. `notes` are differences
    that are no faults.
    """

    adapter: Adapter
    base: Installed | None
    loaded: bool
    notes: tuple[str, ...]


def check(path: Path | str, store: Store, base: str = "", *, load: bool = True) -> Checked:
    """Check an adapter against the base named, else against the one it names, if installed.

    Raises:
        ModelError: it must not be used; the message says why.
    """
    adapter = adapters.load(path)
    name = base or (adapter.base_id if adapter.base_id and store.path(adapter.base_id) else "")
    notes = list(differences(adapter))
    if not name:
        return Checked(adapter, None, False, tuple(notes))
    found = store.resolve(name)
    adapters.check_base(adapter, found)
    works = False
    if load:
        if fault := _fault(found, adapter):
            if fault.reason != "no-runtime":
                raise ModelError(fault.message, fault.hint)
            notes.append("not loaded: llama-cpp-python is not installed")
        works = not fault
    return Checked(adapter, found, works, tuple(notes))


def differences(adapter: Adapter) -> tuple[str, ...]:
    """What has changed since the adapter was trained, as far as it says what that was."""
    from codi_hook import ruleset
    from codi_hook.ranking.prompt import PROMPT_VERSION

    notes = []
    if adapter.rule_set and adapter.rule_set != ruleset.digest():
        notes.append("trained for other rules or templates; what has changed since was not learned")
    if adapter.prompt_version and adapter.prompt_version != PROMPT_VERSION:
        notes.append(
            f"trained with prompt version {adapter.prompt_version}, and this is {PROMPT_VERSION}: "
            "no promotion counts"
        )
    return tuple(notes)


def _fault(base: Installed, adapter: Adapter) -> EngineError | None:
    """What llama.cpp says against it; the runtime probes its effect while it loads."""
    from codi_hook.ranking.engine import EngineError
    from codi_hook.ranking.runtime import Runtime

    try:
        Runtime(str(base.path), str(adapter.path)).close()
    except EngineError as error:
        return error
    return None
