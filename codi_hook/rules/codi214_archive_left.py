"""A downloaded archive stays in the layer after it was unpacked.

Why it matters: the image carries the files twice, packed and unpacked. Removing the archive in a
later instruction does not help: the layer that holds it stays.

Which alternative: `rm` behind the last command that reads the archive works everywhere. With
BuildKit a tmpfs mount keeps /tmp out of the layer, whatever is left there. A stage of its own also
leaves curl and tar out of the image; what has to be copied from it is not in the file, so that is
only shown.

Why removing is safe: it is offered only where nothing behind it, in this step or in a later
instruction, names the archive, and what was unpacked does not depend on it. Where a later RUN
starts a file that the Dockerfile does not show, and the archive is not in /tmp, that file might
look for it: there it is `unsafe`. The mount is `unsafe`:
it hides what /tmp held before, and what the step leaves there on purpose is gone.

Only stages that become part of the image are looked at.

When to ignore: where the archive itself is wanted, to be handed on.

Evidence: 24 of 1,000 public Dockerfiles (446 findings; 29 of 1,000 written by experts, most of
them two families of files made from a template). Looked at: Julia's archive, left where it was
unpacked before the folder was moved away; web2py's zip beside the application; a local DynamoDB;
geckodriver left in /tmp; and a file whose rm names /tmp where the archive is in /tmp/litmus.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.instructions import add_flag
from codi_hook.recipes.layers import is_unknown, later_runs
from codi_hook.recipes.mounts import builder_reason, mountable
from codi_hook.recipes.scripts import append_after
from codi_hook.recipes.trails import LATER, Trail, fetched, named_later, shipped
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import flag, has_flag, operands

_UNPACKS = ("tar", "bsdtar", "unzip")


def check(document: Document) -> Iterator[Finding]:
    for script in shipped(document, *_UNPACKS):
        if script.names.isdisjoint(("curl", "wget")):
            continue
        trail = Trail(document, script)
        downloads = {one.path: one.command for one in fetched(trail)}
        seen: set[str] = set()
        for command in script.commands:
            word = _archive(command)
            path = trail.place(command, word) if word else None
            if word is None or not path or path in seen or path not in downloads:
                continue
            seen.add(path)
            if downloads[path].position > command.position or not trail.in_layer(path):
                continue
            if not trail.gone(path, command.position) and not named_later(document, script, path):
                yield Finding(word.span, (trail, command, word, path))


def _archive(command: Command) -> Word | None:
    """The archive that the command unpacks, where it is a file of one name."""
    if command.name == "unzip":
        words = operands(command)
        if not words or has_flag(command, "-l", "-t", "-p", "-v", "-Z"):
            return None
        return words[0]
    if command.name in _UNPACKS and has_flag(command, "-x", "--extract", "--get"):
        given = flag(command, "-f", "--file")
        return given.value_word if given else None
    return None


def candidates(finding: Finding) -> Iterator[Candidate]:
    trail: Trail
    command: Command
    word: Word
    trail, command, word, path = finding.subject
    document = finding.document
    last = trail.last_use(path) or command
    text = word.text if trail.folder(last) == trail.folder(command) else _absolute(path)
    edit = append_after(trail.script, last, f"rm {text}") if text else None
    name = path.rpartition("/")[2]
    if edit is not None and "*" not in word.text:
        yield Candidate(
            "remove-archive",
            f"Remove {name} once it is unpacked",
            (edit,),
            Applicability.UNSAFE if _may_be_wanted(document, trail, path) else Applicability.SAFE,
            (
                Reason("twice", f"the layer would hold what is in {name} twice"),
                Reason("unread", f"nothing behind it names {name}"),
            ),
        )
    if path.startswith("/tmp/") and mountable(document):
        yield Candidate(
            "mount-tmpfs",
            "Mount a tmpfs at /tmp for this step",
            (add_flag(trail.script.instruction, "--mount=type=tmpfs,target=/tmp"),),
            Applicability.UNSAFE,
            (
                Reason("whatever", "nothing that the step writes to /tmp reaches the layer"),
                builder_reason(document),
            ),
        )
    else:
        yield Candidate(
            "stage",
            f"Unpack {name} in a stage of its own and copy what is in it",
            (),
            Applicability.DISPLAY,
            (Reason("no-tools", "what fetches and unpacks stays out of the image as well"),),
        )


def _may_be_wanted(document: Document, trail: Trail, path: str) -> bool:
    """True where a later RUN starts a file that may look for the archive."""
    if path.startswith(("/tmp/", "/var/tmp/")):
        return False
    later = (document.script(run) for run in later_runs(document, trail.script.instruction))
    return any(script is not None and is_unknown(script) for script in later)


def _absolute(path: str) -> str | None:
    if not path.startswith("/"):
        return None
    return f'"{path}"' if "$" in path else path


RULE = Rule(
    "CODI214",
    "archive-left",
    Severity.INFO,
    "Remove a downloaded archive in the step that unpacks it",
    check,
    candidates,
    triggers=_UNPACKS,
    reads=("curl", "wget", "rm", *LATER),
    templates=(
        "remove-archive: safe, unsafe",
        "stage: display",
        "mount-tmpfs: unsafe",
    ),
)
