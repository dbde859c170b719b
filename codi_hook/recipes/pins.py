"""Versions of packages: what counts as pinned is the rules' affair, what a file offers is here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from codi_hook.model import Applicability, Candidate, Document, Edit, Finding, Reason
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import is_json, one_line, shown
from codi_hook.recipes.layers import environment
from codi_hook.shell.ast import Word
from codi_hook.shell.managers import Call

_name = pattern(r"[A-Za-z][A-Za-z0-9._-]*\Z").match


def text_of(word: Word) -> str:
    """The word without its quotes; expansions stay as they are written."""
    return word.text.replace('"', "").replace("'", "") if word.value is None else word.value


def without_version(
    calls: Iterable[Call], pinned: Callable[[Call, Word], bool]
) -> Iterator[Finding]:
    """A finding for each call that names packages, or sources, which are not pinned."""
    for call in calls:
        words = [word for word in (*call.packages, *call.sources) if not pinned(call, word)]
        if words:
            yield Finding(words[0].span, (call, words), f"No version for {named(words)}")


def subject(finding: Finding) -> tuple[Call, list[Word]]:
    """What `without_version` found: the call and its words that have no version."""
    call, words = finding.subject
    return call, words


def named(words: list[Word]) -> str:
    """The words for a reason, on one line."""
    return one_line(shown(words))


def by_hand(words: list[Word], operator: str, *reasons: tuple[str, str]) -> Candidate:
    """Advice to write the version behind each name; `reasons` say how to find it, and its cost."""
    first = one_line(text_of(words[0]))
    return advice(
        "pin-versions",
        f"Give each package a version: {first}{operator}…",
        ("exact", f"the version of {named(words)} then stands in the file and in its history"),
        *reasons,
    )


def ignore_here(finding: Finding, because: str) -> Candidate:
    """Advice for those who want the newest packages: an inline ignore that says why."""
    _call, words = subject(finding)
    code = finding.rule.code
    return advice(
        "ignore-here",
        f"Keep them as they are and say why: # hadolint ignore={code} # {because}",
        ("decided", f"a reader then sees that {named(words)} is left open on purpose"),
        ("this-step-only", f"{code} still speaks of every other step"),
    )


def unpinned_by_apt(call: Call) -> list[Word]:
    """Operands without a version. With ``=`` there is one, with ``/`` it is a release or a file,
    and ``name-`` is taken away."""
    return [
        word
        for word in (*call.packages, *call.sources)
        if not ("=" in (text := text_of(word)) or "/" in text or text.endswith((".deb", "-")))
    ]


def version_variable(document: Document, call: Call, word: Word) -> str | None:
    """NAME_VERSION, where the stage has set it for the package that `word` names."""
    quotes_elsewhere = is_json(call.command) or "sh -c" in call.command.context
    if quotes_elsewhere or _name(word.text) is None:
        return None
    variable = re.sub(r"[^A-Z0-9]", "_", word.text.upper()) + "_VERSION"
    return variable if environment(document, call.command.instruction).get(variable) else None


def from_variables(
    document: Document, call: Call, words: list[Word], operator: str
) -> Iterator[Candidate]:
    """Pin the packages for which the file already has a version in a variable; only where that
    is all of them, for the finding would stay otherwise."""
    variables = [version_variable(document, call, word) for word in words]
    if not all(variables):
        return
    names = ", ".join(str(variable) for variable in variables)
    yield Candidate(
        "pin-to-variable",
        f"Pin to the version that {names} holds",
        tuple(
            Edit(word.span, f'"{word.text}{operator}${{{variable}}}"')
            for word, variable in zip(words, variables, strict=True)
        ),
        Applicability.UNSAFE,
        (
            Reason("already-known", f"the file already keeps the version of it in {names}"),
            Reason("one-place", f"an update is then a change of {names} and of nothing else"),
        ),
    )


def advice(identity: str, title: str, *reasons: tuple[str, str]) -> Candidate:
    """A candidate for a person: the version cannot be known from the file."""
    return Candidate(
        identity,
        title,
        (),
        Applicability.DISPLAY,
        tuple(Reason(key, text) for key, text in reasons),
    )
