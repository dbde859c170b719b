"""BuildKit's checks as a set, and the ``# check=…`` directive that a file steers them with.

Names and directive are those of docs.docker.com/reference/build-checks. A check is one of our
rules, or several, that carry its name as an alias.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from codi_hook.frozen import dataclass

if TYPE_CHECKING:
    from codi_hook.model import Document, Rule

BUILDKIT = frozenset(
    [
        "ConsistentInstructionCasing",
        "CopyIgnoredFile",
        "DuplicateStageName",
        "ExposeInvalidFormat",
        "ExposeProtoCasing",
        "FromAsCasing",
        "FromPlatformFlagConstDisallowed",
        "InvalidBaseImagePlatform",
        "InvalidDefaultArgInFrom",
        "InvalidDefinitionDescription",
        "JSONArgsRecommended",
        "LegacyKeyValueFormat",
        "MaintainerDeprecated",
        "MultipleInstructionsDisallowed",
        "NoEmptyContinuation",
        "RedundantTargetPlatform",
        "ReservedStageName",
        "SecretsUsedInArgOrEnv",
        "StageNameCasing",
        "UndefinedArgInFrom",
        "UndefinedVar",
        "WorkdirRelativePath",
    ]
)
EXPERIMENTAL = ("InvalidDefinitionDescription",)  # off until a file asks for them
_TRUE = ("1", "t", "true")


def is_buildkit(rule: Rule) -> bool:
    """True where the rule is one of BuildKit's checks, or a part of one."""
    return not BUILDKIT.isdisjoint(rule.aliases)


@dataclass(frozen=True)
class CheckDirective:
    """What ``# check=`` says; names as written. The name ``all`` stands for every check.

    `error`: what a check finds fails the build, where it is a warning otherwise.
    """

    skip: tuple[str, ...] = ()
    error: bool = False
    experimental: tuple[str, ...] = ()


NOTHING = CheckDirective()


def check_directive(document: Document) -> CheckDirective:
    """The file's directive: ``skip=A,B;error=true;experimental=all``, in any order."""
    directive = document.directive("check")
    if directive is None:
        return NOTHING
    options: dict[str, str] = {}
    for option in directive.value.split(";"):
        key, _, value = option.partition("=")
        options[key.strip().lower()] = value.strip()
    return CheckDirective(
        _names(options.get("skip", "")),
        options.get("error", "").lower() in _TRUE,
        _names(options.get("experimental", "")),
    )


def asked_for(document: Document, experimental: Sequence[Rule]) -> tuple[Rule, ...]:
    """Those of the rules, experimental checks of BuildKit, that the file's directive turns on."""
    names = {name.lower() for name in check_directive(document).experimental}
    if not names:
        return ()
    return tuple(
        rule
        for rule in experimental
        if "all" in names or any(alias.lower() in names for alias in rule.aliases)
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))
