"""Package managers that would ask before they install."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codi_hook.model import Applicability, Candidate, Finding, Reason
from codi_hook.recipes.cache_use import last_verb_word
from codi_hook.recipes.installs import insert_option, shown
from codi_hook.recipes.outcome import failure_stops
from codi_hook.shell.managers import Call

_UNNOTICED = Reason("unnoticed", "the step goes on when it fails, so it may never have installed")


def unanswered(calls: Iterable[Call]) -> Iterator[Finding]:
    """A finding at the verb of each call that no option tells to go ahead."""
    for call in calls:
        if call.verb_word and not call.says_yes:
            yield Finding(call.verb_word.span, call)


def add_yes(finding: Finding) -> Iterator[Candidate]:
    """Give the call ``-y``: nothing else changes where a refusal has stopped the build."""
    call: Call = finding.subject
    word = last_verb_word(call) or call.verb_word
    if word is None:
        return
    name = call.command.name
    what = f" for {shown(call.packages)}" if call.packages else ""
    noticed = failure_stops(finding.document.script(call.command.instruction), call.command)
    yield Candidate(
        "add-yes",
        f"Give {name} -y",
        (insert_option(call.command, word, "-y"),),
        Applicability.SAFE if noticed else Applicability.UNSAFE,
        (
            Reason("no-terminal", f"a build has no terminal on which {name} could ask{what}"),
            Reason("local", "the option stands where it is needed and changes nothing else"),
        )
        + (() if noticed else (_UNNOTICED,)),
    )
