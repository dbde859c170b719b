"""Which variables have a value where the builder fills them in, and why one has none.

The scopes are those of the Dockerfile reference: an ARG before the first FROM is seen by FROMs
alone until a stage declares it again; an ARG or ENV is seen from the instruction after it on, an
ARG within itself; both are passed on to stages that are built on this one; the platform ARGs are
known to every FROM, and to a stage that declares them. What a RUN's shell reads is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codi_hook.dockerfile import Argument, Instruction, Stage
from codi_hook.frozen import dataclass, field
from codi_hook.model import Document
from codi_hook.recipes.base_env import environment
from codi_hook.recipes.expansion import (
    Reference,
    expanded_documents,
    expanded_words,
    place,
    references,
)
from codi_hook.source import Span

PLATFORM = frozenset(
    f"{side}{part}"
    for side in ("BUILD", "TARGET")
    for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
_SHELL = frozenset({"PWD", "OLDPWD", "UID", "EUID", "PPID", "RANDOM", "HOSTNAME", "SECONDS"})
# Instructions in which the builder fills variables in, of a RUN in its mounts.
FILLED = ("ADD", "ARG", "COPY", "ENV", "LABEL", "RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")
_REQUIRES = ("?", ":?")  # the build fails by itself where such a variable is unset

# Why a variable has no value, as `Undefined.cause`.
GLOBAL = "global"  # an ARG before the first FROM that the stage does not declare
AUTOMATIC = "automatic"  # a platform ARG that the stage does not declare
SHELL = "shell"  # what a shell sets for itself
SAME = "same"  # the instruction itself sets it, too late for itself
LATER = "later"  # the stage sets it further down
ELSEWHERE = "elsewhere"  # another stage sets it
NEAR = "near"  # a name that is nearly the same has a value
NOWHERE = "nowhere"


@dataclass(frozen=True)
class Use:
    """One place where a variable is read."""

    argument: Argument
    reference: Reference
    span: Span


@dataclass(frozen=True, eq=False)
class Undefined:
    """A variable without a value, and every place where the instruction reads it.

    `complete` tells that the base image is known not to set it. `near` is the one name that the
    file sets and that looks like it, or "". `setter` sets it where the cause says so.
    """

    instruction: Instruction
    name: str
    uses: tuple[Use, ...]
    cause: str
    complete: bool
    near: str = ""
    setter: Instruction | None = None

    @property
    def is_certain(self) -> bool:
        """False where only the base image, whose environment is not known, may set it."""
        return self.complete or self.cause != NOWHERE


@dataclass(frozen=True, eq=False)
class _Scope:
    names: set[str] = field(default_factory=set)
    complete: bool = True


def undefined(document: Document, certain: bool = True) -> Iterator[Undefined]:
    """Variables without a value in the instructions of the stages, in order: those that have
    none for certain, or those that only a base image of unknown environment may set."""
    return (gap for gap in _undefined(document) if gap.is_certain == certain)


def _undefined(document: Document) -> Iterator[Undefined]:
    scopes: dict[int, _Scope] = {}
    for stage in document.stages:
        if stage.parent is not None:
            parent = scopes[stage.parent.index]
            scope = _Scope(set(parent.names), parent.complete)
        else:
            known = environment(stage)
            scope = _Scope(set(known or ("PATH",)), known is not None)
        for item in stage.instructions[1:]:
            if item.keyword not in FILLED or (item.keyword == "RUN" and not item.flags):
                continue
            yield from _in_instruction(document, stage, item, scope)
            if item.keyword in ("ARG", "ENV"):
                scope.names.update(pair.key.value for pair in item.pairs)
        scopes[stage.index] = scope


def _in_instruction(
    document: Document, stage: Stage, item: Instruction, scope: _Scope
) -> Iterator[Undefined]:
    missing: dict[str, list[Use]] = {}
    for use in _uses(item, document.escape):
        if use.reference.name not in scope.names:
            missing.setdefault(use.reference.name, []).append(use)
    for name, uses in missing.items():
        if item.keyword == "ARG" and _declared_before(item, name, uses[0]):
            continue
        cause, near, setter = _cause(document, stage, item, name, scope)
        yield Undefined(item, name, tuple(uses), cause, scope.complete, near, setter)


def _uses(item: Instruction, escape: str) -> tuple[Use, ...]:
    """The uses in an instruction, kept on it: patched copies of a document share it."""
    key = ("uses", escape)
    found: tuple[Use, ...] | None = item.memo.get(key)
    if found is None:
        found = item.memo[key] = tuple(_look(item, escape))
    return found


def _look(item: Instruction, escape: str) -> Iterator[Use]:
    base = item.source.base
    if item.source.data.find(b"$", item.span.start - base, item.span.end - base) < 0:
        return
    words: Iterable[Argument] = expanded_words(item)
    if item.keyword == "ARG":
        words = [pair.value for pair in item.pairs if pair.value is not None]
    for argument in words:
        yield from _in_word(item, argument, escape, quotes=True)
    for argument in expanded_documents(item):
        yield from _in_word(item, argument, escape, quotes=False)


def _in_word(item: Instruction, argument: Argument, escape: str, quotes: bool) -> Iterator[Use]:
    for reference in references(argument.value, escape, quotes):
        if reference.operator not in _REQUIRES:
            span = place(item, argument, reference.start, reference.end)
            yield Use(argument, reference, span)


def _declared_before(item: Instruction, name: str, use: Use) -> bool:
    """True where an earlier word of the same ARG declares the name."""
    start = use.argument.span.start
    return any(pair.key.value == name and pair.span.end <= start for pair in item.pairs)


def _cause(
    document: Document, stage: Stage, item: Instruction, name: str, scope: _Scope
) -> tuple[str, str, Instruction | None]:
    for meta in document.meta_args:
        if meta.pair(name):
            return GLOBAL, "", meta
    if name in PLATFORM:
        return AUTOMATIC, "", None
    if name in _SHELL or not (name[0].isalpha() or name[0] == "_"):
        return SHELL, "", None
    own = item.pair(name) if item.keyword in ("ARG", "ENV") else None
    complete = scope.complete
    at = document.index(item)
    for later in stage.instructions:
        if document.index(later) > at and later.keyword in ("ARG", "ENV") and later.pair(name):
            if own or _reads(later, name, document.escape) or (name == "HOME" and not complete):
                break
            return LATER, "", later
    if own is not None and not _reads(item, name, document.escape, only=name):
        return SAME, "", item
    near = _near(name, scope.names | _names(document.meta_args), strict=not complete)
    if near and own is None:
        return NEAR, near, None
    elsewhere = None if own else _elsewhere(document, stage, name)
    return (ELSEWHERE, "", elsewhere) if elsewhere else (NOWHERE, "", None)


def _reads(item: Instruction, name: str, escape: str, only: str = "") -> bool:
    """True where a value that the instruction sets, or that of the key `only`, holds the name."""
    return any(
        reference.name == name
        for pair in item.pairs
        if pair.value is not None and (not only or pair.key.value == only)
        for reference in references(pair.value.value, escape)
    )


def _elsewhere(document: Document, stage: Stage, name: str) -> Instruction | None:
    for other in document.stages:
        if other is not stage:
            for item in other.of("ARG", "ENV"):
                if item.pair(name) and not _reads(item, name, document.escape):
                    return item
    return None


def _names(items: Iterable[Instruction]) -> set[str]:
    return {pair.key.value for item in items for pair in item.pairs}


def nearest(name: str, known: Iterable[str]) -> str:
    """The one known name that `name` is probably a slip for, or ""."""
    return _near(name, known, strict=False)


def _near(name: str, known: Iterable[str], strict: bool) -> str:
    found = [other for other in known if other.isidentifier() and _similar(name, other, strict)]
    same = [other for other in found if other.lower() == name.lower()]
    found = same or found
    return found[0] if len(found) == 1 else ""


def _similar(name: str, other: str, strict: bool) -> bool:
    if name.lower() == other.lower():
        return True
    shorter = min(len(name), len(other))
    limit = 1 if strict or shorter < 12 else 2
    if shorter < 5 or _without_digits(name) == _without_digits(other):
        return False
    return 0 < distance(name, other, limit) <= limit


def _without_digits(name: str) -> str:
    return "".join(char for char in name if not char.isdigit())


def distance(one: str, other: str, limit: int) -> int:
    """Edits between two words: insertions, deletions, changes, swaps of neighbours. What exceeds
    `limit` is given as `limit + 1`.

    >>> distance("POROPY", "POREPY", 2), distance("ab", "ba", 2), distance("abc", "xyz", 2)
    (1, 1, 3)
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)
