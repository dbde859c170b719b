"""A password is written in a step.

Why it matters: `echo user:password | chpasswd` puts the password into the image's history, where
whoever can pull the image can read it, and gives every container the same one. With a daemon like
sshd in the image it is an open door.

Which alternative: without a password the account is locked, which is right for a container that
nobody logs in to, and for one that is entered with keys. Where there has to be one, a secret mount
hands it to the step without leaving a trace in the history; it needs BuildKit and a `--secret` at
the build. A hash (`chpasswd -e`) at least keeps the text out; it has to be made by somebody who
knows the password, so that is only shown.

Why the fixes are unsafe: they take away or change a password by which somebody may log in.

When to ignore: in an image for tests that never leaves the machine.

Evidence: 10 of 1,000 public Dockerfiles (178 findings; 4 of 1,000 written by experts). Looked at:
root's password, which is root, password or changeme, in three images that permit root to log in
by sshd; an admin who may use sudo without a password; the account docker with itself as the
password. In one of them the comment says to change it.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from codi_hook.recipes.instructions import add_flag, delete
from codi_hook.recipes.mounts import builder_reason, mountable
from codi_hook.recipes.scripts import editable
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import has_flag
from codi_hook.source import Span

_pair = pattern(r"[\"']?([A-Za-z_][\w-]*):([^\s\"'$:]+)(?:\\n)?[\"']?\Z").match
_SECRET = "/run/secrets/passwords"


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("chpasswd"):
        pipe = command.pipeline
        if pipe is None or len(pipe.commands) != 2 or has_flag(command, "-e", "--encrypted"):
            continue
        first = pipe.commands[0]
        words = [word for word in first.args if not word.text.startswith("-")]
        match = _pair(words[0].text) if len(words) == 1 else None
        if first.name in ("echo", "printf") and match:
            message = f"The password of {match[1]} can be read in the image's history"
            yield Finding(words[0].span, (command, match[1]), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command
    command, user = finding.subject
    document, item = finding.document, command.instruction
    script, pipe = document.script(item), command.pipeline
    if script is None or pipe is None:
        return
    everybody = Reason("everybody", "everybody who can pull the image can read the password")
    removal = _removal(document, script, pipe.span)
    if removal is not None:
        yield Candidate(
            "no-password",
            f"Set no password, so that {user} cannot log in with one",
            (removal,),
            Applicability.UNSAFE,
            (everybody, Reason("locked", f"{user} can still be used by USER, su and keys")),
        )
    if mountable(document) and editable(script) and "sh -c" not in command.context:
        yield Candidate(
            "secret-mount",
            "Read the password from a secret mount",
            (
                add_flag(item, "--mount=type=secret,id=passwords"),
                Edit(pipe.span, f"chpasswd < {_SECRET}"),
            ),
            Applicability.UNSAFE,
            (
                everybody,
                Reason("at-build", "the build is given the password with --secret id=passwords"),
                builder_reason(document),
            ),
        )
    yield Candidate(
        "hash",
        "Set a hash of the password (chpasswd -e)",
        (),
        Applicability.DISPLAY,
        (Reason("no-text", "the history then shows the hash and not the password"),),
    )


def _removal(document: Document, script: Script, span: Span) -> Edit | None:
    """Take the statement out of a chain of ``&&``, or the instruction that is nothing else."""
    statements = script.statements
    index = next((at for at, one in enumerate(statements) if one.span == span), None)
    if index is None or not editable(script):
        return None
    if len(statements) == 1:
        alone = not script.instruction.heredocs and not document.is_trigger(script.instruction)
        return delete(script.instruction) if alone and not _parts_runs(document, script) else None
    if index and statements[index - 1].operator == "&&":
        return Edit(Span(statements[index - 1].span.end, span.end), "")
    if not index and statements[0].operator == "&&":
        return Edit(Span(span.start, statements[1].span.start), "")
    return None


def _parts_runs(document: Document, script: Script) -> bool:
    """True between two other RUNs, which would then follow each other."""
    at = document.index(script.instruction)
    around = document.instructions[max(at - 1, 0) : at + 2 : 2]
    return len(around) == 2 and all(item.keyword == "RUN" for item in around)


RULE = Rule(
    "CODI224",
    "password-in-step",
    Severity.WARNING,
    "Write no password into a step",
    check,
    candidates,
    triggers=("chpasswd",),
    local=True,
    security=True,
    templates=(
        "no-password: unsafe",
        "secret-mount: unsafe",
        "hash: display",
    ),
)
