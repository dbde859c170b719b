"""An ARG that nothing reads.

Why it matters: an ARG before the first FROM holds for FROM lines alone. A stage that wants it has
to declare it again, without a value; until then `$VERSION` is empty there, and a download asks for
a file of no version. And an ARG that no line reads promises a setting that does not exist.

Which alternative: where a stage mentions the name, declare it there. Otherwise take the ARG out.
Inside a stage an ARG is a variable of every RUN, which any program may read. There it is reported
only where no RUN, and no ONBUILD, comes after it in the stage or in one built on it.

Why the fixes are safe or unsafe: to take out an ARG that no instruction and no command can see
leaves the image as it was: BuildKit's arguments are no part of the layers, and no RUN follows whose
cache they could change. A build that gives it a value with --build-arg gets a warning in place of
nothing. That is safe. To declare it in a stage gives commands a value that they have not had:
unsafe.

When to ignore: for arguments that a frontend or a wrapper of its own reads from the file.
Docker's predefined ones (proxies, TARGETPLATFORM, BUILDKIT_…, SOURCE_DATE_EPOCH) are not reported.

Evidence: in 1.0 of 1,000 public Dockerfiles (16 of 16,167). Five looked at: a release of Terraform
that FROM knows and an ENV of the stage gets empty, a user name that chown gets empty, a stage that
downloads by a version that only its neighbour has declared, an image given as an ARG where FROM
names it in letters, and a commit's hash that no label reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.dockerfile.ast import Pair
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.patterns import pattern
from codi_hook.recipes.instructions import cased, insert_after, insert_before, without_pair
from codi_hook.recipes.layers import built_on
from codi_hook.recipes.variables import is_read, last_meta_arg, names, reads, unknown_in

_READERS = (
    "ADD", "CMD", "COPY", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "STOPSIGNAL", "VOLUME",
)  # fmt: skip
_predefined = pattern(
    r"(?:HTTPS?|FTP|NO|ALL)_PROXY\Z|(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)\Z|BUILDKIT_"
    r"|SOURCE_DATE_EPOCH\Z|TARGETSTAGE\Z",
    re.IGNORECASE,
).match


def check(document: Document) -> Iterator[Finding]:
    if not document.stages:
        return
    for item in document.meta_args:
        for pair in item.pairs:
            name = pair.key.value
            if _predefined(name) or pair is not last_meta_arg(document, name):
                continue
            users = [stage for stage in document.stages if unknown_in(document, stage, name)]
            if users:
                reader = unknown_in(document, users[0], name)
                line = reader.start_line if reader else 0
                message = f"{name} is not known in the stage that reads it in line {line}"
                yield Finding(pair.span, (item, pair, users), message)
            elif not is_read(document, item, name):
                message = f"No FROM reads {name}, and no stage declares it"
                yield Finding(pair.span, (item, pair, []), message)
    for stage in document.stages:
        yield from _of_stage(document, stage)


def _of_stage(document: Document, stage: Stage) -> Iterator[Finding]:
    later = [item for other in built_on(document, stage) for item in other.instructions]
    for at, item in enumerate(stage.instructions):
        if item.keyword != "ARG":
            continue
        rest = [*stage.instructions[at + 1 :], *later]
        if any(one.keyword in ("RUN", "ONBUILD") for one in rest):
            continue
        for pair in item.pairs:
            name = pair.key.value
            others = (one for one in item.pairs if one is not pair and one.value)
            if _predefined(name) or any(reads(one, name) for one in rest):
                continue
            if not any(names(one.value.value, name) for one in others if one.value):
                message = f"Nothing reads {name} behind this line"
                yield Finding(pair.span, (item, pair, []), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction
    pair: Pair
    item, pair, users = finding.subject
    document = finding.document
    name = pair.key.value
    if users:
        lines = " and ".join(str(stage.instruction.start_line) for stage in users)
        yield Candidate(
            "declare-in-stage",
            f"Declare {name} in the stage that reads it",
            tuple(
                insert_after(stage.instruction, f"{cased(stage.instruction, 'ARG')} {name}")
                for stage in users
            ),
            Applicability.UNSAFE,
            (
                Reason("empty-today", f"{name} is empty in the stage of line {lines} until then"),
                Reason("takes-default", "ARG without a value takes that from before FROM"),
            ),
        )
        if len(users) == 1:
            yield from _where_read(document, users[0], name)
        return
    yield Candidate(
        "remove-arg",
        f"Take {name} out",
        (without_pair(item, pair),),
        Applicability.SAFE,
        (
            Reason("unread", f"no instruction behind it mentions {name}"),
            Reason("same-image", "the image is the same without it"),
        ),
    )


def _where_read(document: Document, stage: Stage, name: str) -> Iterator[Candidate]:
    reader = unknown_in(document, stage, name)
    if reader is not None and reader is not stage.instructions[1]:
        yield Candidate(
            "declare-where-read",
            f"Declare {name} directly before line {reader.start_line}, which reads it",
            (insert_before(reader, f"{cased(stage.instruction, 'ARG')} {name}"),),
            Applicability.UNSAFE,
            (
                Reason("cache", f"another {name} then runs only what comes after again"),
                Reason("takes-default", "ARG without a value takes that from before FROM"),
            ),
        )


RULE = Rule(
    "CODI027",
    "unused-arg",
    Severity.INFO,
    "Take out an ARG that nothing reads, or declare it where it is read",
    check,
    candidates,
    triggers=("ARG",),
    reads=_READERS,
    templates=(
        "declare-in-stage: unsafe",
        "declare-where-read: unsafe",
        "remove-arg: safe",
    ),
)
