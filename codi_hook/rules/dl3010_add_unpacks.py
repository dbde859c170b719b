"""An archive that is copied in and unpacked by a step.

Why it matters: the archive stays in the layer of the COPY for good, and a later `rm` only hides
it: the image carries the files twice, once packed and once unpacked.

Which alternative: ADD unpacks a local tar archive while it copies, so that only its content
becomes a layer. A bind mount lends the archive to the one step that unpacks it: that serves
options of tar that ADD has not (`--strip-components`), and zip files too.

Why the fixes are unsafe: the archive is then not in the image. ADD keeps the owners that the
archive names and recognises the format by itself. The mount needs BuildKit and is read-only, so a
command that removes the archive goes with it. Neither is offered where the file mentions the
archive in another place.

When to ignore: where the archive itself is wanted in the image.

Evidence: hadolint reports 12 places in 16,167 public Dockerfiles, and this rule all of them. It
also reads tar's old options without a dash (`tar xzf a.tgz`), which hadolint does not, and `$x`
as `${x}`: 13 more places (together in 1.4 of 1,000 files).
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.archives import Unpacked, archive_names, as_add, as_mount, unpacks

_TOOLS = (
    "bunzip2", "gunzip", "gzcat", "tar", "uncompress", "unlzma", "unxz", "unzip", "zcat", "zgz",
)  # fmt: skip


def check(document: Document) -> Iterator[Finding]:
    if document.names.isdisjoint(_TOOLS):
        return
    for stage in document.stages:
        for item in stage.of("COPY"):
            if item.flag("from") is not None or item.heredocs:
                continue
            found = _unpacked(document, stage.instructions, item)
            if found is not None:
                yield Finding(found.archive.span, found)


def _unpacked(
    document: Document, instructions: tuple[Instruction, ...], item: Instruction
) -> Unpacked | None:
    """The first command behind the COPY that unpacks what it brings in."""
    names: dict[str, Argument] = archive_names(item)
    if not names:
        return None
    for later in instructions[instructions.index(item) + 1 :]:
        script = document.script(later) if later.keyword == "RUN" else None
        if script is None or script.names.isdisjoint(_TOOLS):
            continue
        for command in script.commands:
            name = unpacks(command, names) if command.name in _TOOLS else None
            if name is not None:
                return Unpacked(item, names[name], name, script, command)
    return None


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Unpacked = finding.subject
    document = finding.document
    line = found.script.instruction.start_line
    folder, edits = as_add(document, found)
    if edits:
        yield Candidate(
            "add-unpacks",
            f"Let ADD unpack it into {folder}",
            edits,
            Applicability.UNSAFE,
            (
                Reason("one-layer", f"{found.name} itself is then in no layer"),
                Reason("no-command", f"line {line} has nothing left to unpack"),
                Reason("owners", "the files get the owners that the archive names"),
            ),
        )
    target, edits = as_mount(document, found)
    if edits:
        yield Candidate(
            "mount-archive",
            f"Lend it to the step of line {line} with a bind mount",
            edits,
            Applicability.UNSAFE,
            (
                Reason("no-layer", f"{target} is there for that step alone, and in no layer"),
                Reason("same-command", f"{found.command.name} runs as it is written"),
                Reason("needs-buildkit", "the classic builder has no RUN --mount"),
            ),
        )


RULE = Rule(
    "DL3010",
    "add-unpacks",
    Severity.INFO,
    "ADD unpacks a tar archive, and leaves none in the image",
    check,
    candidates,
    triggers=("COPY",),
    reads=("RUN", *_TOOLS),
    templates=(
        "add-unpacks: unsafe",
        "mount-archive: unsafe",
    ),
)
