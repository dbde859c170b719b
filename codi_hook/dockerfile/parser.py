"""Bytes → instructions. Lossless, and faithful to BuildKit's own parser.

Every file gives a `Document`: what BuildKit would refuse is in its `problems`, never raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar, overload

from codi_hook.dockerfile import heredoc, words
from codi_hook.dockerfile.ast import Argument, Comment, Flag, Heredoc, Instruction, Pair, Problem
from codi_hook.dockerfile.document import Document
from codi_hook.dockerfile.lines import LogicalLine, Scanner
from codi_hook.dockerfile.words import Token
from codi_hook.frozen import replace
from codi_hook.project import UNKNOWN, Project
from codi_hook.source import Source, Span, decode

D = TypeVar("D", bound=Document)

_JSON_OR_STRING = frozenset({"CMD", "ENTRYPOINT", "RUN", "SHELL"})
_JSON_OR_FIELDS = frozenset({"ADD", "COPY", "VOLUME"})
_FIELDS = frozenset({"EXPOSE", "FROM"})
_STRING = frozenset({"MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"})
_PAIRS = frozenset({"ENV", "LABEL"})
_KNOWN = _JSON_OR_STRING | _JSON_OR_FIELDS | _FIELDS | _STRING | {"HEALTHCHECK"}
_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


@overload
def parse(source: Source) -> Document: ...


@overload
def parse(source: Source, factory: type[D], project: Project = UNKNOWN) -> D: ...


def parse(
    source: Source, factory: type[Document] = Document, project: Project = UNKNOWN
) -> Document:
    """The document of a whole file. Never raises for what the file contains."""
    return _parse(Scanner(source), factory, project)[0]


def parse_fragment(source: Source, escape: str, at_start: bool, factory: type[D]) -> tuple[D, bool]:
    """Some whole lines cut from a file, and whether they end where an instruction may end.

    They do not if the fragment stops within a continuation, a here-document or a line, or with
    comments: what follows it in the file would then belong together with it. `at_start` says
    that the fragment begins the file, where a BOM and parser directives may stand.
    """
    scanner = Scanner(source) if at_start else Scanner(source, escape.encode(), False)
    document, closed = _parse(scanner, factory)
    if document.comments:
        last = document.instructions[-1].span.end if document.instructions else -1
        closed = closed and document.comments[-1].span.start < last
    return document, closed and source.data.endswith(b"\n")


def _parse(scanner: Scanner, factory: type[D], project: Project = UNKNOWN) -> tuple[D, bool]:
    instructions = tuple(_read(scanner))
    document = factory(
        source=scanner.source,
        directives=tuple(scanner.directives),
        escape=scanner.escape.decode(),
        instructions=instructions,
        comments=tuple(scanner.comments),
        tree_problems=tuple(scanner.problems),
        project=project,
    )
    return document, not scanner.dangling and not scanner.problems


def _read(scanner: Scanner) -> Iterator[Instruction]:
    read = 0
    for line in scanner:
        leading = tuple(scanner.comments[read : len(scanner.comments) - len(line.comments)])
        instruction = _instruction(scanner, line, 0, len(line.text), leading)
        if instruction.problem is not None:
            scanner.problems.append(instruction.problem)
        read = len(scanner.comments)
        yield instruction


def _instruction(
    scanner: Scanner,
    line: LogicalLine,
    start: int,
    end: int,
    leading: tuple[Comment, ...] = (),
) -> Instruction:
    """The instruction in a range of the logical line: the whole, or what ONBUILD triggers."""
    text = line.text
    whole = start == 0
    start, end = words.trim(text, start, end)
    keyword_end, rest = words.first_field(text, start, end)
    keyword = text[start:keyword_end].decode("utf-8", "replace").upper()
    flag_tokens: list[Token] = []
    if text.find(b"--", rest, end) >= 0:
        flag_tokens, rest = words.flags(text, rest, end)
    rest, end = words.trim(text, rest, end)

    problem = None
    form, tokens = "words", []
    pairs: tuple[Pair, ...] = ()
    trigger = None
    try:
        if keyword in _PAIRS:
            pairs = _pairs(line, keyword, rest, end, scanner.escape)
        elif keyword == "ARG":
            tokens = words.words(text, rest, end, scanner.escape)
            pairs = tuple(_pair(line, token) for token in tokens)
        elif keyword == "ONBUILD":
            if rest < end:
                trigger = _instruction(scanner, line, rest, end)
                problem = trigger.problem
        else:
            form, tokens = _arguments(keyword, text, rest, end)
    except words.MixedArray:
        problem = Problem(
            "a JSON array holds something other than strings",
            line.map(rest, end),
            "put every element in double quotes",
        )
    except _Syntax as error:
        problem = Problem(str(error), line.map(error.start, error.end), error.hint)

    map_ = line.map
    heredocs: tuple[Heredoc, ...] = ()
    stop = line.span.end
    if b"<<" in text and whole:
        holder, shape = (trigger.keyword, trigger.form) if trigger else (keyword, form)
        if holder in _HEREDOCS and shape != "json":
            heredocs, stop, problem = _heredocs(scanner, line, problem)
            if trigger is not None and heredocs:
                trigger = _with_heredocs(trigger, heredocs)
    last = line.span if whole else map_(start, end)
    return Instruction(
        source=scanner.source,
        span=Span(last.start, stop if whole else last.end),
        keyword=keyword,
        keyword_span=map_(start, keyword_end),
        flags=tuple(_flag(line, token) for token in flag_tokens),
        form=form,
        arguments=tuple([Argument(value, map_(a, b)) for value, a, b in tokens]),
        body_span=map_(rest, end),
        pairs=pairs,
        heredocs=heredocs,
        trigger=trigger,
        segments=line.segments,
        comments=line.comments,
        leading=leading,
        problem=problem,
    )


def _arguments(keyword: str, text: bytes, start: int, end: int) -> tuple[str, list[Token]]:
    """Form and words of the instructions that are neither pairs nor ONBUILD."""
    if keyword in _JSON_OR_STRING or keyword in _JSON_OR_FIELDS:
        array = words.json_array(text, start, end)
        if array is not None:
            return "json", array
    if keyword not in _KNOWN:
        return "unknown", [Token(decode(text[start:end]), start, end)] if start < end else []
    if start == end:
        return ("shell" if keyword in _JSON_OR_STRING else "words"), []
    if keyword in _JSON_OR_FIELDS or keyword in _FIELDS:
        return "words", words.fields(text, start, end)
    whole = Token(decode(text[start:end]), start, end)
    if keyword == "HEALTHCHECK":
        return _healthcheck(text, start, end)
    return ("shell" if keyword in _JSON_OR_STRING else "words"), [whole]


def _healthcheck(text: bytes, start: int, end: int) -> tuple[str, list[Token]]:
    """The type word, then a JSON array or the rest as one string."""
    at = start
    while at < end and not chr(text[at]).isspace():
        at += 1
    kind = Token(decode(text[start:at]), start, at)
    rest = at
    while rest < end and chr(text[rest]).isspace():
        rest += 1
    if rest == end:
        return "words", [kind]
    array = words.json_array(text, rest, end)
    if array is not None:
        return "json", [kind, *array]
    return "shell", [kind, Token(decode(text[rest:end]), rest, end)]


class _Syntax(ValueError):
    def __init__(self, message: str, start: int, end: int, hint: str) -> None:
        super().__init__(message)
        self.start, self.end, self.hint = start, end, hint


def _pairs(
    line: LogicalLine, keyword: str, start: int, end: int, escape: bytes
) -> tuple[Pair, ...]:
    """ENV and LABEL: ``key=value …``, or the old ``key the whole rest``."""
    tokens = words.words(line.text, start, end, escape)
    if not tokens:
        return ()
    if "=" not in tokens[0].value:
        key_end, value_start = words.first_field(line.text, start, end)
        if value_start >= end and key_end == end:
            raise _Syntax(f"{keyword} must have two arguments", start, end, "write key=value")
        key = Argument(decode(line.text[start:key_end]), line.map(start, key_end))
        value = Argument(decode(line.text[value_start:end]), line.map(value_start, end))
        return (Pair(key, value, " ", line.map(start, end)),)
    for token in tokens:
        if "=" not in token.value:
            message = f"no = in {token.value!r}: {keyword} takes key=value"
            raise _Syntax(message, token.start, token.end, "quote a value that holds blanks")
    return tuple(_pair(line, token) for token in tokens)


def _pair(line: LogicalLine, token: Token) -> Pair:
    key, equals, value = token.value.partition("=")
    span = line.map(token.start, token.end)
    middle = line.text.find(b"=", token.start, token.end)
    if not equals:
        return Pair(Argument(key, span), None, "=", span)
    return Pair(
        Argument(key, line.map(token.start, middle)),
        Argument(value, line.map(middle + 1, token.end)),
        "=",
        span,
    )


def _flag(line: LogicalLine, token: Token) -> Flag:
    name, equals, value = token.value[2:].partition("=")
    span = line.map(token.start, token.end)
    if not equals:
        return Flag(name.lower(), None, span, None)
    middle = line.text.find(b"=", token.start, token.end)
    return Flag(name.lower(), value, span, line.map(middle + 1, token.end))


def _heredocs(
    scanner: Scanner, line: LogicalLine, problem: Problem | None
) -> tuple[tuple[Heredoc, ...], int, Problem | None]:
    """Read the bodies of the heredocs that the line announces, which moves the scanner.

    Gives them, the offset where the last one ends, and the problem if one has no end.
    """
    found = []
    base = scanner.source.base
    last = line.span.end
    for name, expand, strip_tabs, descriptor, start, end in heredoc.announced(line.text):
        wanted = name.encode("utf-8", "surrogateescape")
        begin = scanner.offset
        word_span = line.map(start, end)
        while (physical := scanner.physical_line()) is not None:
            at, stop, _ = physical
            last = base + stop
            content = scanner.source.data[at:stop]
            if (content.lstrip(b"\t") if strip_tabs else content) == wanted:
                content_span = Span(base + begin, base + at)
                span = Span(base + begin, base + stop)
                found.append(
                    Heredoc(name, expand, strip_tabs, descriptor, word_span, content_span, span)
                )
                break
        else:
            hint = f"end it with a line that is exactly {name}"
            return tuple(found), last, Problem(f"unterminated heredoc {name}", word_span, hint)
    return tuple(found), last, problem


def _with_heredocs(trigger: Instruction, heredocs: tuple[Heredoc, ...]) -> Instruction:
    return replace(trigger, heredocs=heredocs, span=Span(trigger.span.start, heredocs[-1].span.end))
