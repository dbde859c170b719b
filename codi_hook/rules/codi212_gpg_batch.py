"""gpg without --batch talks to a person who is not there.

Why it matters: gpg's interface without `--batch` is for people: it asks, opens /dev/tty, and may
change between releases. In a build it ends with `cannot open '/dev/tty'` where it would have asked,
on some versions only. The official images therefore give `--batch` to every call.

Which alternative: `--batch` on this call, or on every call of the step at once, which is what the
next reader expects.

Why the fixes are safe: they are offered for calls that fetch, import, verify or list, which print
the same and end with the same status where nothing is asked; where gpg would have asked, a build
without a terminal failed. Calls that make keys read their parameters from another place with
`--batch`, and nothing is reported there.

When to ignore: never in a build that nobody watches.

Evidence: 19 of 1,000 public Dockerfiles (523 findings; 14 of 1,000 written by experts); gpg is
called with `--batch` in most files of official images. Looked at: keys for gosu and for RVM from
a keyserver; a kernel's signature verified by gpg2; Cassandra's and Percona's keys fetched in a
loop beside calls that have `--batch`; Bitcoin's signature.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import has_flag

_GPG = ("gpg", "gpg2")
_NETWORK = (
    *("--recv-keys", "--recv-key", "--recv", "--receive-keys", "--refresh-keys", "--search-keys"),
    *("--verify", "--verify-files", "--import", "--fetch-keys", "--decrypt", "-d"),
)


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands(*_GPG):
        if _lacks(command):
            yield Finding(command.word.span, command)


def _lacks(command: Command) -> bool:
    if command.name not in _GPG or is_json(command):
        return False
    return has_flag(command, *_NETWORK) and not has_flag(command, "--batch", "--no-tty", "--yes")


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    script = finding.document.script(command.instruction)
    nobody = Reason("nobody-there", "a build has no terminal on which gpg could ask")
    yield Candidate(
        "add-batch",
        "Give gpg --batch",
        (insert_option(command, command.word, "--batch"),),
        Applicability.SAFE,
        (nobody, Reason("local", "the option changes nothing where gpg asks nothing")),
    )
    others = [one for one in script.commands if _lacks(one)] if script else []
    if len(others) > 1:
        yield Candidate(
            "add-batch-everywhere",
            "Give every gpg of the step --batch",
            tuple(insert_option(one, one.word, "--batch") for one in others),
            Applicability.SAFE,
            (nobody, Reason("alike", f"the {len(others)} calls of the step then look alike")),
        )


RULE = Rule(
    "CODI212",
    "gpg-batch",
    Severity.INFO,
    "Give gpg --batch in a build",
    check,
    candidates,
    triggers=_GPG,
    local=True,
    templates=(
        "add-batch: safe",
        "add-batch-everywhere: safe",
    ),
)
