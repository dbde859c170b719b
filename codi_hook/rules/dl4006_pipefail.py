"""A pipe whose first command may fail unnoticed.

Why it matters: a shell reports the status of a pipe's last command. `wget … | tar x` goes on
after a download that broke off, as long as tar is content with what it got, and the image is
built with a part missing.

Which alternative: a SHELL instruction holds for the rest of the stage, and other linters
understand it. Where the shell is BusyBox's (Alpine) or bash already, `set -o pipefail` in the
step itself is enough and changes nothing else; dash, which is /bin/sh on Debian and Ubuntu,
does not know the option. Where only one step has a pipe, the SHELL can be set back behind it.

Why the fixes are unsafe: a build that used to swallow a failure now stops, and a command that
closes its input early (`yes | …`, `… | head`) makes the command before it fail.
On Alpine, SHELL with ash is only shown where a step that it reaches has `echo -e`: BusyBox knows
it, but hadolint judges ash as if it were dash, and would report each as an error from then on. The
option in a step of /bin/sh is only shown, too: ShellCheck takes that shell for POSIX's (SC3040).

When to ignore: where the failure of the first command is of no interest.

Evidence: in 255.3 of 1,000 public Dockerfiles. hadolint and this rule agree on 5,418 places in
16,167 public Dockerfiles. hadolint reports 629 others, 614 of them steps that set pipefail
themselves, which it does not see.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
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
from codi_hook.recipes.facts import ALPINE, DEBIAN, RHEL, SUSE, family
from codi_hook.recipes.instructions import exec_form, insert_after, insert_before, replace_body
from codi_hook.recipes.scripts import prepend_command
from codi_hook.shell.ast import Pipeline

_SUPPORTS = frozenset({"bash", "ash", "zsh", "ksh"})
_SHELLS = {
    ALPINE: ["/bin/ash", "-o", "pipefail", "-c"],
    DEBIAN: ["/bin/bash", "-o", "pipefail", "-c"],
    RHEL: ["/bin/bash", "-o", "pipefail", "-c"],
    SUSE: ["/bin/bash", "-o", "pipefail", "-c"],
}


def check(document: Document) -> Iterator[Finding]:
    for item in document.instructions:
        pipe = _unguarded(document, item) if item.keyword == "RUN" else None
        if pipe is not None:
            message = f"The status of {_name(pipe)} is lost in a pipe without pipefail"
            yield Finding(pipe.span, (item, pipe), message)


def _unguarded(document: Document, item: Instruction) -> Pipeline | None:
    """The first pipe that neither SHELL nor the script itself has set pipefail for. What a
    shell called by name (``sh -c '…'``) does is its own affair."""
    script = document.script(item) if item.form != "json" else None
    if script is None or not script.pipelines:
        return None
    if script.dialect in _SUPPORTS and "pipefail" in document.shell_of(item):
        return None
    pipes = [p for p in script.pipelines if all("sh -c" not in c.context for c in p.commands)]
    settings = [
        command.span.start
        for command in script.commands
        if command.name == "set" and any(word.text == "pipefail" for word in command.args)
    ]
    if not pipes or (settings and settings[0] < pipes[0].span.start):
        return None
    return pipes[0]


def _name(pipe: Pipeline) -> str:
    """The command whose failure the pipe hides."""
    return pipe.commands[0].name if pipe.commands and pipe.commands[0].name else "its first part"


def candidates(finding: Finding) -> Iterator[Candidate]:
    document = finding.document
    item, pipe = finding.subject
    script, stage = document.script(item), document.stage_of(item)
    if script is None or stage is None:
        return
    known = family(document, stage)
    lost = Reason("status-lost", f"without it the build goes on when {_name(pipe)} fails")
    current = document.shell_of(item)
    standard = script.dialect in ("sh", "dash")
    shell = _SHELLS.get(known or "") if standard else _with(current)
    if shell is not None:
        yield _for_the_stage(document, stage, item, shell, lost)
    if script.dialect in ("bash", "ash", "zsh") or known == ALPINE:
        edit = prepend_command(script, "set -o pipefail")
        if edit is not None:
            # Who takes every sh for POSIX's reports the option then (SC3040).
            level = Applicability.DISPLAY if standard else Applicability.UNSAFE
            reasons = (lost, Reason("this-step", "nothing but this step changes"))
            title = "Set pipefail in this step"
            yield Candidate("set-pipefail", title, (edit,), level, reasons)
    if shell is not None:
        line, back = f"SHELL {exec_form(shell)}", f"SHELL {exec_form(list(current))}"
        yield Candidate(
            "shell-pipefail-here",
            f"Run this step with {shell[0]} and pipefail, the next ones as before",
            (insert_before(item, line), insert_after(item, back)),
            Applicability.DISPLAY
            if shell[0] == "/bin/ash" and _has_flags_of_echo(document, item)
            else Applicability.UNSAFE,
            (lost, Reason("restored", f"the steps behind it keep {current[0]}")),
        )


def _flags_of_echo(document: Document, stage: Stage, first: Instruction) -> bool:
    """True where a RUN that a SHELL ahead of `first` reaches has echo with other options than -n:
    linters that take ash for dash, which prints them, say so once they know the shell."""
    for item in stage.instructions[stage.instructions.index(first) :]:
        if item.keyword == "SHELL" and item is not first:
            return False
        if item.keyword == "RUN" and _has_flags_of_echo(document, item):
            return True
    return False


def _has_flags_of_echo(document: Document, item: Instruction) -> bool:
    script = document.script(item)
    for command in script.commands if script else ():
        options = command.args[0].text if command.name == "echo" and command.args else ""
        if options[:1] == "-" and options != "-n" and options[1:2].isalpha():
            return True
    return False


def _for_the_stage(
    document: Document, stage: Stage, item: Instruction, shell: list[str], lost: Reason
) -> Candidate:
    first = _first(document, stage, item)
    echoes = shell[0] == "/bin/ash" and _flags_of_echo(document, stage, first)
    return Candidate(
        "shell-pipefail",
        f"Run the steps from here on with {shell[0]} and pipefail",
        (_stage_shell(document, stage, item, shell),),
        Applicability.DISPLAY if echoes else Applicability.UNSAFE,
        (
            lost,
            Reason("whole-stage", "every later pipe of the stage is covered too"),
            Reason("same-shell", f"{shell[0]} then also runs a CMD or ENTRYPOINT in shell form"),
        ),
    )


def _with(current: tuple[str, ...]) -> list[str] | None:
    """The SHELL in effect with pipefail put in front of its last option, `-c`."""
    if len(current) < 2 or not current[-1].startswith("-"):
        return None
    return [*current[:-1], "-o", "pipefail", current[-1]]


def _stage_shell(document: Document, stage: Stage, item: Instruction, shell: list[str]) -> Edit:
    """Widen the SHELL in effect, or put one before the first step that needs it, so that the
    findings of one stage all ask for the same edit."""
    first = _first(document, stage, item)
    if first.keyword == "SHELL":
        return replace_body(first, exec_form(shell))
    return insert_before(first, f"SHELL {exec_form(shell)}")


def _first(document: Document, stage: Stage, item: Instruction) -> Instruction:
    """The SHELL in effect, or else the first step of the stage with such a pipe."""
    first = item
    for other in reversed(stage.instructions[: stage.instructions.index(item)]):
        if other.keyword == "SHELL":
            return other
        if other.keyword == "RUN" and _unguarded(document, other):
            first = other
    return first


RULE = Rule(
    "DL4006",
    "pipefail",
    Severity.WARNING,
    "Set pipefail before a RUN with a pipe in it",
    check,
    candidates,
    triggers=("RUN",),
    local=True,
    templates=(
        "shell-pipefail: unsafe, display",
        "shell-pipefail-here: unsafe, display",
        "set-pipefail: unsafe, display",
    ),
)
