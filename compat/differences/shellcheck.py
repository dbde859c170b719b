"""ShellCheck's codes: which script it is given, in which dialect, with which variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from compat.differences.base import BOTH, THEIRS, Place, difference
from compat.differences.places import inner

_variable = re.compile(r"\$\{?(\w+)").findall
_POSIX = ("sh", "bash", "dash", "ash", "ksh")


@difference(
    "SC",
    reported_by=THEIRS,
    example=(
        "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
        "RUN powershell -Command $x = 'a'; if ($x) { echo b }\n"
    ),
)
def script_of_windows(place: Place) -> bool:
    """cmd or PowerShell runs the steps of a Windows image; hadolint reads them as POSIX shell, and
    reports what is no error there."""
    return place.document.dialect(inner(place)) in ("cmd", "powershell", "opaque")


@difference(
    "SC1008 SC1071",
    reported_by=THEIRS,
    example='FROM debian:12\nSHELL ["/bin/zsh", "-c"]\nRUN echo a\n',
)
def shell_that_nobody_checks(place: Place) -> bool:
    """ShellCheck does not know the shell (zsh, fish); that is no mistake of every RUN."""
    return place.document.dialect(inner(place)) not in _POSIX


@difference(
    "SC2239 SC1008 SC1071",
    reported_by=THEIRS,
    example='FROM debian:12\nSHELL ["bash", "-c"]\nRUN echo a\n',
)
def first_line_of_its_own(place: Place) -> bool:
    """hadolint puts the words of SHELL behind a `#!` and then reports that this line, which no
    RUN has, names no absolute path."""
    asked = any(re.match(r"hadolint\s+shell", c.text) for c in place.document.comments)
    return asked or not place.document.shell_of(inner(place))[0].startswith("/")


@difference(
    "SC",
    reported_by=BOTH,
    example='FROM debian:12\nSHELL ["/bin/bash", "-c"]\nENV a=1\nRUN source x\n',
)
def shell_kept_behind_env(place: Place) -> bool:
    """SHELL holds for all that follows in the stage. hadolint forgets it at the next ENV or ARG,
    reads the script as sh, and reports what bash understands."""
    shell = False
    for item in _before(place):
        if item.keyword == "SHELL" or any("shell" in c.text for c in item.leading):
            shell = True
        elif shell and item.keyword in ("ENV", "ARG"):
            return True
    return False


def _before(place: Place) -> Iterator[Instruction]:
    """What has an effect on the instruction: the stages it is built on, then its own."""
    stage = place.document.stage_of(inner(place))
    for member in reversed(list(stage.lineage())) if stage else ():
        for item in member.instructions:
            if item is place.instruction:
                return
            yield item


@difference("SC", reported_by=BOTH, example="FROM debian:12\nENV A=a\\\n    B=b\nRUN rm $B\n")
def variables_of_a_continued_env(place: Place) -> bool:
    """hadolint loses variables of an ENV that is continued right behind a value, and then reports
    the steps that use them; which variables are set is for BuildKit to say."""
    continued = re.compile(r"[^\s\\]\\[ \t]*\n").search
    return any(
        item.keyword in ("ENV", "ARG") and (continued(item.text) or "BASH_SOURCE" in item.text)
        for item in _before(place)
    )


@difference("SC", reported_by=BOTH, example="FROM debian:12\nENV a=1\nONBUILD RUN rm $a\n")
def variable_of_the_image_in_onbuild(place: Place) -> bool:
    """What ENV sets is in the image, and so has a value where ONBUILD RUN runs. (Of several
    findings in a step hadolint reports the last, so that another one may take its place.)"""
    names = {p.key.value for i in _before(place) if i.keyword == "ENV" for p in i.pairs}
    used = set(_variable(place.instruction.text))
    return place.instruction.keyword == "ONBUILD" and not names.isdisjoint(used)


@difference("SC", reported_by=BOTH, example="FROM debian:12\nENV A:-$(b c) d\nRUN echo a\n")
def name_that_is_no_variable(place: Place) -> bool:
    """No shell can read a variable of such a name, so ENV or ARG with it changes nothing for the
    steps behind it; hadolint writes it into their scripts and reports every one."""
    odd = re.compile(r"[^\w'\"]").search
    return any(
        item.keyword in ("ENV", "ARG") and any(odd(pair.key.value) for pair in item.pairs)
        for item in _before(place)
    )
