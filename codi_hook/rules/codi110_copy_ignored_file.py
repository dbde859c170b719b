"""COPY or ADD of a file that .dockerignore leaves out.

Why it matters: what .dockerignore leaves out is not sent to the builder, so the build stops with
"not found". With a wildcard it does not stop, and the files are silently missing.

What is looked at: the Dockerfile's own ignore file (`Dockerfile.dockerignore`) or else the one at
the root of the build context, as BuildKit chooses. A folder is not reported where an exception
(`!folder/part`) may let a part of it in again, nor a wildcard where there are exceptions at all.

Which alternative: an exception in the ignore file, where the image needs the file; a person has to
write that, because it is another file. Otherwise the source is left over and can go.

Why no fix is safe: the build fails as it stands, and without the source it does something else.

When to ignore: where the file is built from another folder than its own. Say which with
`--context`.

Evidence: it takes a build context to tell, and the public Dockerfiles that the other figures come
from have none; so there is no figure and no example from them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.dockerignore import Dockerignore, IgnorePattern, clean, parse_ignore
from codi_hook.frozen import dataclass
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
from codi_hook.recipes.contexts import sources
from codi_hook.recipes.instructions import delete
from codi_hook.recipes.values import unquoted
from codi_hook.source import Span


@dataclass(frozen=True)
class Missing:
    """A source of an instruction and the pattern that leaves it out."""

    instruction: Instruction
    source: Argument
    path: str
    pattern: IgnorePattern


def check(document: Document) -> Iterator[Finding]:
    context = document.project.context
    text = context.ignore_text if context is not None else None
    if context is None or text is None:
        return
    ignore = parse_ignore(text)
    name = os.path.basename(context.ignore_path or "")
    for item in document.instructions:
        if item.keyword not in ("ADD", "COPY"):
            continue
        for source in sources(item):
            path = clean(unquoted(source.value))
            pattern = _left_out(ignore, source.value, path)
            if pattern is not None:
                message = f"Line {pattern.line} of {name} leaves {path} out ({pattern.text})"
                yield Finding(source.span, Missing(item, source, path, pattern), message)


def _left_out(ignore: Dockerignore, written: str, path: str) -> IgnorePattern | None:
    if not path or "$" in written or written.startswith(("git@", "http:", "https:")):
        return None
    pattern = ignore.decides(path)
    if pattern is None or ignore.may_readmit_below(path):
        return None
    if any(char in path for char in "*?[\\"):
        # `*` in a pattern takes in whatever the source's own wildcards stand for; others need not
        return None if ignore.has_exceptions or any(c in pattern.text for c in "?[") else pattern
    return pattern


def candidates(finding: Finding) -> Iterator[Candidate]:
    missing: Missing = finding.subject
    item, path, pattern = missing.instruction, missing.path, missing.pattern
    context = finding.document.project.context
    if context is not None and not any(char in path for char in "*?[\\"):
        there = context.exists(path)
        which = "the context has" if there else "the context does not even have"
        yield Candidate(
            "readmit",
            f"Let it in again: !{path} below line {pattern.line} of the ignore file",
            (),
            Applicability.DISPLAY,
            (
                Reason("in-context", f"{which} {path}"),
                Reason("last-wins", f"an exception counts where it stands below {pattern.text}"),
            ),
        )
    others = [one for one in item.arguments[:-1] if one is not missing.source]
    if item.form == "json":
        return
    yield Candidate(
        "drop-source",
        f"Copy {path} no longer" if others else f"Take the {item.keyword} out",
        (_without(item, missing.source) if others else delete(item),),
        Applicability.UNSAFE,
        (
            Reason("never-sent", f"{path} is not sent to the builder, so it cannot be copied"),
            Reason("ignored-on-purpose", f"the pattern {pattern.text} says that it is not needed"),
        ),
    )


def _without(item: Instruction, source: Argument) -> Edit:
    following = item.arguments[item.arguments.index(source) + 1]
    return Edit(Span(source.span.start, following.span.start), "")


RULE = Rule(
    "CODI110",
    "copy-ignored-file",
    Severity.WARNING,
    "COPY takes only what .dockerignore lets in",
    check,
    candidates,
    aliases=("CopyIgnoredFile",),
    triggers=("ADD", "COPY"),
    local=True,
    templates=(
        "readmit: display",
        "drop-source: unsafe",
    ),
)
