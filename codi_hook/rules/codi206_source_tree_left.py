"""The source tree that a program was built from stays in the layer.

Why it matters: a step that unpacks or clones a source tree and installs from it leaves sources and
object files behind: often ten times the size of the program. Nothing in the container reads
them, and a scanner counts what is bundled in them.

Which alternative: `rm -rf` of the tree at the end of the step. With BuildKit, a tmpfs mount at the
folder that holds the tree keeps it out of the layer from the start and is faster on a slow disk. A
build stage of its own, from which the final stage copies what was installed, leaves out the
compiler as well; what has to be copied is not to be read off the file, so it is only shown.

Why the fixes are unsafe: some programs look for their sources when they run (an in-place
installation, a path compiled into a library).

Reported is a step that both brings the tree in (tar, unzip, git clone) and installs from it
(`make install`, `cmake --install`, `ninja install`), in a stage that becomes part of the image.
Where the folder is named again later, nothing is reported.

When to ignore: where the image is meant for debugging with sources.

Evidence: 7.5 of 1,000 public Dockerfiles (159 findings; 2 of 1,000 written by experts). Looked
at: two steps that do remove a tree, but under a name without the version, so that
/tmp/cppcheck-1.87 and Varnish's modules stay; GMP unpacked and installed in the root folder; four
trees of OpenVAS below /usr/src/build in one step; a Python 2.7 of which sources and object files
stay beside the interpreter.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.instructions import add_flag
from codi_hook.recipes.mounts import builder_reason, mountable
from codi_hook.recipes.scripts import append_command
from codi_hook.recipes.sourcetrees import HOLDERS, folder_of, from_end, tree_of, unpacks_into
from codi_hook.recipes.trails import LATER, Trail, named_later, shipped
from codi_hook.shell.ast import Command

_INSTALLS = ("make", "gmake", "ninja", "cmake", "meson")
_TARGETS = frozenset({"install", "install-strip", "altinstall", "--install", "install_sw"})


def check(document: Document) -> Iterator[Finding]:
    for script in shipped(document, *_INSTALLS):
        trail = Trail(document, script)
        brought = [
            (one.position, place) for one in script.commands if (place := unpacks_into(trail, one))
        ]
        seen: set[str] = set()
        for command in script.commands if brought else ():
            if not _is_install(command):
                continue
            folder = folder_of(trail, command, "-C", "--directory")
            places = [place for at, place in brought if at < command.position]
            tree = next(filter(None, (tree_of(place, folder) for place in places)), None)
            if tree is None or tree in seen or not _is_left(document, trail, command, tree):
                continue
            seen.add(tree)
            message = f"{tree} stays in the layer"
            yield Finding(command.word.span, (trail, tree), message)


def _is_install(command: Command) -> bool:
    words = {word.value for word in command.args}
    return command.name in _INSTALLS and not words.isdisjoint(_TARGETS)


def _is_left(document: Document, trail: Trail, command: Command, tree: str) -> bool:
    if trail.gone(tree, command.position) or not trail.in_layer(tree):
        return False
    return not named_later(document, trail.script, tree)


def candidates(finding: Finding) -> Iterator[Candidate]:
    trail: Trail
    trail, tree = finding.subject
    script = trail.script
    document = finding.document
    text = from_end(trail, tree)
    edit = append_command(script, f"rm -rf {text}") if text else None
    if edit is not None:
        yield Candidate(
            "remove-sources",
            f"Remove {tree} at the end of the step",
            (edit,),
            Applicability.UNSAFE,
            (
                Reason("same-layer", "sources and object files never become part of the layer"),
                Reason("not-read", "what was installed lies elsewhere and does not read them"),
            ),
        )
    holder = tree.rpartition("/")[0]
    if mountable(document) and holder in HOLDERS and holder != "/root":
        yield Candidate(
            "mount-tmpfs",
            f"Mount a tmpfs at {holder} for this step",
            (add_flag(script.instruction, f"--mount=type=tmpfs,target={holder}"),),
            Applicability.UNSAFE,
            (
                Reason("from-start", f"nothing that the step writes to {holder} reaches the layer"),
                builder_reason(document),
            ),
        )
    yield Candidate(
        "build-stage",
        "Build in a stage of its own and copy what it installs",
        (),
        Applicability.DISPLAY,
        (Reason("no-compiler", "the compiler and its headers stay out of the image as well"),),
    )


RULE = Rule(
    "CODI206",
    "source-tree-left",
    Severity.INFO,
    "Remove a source tree in the step that installs from it",
    check,
    candidates,
    triggers=_INSTALLS,
    reads=LATER,
    templates=(
        "remove-sources: unsafe",
        "mount-tmpfs: unsafe",
        "build-stage: display",
    ),
)
