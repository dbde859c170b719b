"""wget and curl in one stage.

Why it matters: both fetch a URL. Each of them is a package more in the image, with libraries of
its own, and a reader has to know the habits of both.

Which alternative: keep the one that the stage installs anyway, or that the base image brings.
Every call of the other in the stage is rewritten, because one that is left keeps the package.
A call is only rewritten where each of its options has an exact counterpart.

Why the fixes are unsafe: the programs differ in what they do about redirects, proxies, retries
and timestamps. The package of the other is not taken off the install list.

When to ignore: where an option is needed that only one of them has.

Evidence: in 58.3 of 1,000 public Dockerfiles. hadolint and this rule agree on all 1,427 places
that hadolint reports in 16,167 public Dockerfiles; this rule has 10 more, where sudo, a shell by
name or a path runs the other tool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.downloads import as_curl, as_wget
from codi_hook.recipes.pins import advice
from codi_hook.recipes.tools import installed_before
from codi_hook.shell.ast import Command
from codi_hook.source import Span

_TOOLS = ("curl", "wget")
_Translate = Callable[[Command], str | None]


def _calls(document: Document, stage_index: int) -> list[Command]:
    found = []
    for command in document.commands(*_TOOLS):
        stage = document.stage_of(command.instruction)
        if stage is not None and stage.index == stage_index and command.word.value:
            found.append(command)
    return found


def check(document: Document) -> Iterator[Finding]:
    """The second tool where it appears, and each step with either from there on."""
    if not document.names.issuperset(_TOOLS):
        return
    seen: dict[int, set[str]] = {}
    reported: set[int] = set()
    for command in document.commands(*_TOOLS):
        stage = document.stage_of(command.instruction)
        if stage is None or document.is_trigger(command.instruction):
            continue
        seen.setdefault(stage.index, set()).add(command.name)
        if len(seen[stage.index]) == 2 and id(command.instruction) not in reported:
            reported.add(id(command.instruction))
            yield Finding(command.word.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    stage = finding.document.stage_of(command.instruction)
    calls = _calls(finding.document, stage.index if stage else -1)
    yield from _all_with(finding.document, calls, "curl", "wget", as_curl)
    yield from _all_with(finding.document, calls, "wget", "curl", as_wget)
    kept = [one for one in calls if (as_curl if one.name == "wget" else as_wget)(one) is None]
    if kept:
        line = finding.document.source.line(kept[0].span.start)
        yield advice(
            "choose-by-hand",
            f"Choose one: what {kept[0].name} does in line {line} is to be rewritten by hand",
            ("no-counterpart", f"not all of what line {line} says has an exact counterpart"),
            ("one-tool", "the other can then leave the list of packages"),
        )


def _all_with(
    document: Document, calls: list[Command], keep: str, other: str, translate: _Translate
) -> Iterator[Candidate]:
    """The stage with `keep` alone, if all calls of `other` have a counterpart."""
    old = [command for command in calls if command.name == other]
    texts = [translate(command) for command in old]
    if not old or not all(texts) or not _present(document, calls, old[0], keep):
        return
    count = "its one call" if len(old) == 1 else f"its {len(old)} calls"
    yield Candidate(
        f"{keep}-for-{other}",
        f"Fetch with {keep} alone",
        tuple(
            Edit(Span(command.word.span.start, command.words[-1].span.end), text)
            for command, text in zip(old, texts, strict=True)
            if text is not None
        ),
        Applicability.UNSAFE,
        (
            Reason("one-tool", f"the stage then needs {keep} alone, and {other} can go"),
            Reason("exact", f"every option of {other} in {count} has a counterpart in {keep}"),
        ),
    )


def _present(document: Document, calls: list[Command], first: Command, tool: str) -> bool:
    """True where `tool` can be counted on at `first`: it ran or was installed before."""
    earlier = any(c.name == tool and c.span.start < first.span.start for c in calls)
    return earlier or installed_before(document, first, tool)


RULE = Rule(
    "DL4001",
    "wget-and-curl",
    Severity.WARNING,
    "Use either wget or curl in a stage, not both",
    check,
    candidates,
    triggers=_TOOLS,
    templates=(
        "curl-for-wget: unsafe",
        "wget-for-curl: unsafe",
        "choose-by-hand: display",
    ),
)
