"""useradd with a high number and without -l.

Why it matters: useradd makes room for the new user in /var/log/lastlog and /var/log/faillog, at
a place that its number gives. With number 1000000000 the file is some hundred gigabytes of holes,
and a layer does not keep holes: the build runs for hours and the disk is full.

Which alternative: `-l` leaves both files alone. A number below 100000 makes them small.

Why the fix is safe: the two files only say when somebody has logged in last, and how often in vain.
A new user has done neither, so without an entry `lastlog` says the same of it. The account, its
group and its home are made as before.

When to ignore: where an older useradd without that option is used (before 2005).

Evidence: hadolint and this rule agree on all 51 places in 16,167 public Dockerfiles (in 3.2 of
1,000). In all of them the number is a variable, which a caller may set to anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import insert_option
from codi_hook.recipes.pins import advice
from codi_hook.recipes.tools import is_direct
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import flag, has_flag

_LONGEST = 5  # digits of a number that needs little room
_variable = pattern(r"\$(\w+)").sub


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("useradd"):
        if is_direct(command) and not has_flag(command, "-l", "--no-log-init"):
            number = _number(command)
            if number is not None and len(number) > _LONGEST:
                yield Finding(command.word.span, command, f"useradd -u {number} without -l")


def _number(command: Command) -> str | None:
    """The number as written, a variable as ``${x}``; None without one, or with ``--uid``."""
    found = flag(command, "-u")
    if found is None or found.value_word is None:
        return None
    return _variable(r"${\1}", found.value_word.text.replace('"', "").replace("'", ""))


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    number = _number(command) or ""
    size = Reason("may-be-high", f"{number} may be any number that a caller gives")
    if number.isdigit():
        size = Reason("no-holes", f"the files would reach up to the entry of number {number}")
    yield Candidate(
        "no-log-init",
        "Leave lastlog and faillog alone (-l)",
        (insert_option(command, command.word, "-l"),),
        Applicability.SAFE,
        (Reason("small-layer", "no huge lastlog and faillog get into the layer"), size),
    )
    yield advice(
        "lower-number",
        "Use a number below 100000",
        ("small-files", "the files then have a few megabytes at most"),
        ("other-owner", f"files that belong to {number} outside the image do not follow"),
    )


RULE = Rule(
    "DL3046",
    "useradd-no-log-init",
    Severity.WARNING,
    "useradd with a high number needs -l",
    check,
    candidates,
    triggers=("useradd",),
    reads=("RUN",),
    local=True,
    templates=(
        "no-log-init: safe",
        "lower-number: display",
    ),
)
