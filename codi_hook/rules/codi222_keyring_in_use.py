"""A keyring is removed while gpg's agents still use it.

Why it matters: gpg 2 starts gpg-agent and dirmngr, which keep their sockets in the keyring's
folder and remove them when they notice that it goes away. `rm -r "$GNUPGHOME"` lists the sockets,
the agent deletes one, rm cannot find it, and the build fails; sometimes, and on another machine
next time.

Which alternative: `gpgconf --kill all` ends the agents first; the official images do that. Images
with gpg 1 have no gpgconf, so the second form asks for it. `rm -rf` takes no offence at a file that
is gone, and leaves the agents to end by themselves.

Why `-f` is safe: it changes nothing but the exit status where a file has gone. gpgconf ends only
the agents of this keyring, which the step is about to remove, but has to be there: `unsafe`.

When to ignore: with gpg 1 only, which has no agents.

Evidence: 4 of 1,000 public Dockerfiles (75 findings; 4 of 1,000 written by experts). In the
history of 21 expert repositories `gpgconf --kill` was added in 10 commits of 6 of them. Looked
at: gosu in five images of one template; Percona's and MySQL's keys; ZooKeeper's archive;
Python's; nginx's. All of them fetch a key first, which starts dirmngr and, with gpg 2.1, the
agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

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
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import is_json
from codi_hook.recipes.scripts import editable, joiner
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import has_flag
from codi_hook.source import Span

_ENDS = frozenset({"gpgconf", "pkill", "killall", "kill", "gpg-connect-agent"})
_short = pattern(r"-[a-zA-Z]+\Z").match
_ASK = "{ command -v gpgconf > /dev/null && gpgconf --kill all || :; }"


def check(document: Document) -> Iterator[Finding]:
    for script in document.scripts():
        if script.names.isdisjoint(("gpg", "gpg2")) or "rm" not in script.names:
            continue
        if not script.names.isdisjoint(_ENDS) or not editable(script):
            continue
        used = [one.position for one in script.commands if one.name in ("gpg", "gpg2")]
        for command in script.commands:
            keyring = any("GNUPGHOME" in word.text for word in command.args)
            if command.name != "rm" or not keyring or command.position < used[0]:
                continue
            if not has_flag(command, "-f", "--force") and "||" not in (command.after,):
                yield Finding(command.word.span, (script, command))


def candidates(finding: Finding) -> Iterator[Candidate]:
    script: Script
    command: Command
    script, command = finding.subject
    race = Reason("race", "an agent may delete its socket between rm's listing and its deleting")
    option = next((word for word in command.args if _short(word.text)), None)
    if option is not None and not is_json(command):
        at = option.span.end
        yield Candidate(
            "force",
            "Let rm pass over what is gone already (-f)",
            (Edit(Span(at, at), "f"),),
            Applicability.SAFE,
            (race, Reason("same-result", "the folder is gone afterwards in either case")),
        )
    at = command.span.start
    join = _joined(script, command)
    for key, title, text, reason in _WAYS:
        if not command.context:
            yield Candidate(
                key,
                title,
                (Edit(Span(at, at), text + join),),
                Applicability.UNSAFE,
                (race, reason),
            )


def _joined(script: Script, command: Command) -> str:
    """How the list joins the command to the one before it."""
    statements = script.statements
    for left, right in pairwise(statements):
        if right.commands[:1] == (command,):
            gap = script.instruction.source.text(Span(left.span.end, right.span.start))
            if not gap.strip(" \t\r\n\\`;&"):
                return gap
    return joiner(script)


_WAYS = (
    (
        "end-agents",
        "End the agents first (gpgconf --kill all)",
        "gpgconf --kill all",
        Reason("clean", "no process is left that uses the keyring"),
    ),
    (
        "end-agents-if-any",
        "End the agents first, where gpgconf is there",
        _ASK,
        Reason("gpg-1", "an image with gpg 1 has no gpgconf and needs none"),
    ),
)


RULE = Rule(
    "CODI222",
    "keyring-in-use",
    Severity.INFO,
    "End gpg's agents before their keyring is removed",
    check,
    candidates,
    triggers=("gpg", "gpg2"),
    reads=("rm", *sorted(_ENDS)),
    local=True,
    templates=(
        "force: safe",
        "end-agents: unsafe",
        "end-agents-if-any: unsafe",
    ),
)
