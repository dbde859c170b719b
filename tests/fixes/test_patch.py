"""A patched document is what parsing the whole result gives, for any edit whatever."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from codi_hook import registry
from codi_hook.dockerfile import Instruction
from codi_hook.fixes.apply import apply, ordered
from codi_hook.fixes.patch import Patcher
from codi_hook.lint import lint
from codi_hook.model import Edit
from codi_hook.shell import Document, parse
from codi_hook.shell.ast import Assignment, Script, Word
from codi_hook.source import Source, Span
from tests import cases

TRICKY = [
    b"# syntax=docker/dockerfile:1\n# escape=\\\n\n# about\nFROM a AS b\n\nRUN x \\\n  # inside\n"
    b"  && y\nRUN <<EOF\napt-get update\nEOF\nCOPY <<A <<B /x/\n1\nA\n2\nB\n# end\n",
    b'\xef\xbb\xbfFROM a\r\nRUN sudo x && \\\r\n y\r\nONBUILD RUN <<E\r\nz\r\nE\r\nCMD ["a"]',
    b"# escape=`\nFROM a\nRUN mkdir c:\\d\nRUN sudo x | y\n",
    b"# escape=`\nFROM mcr.microsoft.com/windows/nanoserver\nRUN dir `\n  c:\\\nMAINTAINER x\n",
    b"FROM a\nADD a b\nADD c d\nMAINTAINER me\nRUN sudo a\n\n\nRUN sudo b\\\n",
    b"FROM a",
    b"\n\n",
]
SOURCES = TRICKY + sorted(
    {case.source for path in cases.RULES.glob("*.yaml") for case in cases.load(path)}
)
SNIPPETS = [
    "", "\n", "\\\n", "\\", "`", " ", "#", "# c\n", "<<EOF", "EOF\n", "\nEOF\n", "RUN x\n",
    "FROM z\n", " && w", '"', "'", "USER app\n", "# escape=`\n", "# syntax=x\n", "\r\n", "A\n",
    "# hadolint ignore=DL3004\n", "MAINTAINER m\n", "sudo ", "\ufeff", "ü",
]  # fmt: skip


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, tuple[Edit, ...]]:
    data = draw(st.sampled_from(SOURCES))
    text_edges = [i for i in range(len(data) + 1) if i == len(data) or data[i] & 0xC0 != 0x80]
    edges = st.sampled_from(text_edges)
    cuts = sorted(draw(st.lists(edges, min_size=2, max_size=4)))
    cuts = cuts[: len(cuts) // 2 * 2]
    edits = [
        Edit(Span(start, end), draw(st.sampled_from(SNIPPETS)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=True)
    ]
    return data, tuple(ordered(edits, len(data)))


def shape(item: Instruction | None) -> Any:
    """All that a rule can see of an instruction, positions aside."""
    if item is None:
        return None
    text = item.source.text
    return (
        item.keyword,
        item.form,
        item.text,
        item.values,
        [(flag.name, flag.value, text(flag.span)) for flag in item.flags],
        [(p.key.value, p.value and p.value.value, p.separator, text(p.span)) for p in item.pairs],
        [(h.name, h.expand, h.strip_tabs, text(h.content_span)) for h in item.heredocs],
        [comment.text for comment in item.comments],
        [comment.text for comment in item.leading],
        item.problem and item.problem.message,
        shape(item.trigger),
    )


def program(script: Script) -> Any:
    """All that a rule can see of a script, each span as the bytes that it covers."""

    def text(span: Span) -> bytes:
        return script.instruction.source.bytes(span)

    def word(item: Word | None) -> Any:
        return item and (item.text, item.value, text(item.span))

    def assigned(items: tuple[Assignment, ...]) -> Any:
        return [(item.name, word(item.value), text(item.span)) for item in items]

    commands = [
        (
            item.name,
            [word(one) for one in item.words],
            text(item.span),
            assigned(item.assignments),
            [(one.operator, word(one.target), text(one.span)) for one in item.redirects],
            item.before,
            item.after,
            item.context,
            item.wrapper and item.wrapper.position,
            item.pipeline and text(item.pipeline.span),
            item.position,
            item.instruction is script.instruction,
        )
        for item in script.commands
    ]
    lists = [
        (text(one.span), one.operator, one.simple, [item.position for item in one.commands])
        for one in script.statements
    ]
    pipelines = [(text(p.span), [one.position for one in p.commands]) for p in script.pipelines]
    broken = script.error is not None
    return commands, lists, pipelines, assigned(script.assignments), script.names, broken


def shapes(document: Document) -> Any:
    return (
        [shape(item) for item in document.instructions],
        [(directive.name, directive.value) for directive in document.directives],
        [comment.text for comment in document.comments],
        document.escape,
        bool(document.problems),
    )


@example((b"\n\n", (Edit(Span(0, 0), "\\\n"),)))
@given(edited())
@settings(max_examples=1500, deadline=None)
def test_patching_equals_parsing_the_whole(case: tuple[bytes, tuple[Edit, ...]]) -> None:
    data, edits = case
    patched = Patcher(parse(Source(data))).patch(edits).document
    whole = parse(Source(apply(data, edits)))
    assert shapes(patched) == shapes(whole)


@example((b"FROM a\nONBUILD FROM b\n", (Edit(Span(0, 1), ""),)))
@given(edited())
@settings(max_examples=500, deadline=None)
def test_linting_the_patched_equals_linting_the_whole(
    case: tuple[bytes, tuple[Edit, ...]],
) -> None:
    data, edits = case
    rules = registry.rules()
    patched = lint(Patcher(parse(Source(data))).patch(edits).document, rules, ignores=False)
    whole = lint(parse(Source(apply(data, edits))), rules, ignores=False)
    assert Counter(f.code for f in patched) == Counter(f.code for f in whole)


COMMANDS = st.sampled_from(
    [
        "apt-get update", "a=1", "a=1 b \"c d\"", "sudo env x=1 make -C d", "curl -s u | sh",
        "if [ -f x ]; then y; fi", "( cd /t && z )", "sh -c 'p && q r'", "echo $(id -u) > f",
        "! w", "{ a; b; }", "for i in 1 2; do echo $i; done", "export A=b", "wait &", "x \\\n  y",
        "cat <<< z", "'q", "a && b | c", "f() { g; }", "\\\n# note\n  n", "#c", "i; j", "",
    ]
)  # fmt: skip
JOINS = st.sampled_from([" && ", "; ", " || ", " \\\n  && ", " | ", " & ", " "])


@given(st.lists(st.tuples(COMMANDS, JOINS), min_size=1, max_size=6), st.data())
@settings(max_examples=1500, deadline=None)
def test_scripts_of_the_patched_equal_those_of_the_whole(
    parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Statements that an edit leaves alone are moved: it must not show."""
    texts = [text for part in parts for text in part][:-1]
    before = "FROM a\nRUN "
    at = data.draw(st.integers(0, len(texts) - 1))
    start = len(before) + sum(map(len, texts[:at]))
    with_what = data.draw(COMMANDS if at % 2 == 0 else JOINS)
    text = before + "".join(texts) + "\nRUN last\n"
    edit = Edit(Span(start, start + len(texts[at])), with_what)
    patched = Patcher(parse(Source(text.encode()))).patch((edit,)).document
    whole = parse(Source(apply(text.encode(), [edit])))
    assert list(map(program, patched.scripts())) == list(map(program, whole.scripts()))


@given(edited())
@settings(max_examples=300, deadline=None)
def test_what_is_untouched_keeps_its_place(case: tuple[bytes, tuple[Edit, ...]]) -> None:
    data, edits = case
    document = parse(Source(data))
    patched = Patcher(document).patch(edits)
    kept = [item for item in patched.document.instructions if item.span.start < patched.base]
    assert all(any(item is other for other in document.instructions) for item in kept)
    assert all(item.span.start >= patched.base for item in patched.fresh)
