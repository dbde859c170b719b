"""Whatever the text: nothing raises, and every span is where it says."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from codi_hook.shell.ast import Assignment, Command, Script, Word
from codi_hook.shell.flags import flags, operands
from codi_hook.shell.managers import call
from tests.shell.views import document

PIECES = [
    *("apt-get install -y a=1", "sudo -E ", "sh -c ", "bash <<EOF", "cat <<'X' > /y", "\nEOF\n"),
    *("\nX\n", " \\\n", "\\\n", "\n# c\n", "\r\n", " ", " && ", " || ", "; ", " | ", " & ", "\n"),
    *(
        "'",
        '"',
        "`",
        "$(",
        ")",
        "(",
        "{ ",
        " }",
        "${a:-",
        "}",
        "$'",
        "[[ ",
        " ]]",
        "((",
        "))",
        "\\",
    ),
    *("if a; then ", "fi", "for i in ", "; do ", "done", "case x in ", "a) ", ";; ", "esac", "! "),
    *("> x", "2>&1 ", "<<<", "A=1 ", "find . -exec ", " \\;", '["sh", "-c", "', '"]', "\\u0041"),
    *("é", "\0", "\udcff", "#!/bin/bash\n", "RUN ", "ONBUILD RUN ", "SHELL ", "FROM y\n"),
]
bodies = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=25).map("".join)


def check_word(script: Script, word: Word) -> None:
    source = script.instruction.source
    assert script.instruction.span.contains(word.span)
    assert source.text(word.span) == word.text


def check_assignment(script: Script, assignment: Assignment) -> None:
    assert script.instruction.span.contains(assignment.span)
    if assignment.value is not None:
        check_word(script, assignment.value)


def check_command(script: Script, command: Command, position: int) -> None:
    assert script.instruction.span.contains(command.span)
    assert command.position == position
    assert command.words
    for word in command.words:
        check_word(script, word)
    for redirect in command.redirects:
        assert script.instruction.span.contains(redirect.span)
        if redirect.target is not None:
            check_word(script, redirect.target)
    for assignment in command.assignments:
        check_assignment(script, assignment)
    if command.wrapper is not None:
        assert script.commands[position - 1] is command.wrapper
    found = call(command)
    assert found is None or set(found.packages) <= {*command.args, *operands(command)}
    assert {item.word for item in flags(command)} <= set(command.args)


def check_script(script: Script) -> None:
    whole = script.instruction.span
    assert script.error is None or whole.contains(script.error)
    for position, command in enumerate(script.commands):
        check_command(script, command, position)
    for assignment in script.assignments:
        check_assignment(script, assignment)
    in_statements = [item for part in script.statements for item in part.commands]
    assert in_statements == list(script.commands)
    for part in (*script.statements, *script.pipelines):
        assert whole.contains(part.span)
    assert script.names == {command.name for command in script.commands} - {""}


@settings(max_examples=250, deadline=None)
@given(bodies, st.sampled_from([0, 10_000]))
@example("echo foo\\\n# c\nbar$(a\\\nb)", 0)
@example('["sh", "-c", "a \\"b\\" \\u0041\\\n && c"]', 10_000)
@example("cat <<A && bash <<B | (c)\n$(d)\nA\n e\nB\n", 0)
def test_every_span_is_true(body: str, base: int) -> None:
    data = ("FROM x\nRUN " + body).encode("utf-8", "surrogateescape")
    found = document(data, base)
    for script in found.scripts():
        check_script(script)
    for instruction in found.instructions:
        script_of_it = found.script(instruction)
        if script_of_it is not None:
            check_script(script_of_it)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for script in document(b"FROM x\nRUN " + data).scripts():
        check_script(script)


LINES = st.sampled_from(["a b", "c 'd e'", 'f "g"', "h$i", "j=k", "l m=1", "n\\ o"])


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6), st.data())
def test_continuations_change_no_value(lines: list[str], data: st.DataObject) -> None:
    """A continuation put anywhere leaves the commands as they are."""
    plain = " && ".join(lines)
    at = data.draw(st.integers(1, len(plain) - 1))
    breaks = data.draw(st.sampled_from(["\\\n", "\\\n# c\n", "\\  \n\n", "\\\r\n"]))
    before = plain[:at]
    if before.endswith("\\"):
        return
    (one,) = document(f"FROM x\nRUN {plain}\n").scripts()
    (other,) = document(f"FROM x\nRUN {before}{breaks}{plain[at:]}\n").scripts()

    def values(script: Script) -> list[list[str | None]]:
        return [[word.value for word in command.words] for command in script.commands]

    assert values(one) == values(other)
    check_script(other)
