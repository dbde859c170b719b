"""A command that makes no sense in a build.

Why it matters: a RUN has no terminal, no init system and nobody who looks at it, and every process
that it starts ends with it. `service apache2 start` starts nothing that the container will have,
`ssh` finds no keys, `vim` no keyboard, `free` and `top` show the machine that builds.

Which alternative: a service is started where the container starts, by ENTRYPOINT or CMD. What was
meant to try something out can go. Where the commands after it in the same step need the service
(a database that is filled, for example) the line is right: say so with an ignore.

Why the fixes are safe or unsafe: `ps` and `free` only print, so taking one out that neither a
pipe nor a redirect reads leaves the same files: safe. An init script may write
keys, logs or an empty database when it starts something: taking that out is `unsafe`, and only
shown where later commands of the step may need what it started.

When to ignore: where the service is needed by the same step and stopped in it.

Evidence: hadolint and this rule agree on all of the 115 places in 16,167 public Dockerfiles (in
5.9 of 1,000 files); 118 of the 135 commands there are `service`.
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
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.pins import advice
from codi_hook.recipes.scripts import remove_command
from codi_hook.recipes.tools import is_direct
from codi_hook.shell.ast import Command, Script

_NAMES = ("free", "kill", "mount", "ps", "service", "shutdown", "ssh", "top", "vim")
_PRINT_ONLY = frozenset({"free", "ps"})
_STARTS = frozenset({"start", "restart", "reload", "force-reload"})
# What to do instead: id, title, reasons.
_INSTEAD = {
    "kill": (
        "stop-by-itself",
        "Let what the step starts end by itself, or with timeout",
        ("ends-anyway", "every process of a step ends with the step"),
    ),
    "mount": (
        "run-mount",
        "Mount with RUN --mount=type=bind, cache or tmpfs",
        ("no-rights", "a build has no right to mount, but BuildKit mounts for it"),
    ),
    "shutdown": (
        "ends-by-itself",
        "Let the step end by itself",
        ("no-init", "nothing in a build could be shut down: no init runs in it"),
    ),
    "ssh": (
        "mount-ssh",
        "Give the step the keys that it needs with RUN --mount=type=ssh",
        ("no-keys", "a build has neither keys nor an agent, but BuildKit can lend it the agent"),
    ),
    "top": (
        "look-outside",
        "Look at the build machine from outside the build",
        ("no-terminal", "top draws on a terminal, and a build has none"),
    ),
    "vim": (
        "edit-by-script",
        "Change files with sed or COPY them in, fetch plugins with git",
        ("no-keyboard", "an editor waits for keys that nobody presses"),
    ),
}  # fmt: skip


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands(*_NAMES):
        if is_direct(command):
            name = command.name
            yield Finding(command.word.span, command, f"{name} makes no sense in a build")


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    script = finding.document.script(command.instruction)
    if script is not None:
        yield from _removal(script, command)
    name = command.name
    if name in _INSTEAD:
        yield advice(*_INSTEAD[name])
    if name == "service":
        yield from _service(command)


def _service(command: Command) -> Iterator[Candidate]:
    if _verb(command) in _STARTS:
        what = command.args[0].text
        yield advice(
            "start-with-container",
            f"Start {what} where the container starts, by ENTRYPOINT or CMD",
            ("runs-then", f"{what} then runs in the container, and not in this step alone"),
            ("in-front", "started in the foreground it gets signals, and its end is noticed"),
        )
    yield advice(
        "keep-for-step",
        "Keep it, and say with an ignore which command of the step needs it",
        ("needed-here", "a step may need a service for as long as it runs"),
    )


def _removal(script: Script, command: Command) -> Iterator[Candidate]:
    edit = _edit(script, command)
    if edit is None:
        return
    ends = Reason("ends-with-step", "every process that the step starts ends with the step")
    if command.name in _PRINT_ONLY:
        level = Applicability.UNSAFE if command.redirects else Applicability.SAFE
        ends = Reason("prints-only", f"{command.name} prints to the build log and writes no file")
    elif _is_needed(script, command):
        level = Applicability.DISPLAY
        ends = Reason("may-be-needed", "the commands behind it may need what it does")
    else:
        level = Applicability.UNSAFE
    first = Reason("not-in-image", f"what {command.name} does here leaves the image as it was")
    if command.name not in _PRINT_ONLY:
        first = Reason("no-init", f"{command.name} is for a machine that somebody works at")
    yield Candidate("drop-command", f"Take {command.name} out", (edit,), level, (first, ends))


def _edit(script: Script, command: Command) -> Edit | None:
    """Takes the command out, and its RUN with it where that does nothing else."""
    if script.dialect == "exec":
        return delete(command.instruction) if script.commands == (command,) else None
    if command.context or command.instruction.heredocs:
        return None
    if script.commands == (command,):
        return delete(command.instruction)
    return remove_command(script, command)


def _is_needed(script: Script, command: Command) -> bool:
    """True where something of the step runs behind it."""
    starts = command.name != "service" or _verb(command) in _STARTS
    return starts and script.commands[-1] is not command


def _verb(command: Command) -> str | None:
    return command.args[1].value if len(command.args) > 1 else None


RULE = Rule(
    "DL3001",
    "no-container-command",
    Severity.INFO,
    "The command makes no sense in a build",
    check,
    candidates,
    triggers=_NAMES,
    reads=("RUN",),
    default=False,
    local=True,
    templates=(
        "drop-command: safe, unsafe, display",
        "start-with-container: display",
        "keep-for-step: display",
        "mount-ssh: display",
        "edit-by-script: display",
        "run-mount: display",
        "stop-by-itself: display",
        "ends-by-itself: display",
        "look-outside: display",
    ),
)
