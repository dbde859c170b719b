"""Names of stages: giving a stage another one, with everything that refers to it."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Applicability, Candidate, Document, Edit, Reason
from codi_hook.recipes.mounts import options
from codi_hook.source import Span

_ENDS = frozenset({"", " ", "\t", ",", '"', "'"})


def references(document: Document, stage: Stage) -> tuple[Span, ...] | None:
    """Where later lines name the stage: FROM, ``COPY --from``, ``RUN --mount=…,from=``, until a
    stage takes the name over. None where one of them cannot be told apart."""
    name = stage.name
    found: list[Span] = []
    for later in document.stages[stage.index + 1 :] if name else ():
        if later.image.text.lower() == name:
            found.append(later.image.span)
        if later.name == name:
            break  # what comes after the FROM means the new one
        for outer in later.instructions:
            spans = _in_flags(outer.trigger or outer, name or "")
            if spans is None:
                return None
            found += spans
    return tuple(found)


def _in_flags(item: Instruction, name: str) -> list[Span] | None:
    found = []
    for flag in item.flags:
        value, span = flag.value or "", flag.value_span
        if span is None or name not in value.lower():
            continue
        if flag.name == "from":
            if value.strip("\"'").lower() == name:
                start = span.start + item.source.text(span).lower().index(name)
                found.append(Span(start, start + len(name)))
        elif flag.name == "mount" and options(value).get("from", "").lower() == name:
            written = item.source.text(span).lower()
            at = written.find("from=" + name) + len("from=")
            if at < len("from=") or written[at + len(name) : at + len(name) + 1] not in _ENDS:
                return None
            found.append(Span(span.start + at, span.start + at + len(name)))
    return found


def rename(document: Document, stage: Stage, name: str) -> tuple[Edit, ...] | None:
    """Call the stage `name`, and follow wherever it is named. None where that is not sure."""
    spans = references(document, stage)
    if stage.name_argument is None or spans is None:
        return None
    return tuple([Edit(span, name) for span in (stage.name_argument.span, *spans)])


def unnamed(stage: Stage) -> Edit | None:
    """FROM without ``AS name``."""
    if stage.name_argument is None:
        return None
    return Edit(Span(stage.image.span.end, stage.name_argument.span.end), "")


def free_name(document: Document, wanted: str) -> str:
    """`wanted`, with a number where a stage of the file has it already."""
    taken = {stage.name for stage in document.stages}
    taken |= {stage.image.text.lower() for stage in document.stages}
    name, number = wanted, 2
    while name.lower() in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def rename_candidates(document: Document, stage: Stage, name: str) -> Iterator[Candidate]:
    """Another name for the stage, or none where nothing asks for it."""
    edits = rename(document, stage, name)
    if edits is None or stage.name_argument is None:
        return
    old = stage.name_argument.value
    count = len(edits) - 1
    follow = f"{count} lines that name it follow" if count > 1 else "the line that names it follows"
    yield Candidate(
        "rename-stage",
        f"Call the stage {name}",
        edits,
        Applicability.UNSAFE,
        (
            Reason("own-name", f"{name} means this stage and nothing else"),
            *((Reason("follows", follow),) if count else ()),
            Reason("target", f"who builds with --target {old} has to say {name}"),
        ),
    )
    drop = unnamed(stage)
    if not count and drop is not None:
        yield Candidate(
            "drop-name",
            f"Take the name {old} away",
            (drop,),
            Applicability.UNSAFE,
            (
                Reason("unused", f"no line of the file asks for {old}"),
                Reason("target", f"docker build --target {old} then finds no such stage here"),
            ),
        )
