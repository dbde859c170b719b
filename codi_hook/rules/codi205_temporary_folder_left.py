"""A temporary folder made by mktemp stays in the layer.

Why it matters: `mktemp -d` makes a folder with a name that nobody knows. What the step leaves in
it is in every container, and nothing will ever use it. For a keyring of gpg the files are
also those that a scanner of secrets stops at.

Which alternative: `rm -rf` behind the last use says it in the step itself and works with every
builder. With BuildKit, a tmpfs mount at /tmp keeps out of the layer whatever the step writes
there, also after a command that fails in between.

Why removing a keyring is safe: the folder's name is drawn anew at every build and is only in a
variable of this step, so nothing behind it can find it. Other folders may be linked to from what
was installed from them, so there it is `unsafe`, as is the mount: it hides what /tmp held before.

When to ignore: where the step hands the folder's name on, in a file for instance.

Evidence: rare, because those who write `mktemp -d` know why: 4 findings in 16,073 public
Dockerfiles, beside some 400 files that remove the folder. Looked at: a keyring for PHP's
signature in a file whose sibling removes it; a keyring for Kafka's keys; one that a later
instruction tries to remove by a variable that is empty there; one that is exported in a RUN of
its own and never reaches the next; the fifth was a no-op, a keyring that goes away with the
signature in one rm.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.instructions import add_flag
from codi_hook.recipes.mounts import builder_reason, covers, kept_out, mountable
from codi_hook.recipes.scripts import append_command
from codi_hook.recipes.trails import shipped
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.flags import has_flag

_KEYRING = "GNUPGHOME"


def check(document: Document) -> Iterator[Finding]:
    for script in shipped(document, "mktemp"):
        for command in script.commands:
            if command.name != "mktemp" or not has_flag(command, "-d", "--directory"):
                continue
            name = _variable(script, command)
            if name and not _is_handled(script, command, name):
                message = f"The folder in ${name} is not removed"
                yield Finding(command.span, (script, command, name), message)


def _variable(script: Script, command: Command) -> str:
    """The variable that takes the folder's name, where that is all that takes it."""
    given = [*script.assignments, *(one for c in script.commands for one in c.assignments)]
    for one in given:
        if one.value is not None and one.value.span.contains(command.span):
            inner = one.value.text.strip('"')
            return one.name if inner.startswith(("$(mktemp", "`mktemp")) else ""
    for other in script.commands:
        for word in other.args if other.name in ("export", "local", "declare") else ():
            if word.span.contains(command.span):
                return word.text.partition("=")[0].strip('"')
    return ""


def _is_handled(script: Script, command: Command, name: str) -> bool:
    """True where the folder goes away again, may do so, or its name is handed on."""
    if covers(kept_out(script.instruction), "/tmp") or has_flag(command, "-p", "--tmpdir", "-t"):
        return True
    mine = (f"${name}", f"${{{name}}}")
    for other in script.commands[command.position :]:
        texts = [word.text for word in other.args]
        if other.name in ("rm", "mv", "trap", "find", "eval") and any(
            part in text for text in texts for part in (*mine, "/tmp", "*")
        ):
            return True
        if other.name in ("rm", "rmdir") and (other.wrapper or any("$(" in text for text in texts)):
            return True
        if other.name in ("echo", "printf") and any(text.strip('"') in mine for text in texts):
            return True
        if "function" in other.context or other.name == "rmdir":
            return True
    return False


def candidates(finding: Finding) -> Iterator[Candidate]:
    script: Script
    script, _command, name = finding.subject
    document = finding.document
    edit = append_command(script, f'rm -rf "${name}"')
    unknown = Reason("nobody-knows", "no later step can know the folder's name")
    if edit is not None and "for" not in _command.context:
        yield Candidate(
            "remove-folder",
            f'Remove the folder at the end of the step (rm -rf "${name}")',
            (edit,),
            Applicability.SAFE if _is_keyring(script, name) else Applicability.UNSAFE,
            (Reason("same-layer", f"what ${name} names never becomes part of the layer"), unknown),
        )
    if mountable(document) and script.instruction.form != "json":
        yield Candidate(
            "mount-tmpfs",
            "Mount a tmpfs at /tmp for this step",
            (add_flag(script.instruction, "--mount=type=tmpfs,target=/tmp"),),
            Applicability.UNSAFE,
            (
                Reason("whatever", "nothing that the step writes to /tmp reaches the layer"),
                builder_reason(document),
            ),
        )


def _is_keyring(script: Script, name: str) -> bool:
    """True for the home of gpg, used by gpg alone."""
    return name == _KEYRING and all(
        name not in word.text or one.name in ("export", "chmod", "chown", "echo")
        for one in script.commands
        for word in one.args
    )


RULE = Rule(
    "CODI205",
    "temporary-folder-left",
    Severity.INFO,
    "Remove what mktemp has made in the same step",
    check,
    candidates,
    triggers=("mktemp",),
    local=True,
    templates=(
        "remove-folder: safe, unsafe",
        "mount-tmpfs: unsafe",
    ),
)
