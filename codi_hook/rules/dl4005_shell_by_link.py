"""The shell is changed by a link on /bin/sh.

Why it matters: /bin/sh belongs to the distribution. Every script that begins with `#!/bin/sh`
now runs in another shell, in the container too, and the next update of the package may put the
old link back. What was wanted, another shell for the steps, has an instruction.

Which alternative: SHELL says with which program the steps from here on run, also with pipefail,
so that a pipe fails with its first command. Where scripts of the image need bash, their first
line should say `#!/bin/bash`.

Why the fixes are unsafe: /bin/sh stays what it is in the base image, so a script or a program that
calls it and needs bash no longer finds it there; and bash called by its own name is not in the
POSIX mode that it has as sh. A CMD or ENTRYPOINT in shell form follows SHELL as well.

When to ignore: where /bin/sh itself has to be another shell, as for a build system that calls it.

Evidence: of the 658 places that hadolint reports in 16,167 public Dockerfiles this rule reports
655 (in 40.5 of 1,000), and no other; the three are in arrays that call a shell by name. 627 are
`RUN rm /bin/sh && ln -s /bin/bash /bin/sh` and nothing else, 609 of these in one collection of
generated files.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
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
from codi_hook.recipes.chains import take_out
from codi_hook.recipes.instructions import cased, exec_form, insert_after
from codi_hook.recipes.pins import advice
from codi_hook.recipes.tools import is_direct
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import operands
from codi_hook.source import Span

_SH = "/bin/sh"
_SHELLS = frozenset({"ash", "bash", "ksh", "zsh"})


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("ln"):
        if is_direct(command) and any(word.value == _SH for word in command.args):
            yield Finding(command.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    document = finding.document
    item = command.instruction
    shell, script = _shell(command), document.script(item)
    if shell and script is not None and not document.is_trigger(item) and not item.heredocs:
        edits = _edits(script, command, f"{cased(item, 'SHELL')} {exec_form([shell, '-c'])}")
        if edits:
            yield _by_instruction("shell-instruction", shell, edits)
        words = [shell, "-o", "pipefail", "-c"]
        edits = _edits(script, command, f"{cased(item, 'SHELL')} {exec_form(words)}")
        if edits:
            yield _by_instruction("shell-pipefail", shell, edits, pipefail=True)
    yield advice(
        "name-interpreter",
        "Name the shell where it is needed: #!/bin/bash in a script, RUN bash -c in a step",
        ("one-place", "only what needs the other shell then gets it"),
        ("system-sh", "the scripts of the distribution keep the shell that they were written for"),
    )


def _by_instruction(
    key: str, shell: str, edits: tuple[Edit, ...], pipefail: bool = False
) -> Candidate:
    reasons = [
        Reason("says-so", f"SHELL says in the file that the steps run with {shell}"),
        Reason("sh-stays", f"{_SH} stays the shell that the distribution's scripts expect"),
    ]
    if pipefail:
        reasons.insert(0, Reason("pipes-fail", "a pipe then fails with its first command"))
    title = f"Run the steps with {shell}" + (" and pipefail" if pipefail else "")
    # ShellCheck cannot read zsh: told of it, hadolint reports every step (SC1071).
    level = Applicability.DISPLAY if shell.endswith("zsh") else Applicability.UNSAFE
    return Candidate(key, f"{title}, by SHELL", edits, level, tuple(reasons))


def _shell(command: Command) -> str | None:
    """The absolute path of the shell that the link leads to."""
    words = [word.value or "" for word in operands(command)]
    if len(words) != 2 or words[1] != _SH:
        return None
    folder, _, name = words[0].rpartition("/")
    if name not in _SHELLS or (folder and not folder.startswith("/")):
        return None
    return words[0] if folder else f"/bin/{name}"


def _edits(script: Script, command: Command, line: str) -> tuple[Edit, ...] | None:
    """SHELL in place of the step where it does nothing else, else behind it."""
    item: Instruction = script.instruction
    gone = [one for one in script.commands if _removes_sh(one) and not one.context]
    edits = take_out(script, (*gone, command))
    if edits is None:
        return None
    if len(edits) == 1 and edits[0].span.contains(item.span):
        return (Edit(Span(item.span.start, item.span.end), line),)
    return (*edits, insert_after(item, line))


def _removes_sh(command: Command) -> bool:
    return command.name in ("rm", "unlink") and [word.value for word in operands(command)] == [_SH]


RULE = Rule(
    "DL4005",
    "shell-by-link",
    Severity.WARNING,
    "Change the shell of the steps with SHELL",
    check,
    candidates,
    triggers=("ln",),
    reads=("RUN",),
    local=True,
    templates=(
        "shell-instruction: unsafe, display",
        "shell-pipefail: unsafe, display",
        "name-interpreter: display",
    ),
    default=False,
)
