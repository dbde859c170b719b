"""Which stages of a file the others make use of."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.mounts import options
from codi_hook.source import Span, encode

_makes = pattern(
    r"(?:.*[-_.])?(?:build|builder|building|base|compile|compiler|compilation|deps|dependencies"
    r"|download|downloader|fetch|fetcher|install|installer|source|sources|src|tools|vendor)"
    r"(?:[-_.](?:stage|step|env|image|base))?[-_.]?\d*\Z"
).match


def makes_for_others(name: str) -> bool:
    """True for a stage name that promises something to later stages: build, deps, base …"""
    return bool(_makes(name.lower()))


def may_start(document: Document, stage: Stage) -> bool:
    """False for a stage that others only copy from, by its name: its CMD starts nothing."""
    if stage.is_final or stage.name is None or not makes_for_others(stage.name):
        return True
    return any(other.parent is stage for other in document.stages)


def origins(item: Instruction) -> Iterator[tuple[str, Span]]:
    """What COPY --from and RUN --mount=…,from= name, and where: stages, their numbers, images."""
    for flag in item.flags:
        if not flag.value or flag.value_span is None:
            continue
        text = flag.value
        if flag.name == "mount":
            text = options(flag.value).get("from", "")
        elif flag.name != "from":
            continue
        text = text.strip("\"'")
        written = item.source.text(flag.value_span)
        key = "from=" if flag.name == "mount" else ""
        at = written.find(key + text)
        if text and at >= 0:
            start = flag.value_span.start + len(encode(written[:at] + key))
            yield text, Span(start, start + len(encode(text)))


def mentioned(document: Document) -> set[int] | None:
    """The indices of the stages that another instruction names; None where a variable may."""
    by_name: dict[str, int] = {}
    found: set[int] = set()
    for stage in document.stages:
        if stage.parent is not None:
            found.add(stage.parent.index)
        if "$" in stage.image.text and stage.image.text.strip('"').startswith("$"):
            return None
        for outer in stage.instructions:
            for origin, _ in origins(outer.trigger or outer):
                if "$" in origin:
                    return None
                if origin.lower() in by_name:
                    found.add(by_name[origin.lower()])
                elif origin.isdecimal():
                    found.add(int(origin))
        if stage.name:
            by_name[stage.name] = stage.index
    return found
