"""DEBIAN_FRONTEND stays set in the image.

Why it matters: ENV holds for the containers and for every image built on this one, not for the
build alone. Whoever installs a package there by hand is never asked anything, and wonders why.
Debian's and Docker's own advice is to set it for the one command.

Which alternative: ARG gives it to every step of the build and ends with it. In front of the command
it says where it is needed. Where no step behind it configures a package, the line can go.

Why the fixes are unsafe: the variable is then not in the image any more, which is the point, and a
script or an image that counts on it may be asked a question. ARG does not reach a stage in another
file that is built on this one.

No finding where a later ENV sets it to something else, nor in a stage that is no part of the image.

When to ignore: in a base image whose users are meant to inherit it.

Evidence: in 871 of 16,073 public Dockerfiles (54 of 1,000; 11 of 1,000 of the curated ones).
Looked at: set for one RUN on ubuntu:18.04 with three installs (right; in front of each); set on a
node image and used by no step (right; it can go); set beside HOME in one ENV of an Alpine image,
which has no apt at all (right; it can go); set for a tomcat that is unpacked, so as not to install
it by apt (right; it can go); set once in a build stage and once in the last one (right: the last
one alone is reported).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Pair
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
from codi_hook.recipes.facts import final_stage
from codi_hook.recipes.installs import is_json
from codi_hook.recipes.instructions import cased, insert_before, without_pair
from codi_hook.recipes.layers import is_unknown, later_runs
from codi_hook.recipes.values import unquoted
from codi_hook.shell.ast import Command
from codi_hook.shell.managers import call
from codi_hook.source import Span

NAME = "DEBIAN_FRONTEND"
_ASKS = frozenset({"dpkg", "dpkg-reconfigure", "tasksel", "gdebi"})
_ACTIONS = frozenset({"install", "remove", "upgrade", "dist-upgrade"})
_SILENT = frozenset({"noninteractive", "non-interactive"})
_SEVERAL = 6  # commands, beyond which a variable in front of each is no help to a reader


def check(document: Document) -> Iterator[Finding]:
    stage = final_stage(document)
    last: tuple[Instruction, Pair] | None = None
    for member in reversed(list(stage.lineage()) if stage else []):
        for item in member.of("ENV"):
            pair = item.pair(NAME)
            if pair is not None:
                last = (item, pair)
    if last and last[1].value and unquoted(last[1].value.value).lower() in _SILENT:
        yield Finding(last[1].span, last)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, pair = finding.subject
    document = finding.document
    stage = document.stage_of(item)
    if stage is None or pair.value is None:
        return
    ends = Reason("ends-with-build", "the image and those built on it do not inherit it")
    runs = list(later_runs(document, item))
    scripts = [script for run in runs if (script := document.script(run))]
    asking = [c for script in scripts for c in script.commands if _asks(c)]
    if not asking and not any(map(is_unknown, scripts)):
        yield _candidate(
            "drop-frontend",
            f"Take {NAME} out",
            (without_pair(item, pair),),
            Reason("unused", "no later step of the file configures a package"),
            ends,
        )
        return
    yield _candidate(
        "use-arg",
        f"Set {NAME} with ARG",
        _as_arg(item, pair),
        ends,
        Reason("same-steps", "every step behind it still sees the value"),
    )
    known = not any(map(is_unknown, scripts))
    if 0 < len(asking) <= _SEVERAL and all(map(_plain, asking)) and known:
        count = "the one command that asks" if len(asking) == 1 else f"the {len(asking)} commands"
        yield _candidate(
            "for-each-command",
            f"Set {NAME} in front of {count}",
            (without_pair(item, pair), *(_in_front(one, pair) for one in asking)),
            Reason("where-needed", f"{asking[0].name} shows by itself that it asks nothing"),
            ends,
        )


def _asks(command: Command) -> bool:
    """True for what configures packages; an update or a clean asks nothing."""
    found = call(command)
    if found is not None and found.manager.family == "apt":
        return found.action in _ACTIONS
    return command.name in _ASKS


def _plain(command: Command) -> bool:
    return not is_json(command) and command.wrapper is None and command.word.value is not None


def _in_front(command: Command, pair: Pair) -> Edit:
    start = command.word.span.start
    value = unquoted(pair.value.value) if pair.value else ""
    return Edit(Span(start, start), f"{NAME}={value} ")


def _as_arg(item: Instruction, pair: Pair) -> tuple[Edit, ...]:
    value = unquoted(pair.value.value) if pair.value else ""
    text = f"{cased(item, 'ARG')} {NAME}={value}"
    if len(item.pairs) == 1:
        return (Edit(Span(item.keyword_span.start, item.body_span.end), text),)
    return (insert_before(item, text), without_pair(item, pair))


def _candidate(key: str, title: str, edits: tuple[Edit, ...], *reasons: Reason) -> Candidate:
    return Candidate(key, title, edits, Applicability.UNSAFE, reasons)


RULE = Rule(
    "CODI017",
    "frontend-in-env",
    Severity.INFO,
    "DEBIAN_FRONTEND stays set in the image",
    check,
    candidates,
    triggers=("ENV",),
    templates=(
        "use-arg: unsafe",
        "for-each-command: unsafe",
        "drop-frontend: unsafe",
    ),
)
