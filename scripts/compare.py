"""How a parsed Dockerfile differs from what BuildKit makes of the same bytes."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from codi_hook.dockerfile import Document, Instruction, Problem, parse
from codi_hook.dockerfile.instructions import SHAPES
from codi_hook.source import BOM, Source, Span, decode
from tests.judges import BuildKit, GoCommand, GoParser

# What current BuildKit does and the Go parser's binding, which holds 0.12.5, does not: blanks
# before the name of a here-document, ${x#y}, ${x%y} and ${x/y/z} elsewhere in its line, and an
# array with something behind it, which is no JSON since 0.15.
NEWER_HEREDOC = re.compile(r"<<[ \t\r]|\$\{\w*[#%/]")


class Difference(NamedTuple):
    kind: str
    detail: str
    path: str


# What a parsed document owes its bytes.


def untiled(document: Document) -> str:
    """Why the spans do not tile the file, or an empty string."""
    data = document.source.data
    for problem in document.tree_problems:
        if problem.message.startswith("line of "):  # where BuildKit stops reading
            data = data[: problem.span.start]
    pieces = [(item.span, "instruction") for item in document.instructions]
    inside = {comment.span for item in document.instructions for comment in item.comments}
    pieces += [
        (comment.span, "comment")
        for comment in document.comments
        if not comment.inside and comment.span not in inside
    ]
    at = len(BOM) if data.startswith(BOM) else 0
    for span, kind in sorted(pieces):
        if span.start < at:
            return f"{kind} at {span} overlaps what ends at {at}"
        gap = data[at : span.start]
        if decode(gap).strip():
            return f"bytes {gap[:40]!r} belong to nothing"
        at = span.end
    if decode(data[at:]).strip():
        return f"bytes {data[at:][:40]!r} at the end belong to nothing"
    return next(filter(None, map(misplaced, document.instructions)), "")


def misplaced(item: Instruction) -> str:
    """Why the parts of an instruction do not lie in it in order, or an empty string."""
    parts: list[tuple[str, Span]] = [("keyword", item.keyword_span)]
    parts += [("flag", flag.span) for flag in item.flags]
    if item.trigger is not None:
        wrong = misplaced(item.trigger)
        if wrong:
            return f"trigger: {wrong}"
        parts.append(("trigger", item.trigger.span))
    else:
        parts.append(("body", item.body_span))
        parts += [("heredoc", heredoc.span) for heredoc in item.heredocs]
    at = item.span.start
    for name, span in parts:
        if span.start < at or span.end > item.span.end:
            return f"{name} {span} of {item.keyword} {item.span} is out of place"
        at = span.end
    at = item.body_span.start
    for span in [argument.span for argument in item.arguments or ()]:
        if span.start < at or span.end > item.body_span.end:
            return f"argument {span} outside {item.body_span} of {item.keyword}"
        at = span.end
    written = item.source.text(item.keyword_span).upper()
    if written != item.keyword and item.keyword.isascii() and "\\" not in written:
        return f"keyword span holds {written!r}, not {item.keyword}"
    for flag in item.flags:
        if not item.source.text(flag.span).startswith("--"):
            return f"flag span holds {item.source.text(flag.span)!r}"
    return ""


# The tree stage.


def ours(item: Instruction) -> GoCommand:
    """The instruction in the shape in which the Go parser's binding gives it."""
    inner = item.trigger or item
    flags = tuple(_written_flag(item, index) for index in range(len(item.flags)))
    return GoCommand(
        keyword=item.keyword,
        trigger=item.trigger.keyword if item.trigger else None,
        is_json=inner.form == "json",
        flags=flags,
        values=_values(inner),
        # The binding gives none for ONBUILD.
        heredocs=() if item.trigger else tuple(
            (h.name, h.descriptor, _lf(item.source.text(h.content_span))) for h in item.heredocs
        ),
        start_line=item.start_line,
        end_line=item.end_line,
    )  # fmt: skip


def _written_flag(item: Instruction, index: int) -> str:
    flag = item.flags[index]
    return f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}"


def _values(item: Instruction) -> tuple[str, ...]:
    if item.keyword not in SHAPES or item.keyword == "ONBUILD":
        return ()  # the tree stage drops what an instruction holds that it does not know
    if item.keyword in ("ENV", "LABEL"):
        return tuple(
            part.value for pair in item.pairs for part in (pair.key, pair.value) if part is not None
        )
    return item.values


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def theirs(command: GoCommand) -> GoCommand:
    """The Go parser's answer without what does not matter: case, and unknown instructions."""
    values = () if command.values == ("",) else command.values
    flags = tuple(_lower_name(flag) for flag in command.flags)
    heredocs = tuple((name, fd, _lf(content)) for name, fd, content in command.heredocs)
    # The binding gives None for a keyword of nothing but white space that Go does not trim.
    return command._replace(
        keyword=(command.keyword or "").upper(),
        trigger=command.trigger and command.trigger.upper(),
        flags=flags,
        values=values,
        heredocs=heredocs,
    )


def _lower_name(flag: str) -> str:
    name, equals, value = flag.partition("=")
    return name.lower() + equals + value


def compare_tree(name: str, data: bytes, judge: GoParser) -> Difference | None:
    """How the document differs from the Go parser's tree, None where it does not."""
    found = _compare_tree(name, data, judge)
    if found is None or found.kind == "exception":
        return found
    document = parse(Source(data))
    # The judge's version does not know `# check=` and reads no directive behind it.
    newer = document.directive("check") or any(map(_is_newer, document.instructions))
    return found._replace(kind="judge-older") if newer else found


def _is_newer(item: Instruction) -> bool:
    """Whether the instruction holds what BuildKit read otherwise in version 0.12.5."""
    if "<<" in item.text and NEWER_HEREDOC.search(item.text):
        return True
    values = (item.trigger or item).values
    body = values[-1] if item.keyword == "HEALTHCHECK" and values else " ".join(values)
    try:
        _, end = json.JSONDecoder().raw_decode(body)
    except ValueError:
        return False
    return body.startswith("[") and bool(body[end:].strip(" \t\r\n"))


def _compare_tree(name: str, data: bytes, judge: GoParser) -> Difference | None:
    try:
        document = parse(Source(data))
        text = data.decode("utf-8", "replace").encode()
        if text != data:  # the binding cannot hand back what is not UTF-8
            wrong = untiled(document)
            if wrong:
                return Difference("spans", wrong, name)
            original, document = document, parse(Source(text))
            if _shape(original) != _shape(document):
                return Difference(
                    "judge-encoding", "bytes that are not UTF-8 change the tree", name
                )
        wrong = untiled(document)
    except Exception as error:
        return Difference("exception", f"{type(error).__name__}: {error}", name)
    if wrong:
        return Difference("spans", wrong, name)
    answer = judge.parse(text)
    problems = document.tree_problems
    if isinstance(answer, str):
        if problems or (not document.instructions and answer == "file with no instructions"):
            return None
        return Difference("accepted", answer, name)
    if problems:
        return Difference("refused", problems[0].message, name)
    mine = [ours(item) for item in document.instructions]
    if len(mine) != len(answer):
        detail = f"{len(mine)} instructions for {len(answer)}"
        return Difference("instructions", detail, name)
    for left, right in zip(mine, map(theirs, answer), strict=True):
        for field in GoCommand._fields:
            got, want = getattr(left, field), getattr(right, field)
            if b"\0" in data:
                got = _cut(got)  # the binding ends every text at a NUL
            if field == "values" and got in ((), ("",)) and want in ((), ("",)):
                continue
            if got != want:
                return Difference(field, f"{left.keyword}: {got!r:.200} for {want!r:.200}", name)
    return None


def _shape(document: Document) -> list[tuple[str, str, int, int, int]]:
    return [
        (item.keyword, item.form, len(item.arguments), item.start_line, item.end_line)
        for item in document.instructions
    ]


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value.partition("\0")[0]
    return tuple(map(_cut, value)) if isinstance(value, tuple) else value


# The instruction stage.


def compare_verdict(name: str, data: bytes, judge: BuildKit) -> Difference | None:
    """How the verdict on a file differs from BuildKit's, None where it does not.

    Differences that come from the judge's leniency (see `BuildKit`) have classes of their own.
    """
    document = parse(Source(data))
    problems = document.problems
    message = judge.refusal(data)
    if bool(problems) == bool(message):
        return None
    if message:
        return Difference("accepted", message, name)
    if data.decode("utf-8", "replace").encode() != data:
        return Difference("judge-encoding", problems[0].message, name)
    first = next((item.span for item in document.instructions if item.keyword == "FROM"), None)
    excused = {_excuse(document, problem, first) for problem in problems}
    if "" not in excused:
        return Difference(f"judge-{min(excused)}", problems[0].message, name)
    return Difference("refused", problems[0].message, name)


def _excuse(document: Document, problem: Problem, first_from: Span | None) -> str:
    """Which leniency of the judge lets the problem pass; empty if none does."""
    if first_from is not None and problem.span < first_from:
        return "before-from"
    for item in document.of("ONBUILD"):
        forbidden = item.trigger and item.trigger.keyword in ("FROM", "MAINTAINER", "ONBUILD")
        if forbidden and item.span.contains(problem.span):
            return "onbuild"
    return "mount" if problem.message.startswith("--mount: ") else ""
