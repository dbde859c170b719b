"""Scripts and the commands that they hold."""

from __future__ import annotations

import pytest

from tests.shell.views import document, placed, script, shown

WORDS = {
    "plain": ("apt-get update", ["apt-get|update"]),
    "path": ("/usr/bin/apt-get update", ["/usr/bin/apt-get|update"]),
    "quotes": ("""echo 'a b' "c d" e\\ f""", ["echo|a b|c d|e f"]),
    "joined quotes": ("""echo a"b"'c'""", ["echo|abc"]),
    "escapes in double quotes": (r'''echo "a\"b\\c\d"''', [r"echo|a\"b\c\d".replace('\\"', '"')]),
    "dollar quotes": (r"echo $'a\nb' $" + '"c"', ["echo|a\nb|c"]),
    "unknown": ("echo $a ${b} $(c) `d` x$e", ["echo|?$a|?${b}|?$(c)|?`d`|?x$e", "c", "d"]),
    "a lone dollar is none": ("echo $ a$", ["echo|$|a$"]),
    "single quotes hide": ("echo '$a' '`b`' '$(c)'", ["echo|$a|`b`|$(c)"]),
    "globs and braces": ("rm -rf *.txt [ab] {c,d} ~/e", ["rm|-rf|*.txt|[ab]|{c,d}|~/e"]),
    "process substitution": ("diff <(a) b", ["diff|?<(a)|b", "a"]),
    "empty word": ("""a '' "" b""", ["a|||b"]),
    "comment": ("a b # c d", ["a|b"]),
    "remark in backquotes": ("a `# why` && b `# c (d` e", ["a", "b|e"]),
    "test": ('[ -f "$x" ] && [[ a =~ ^b(c)$ ]]', ['[|-f|?"$x"|]', "[[|a|=~|^b(c)$|]]"]),
    "declaration": ("export A=b C; unset D", ["export|A=b|C", "unset|D"]),
    "operators as words": ("a == b", ["a|==|b"]),
    "arithmetic runs nothing": ("echo $((1 + 2)); ((x++))", ["echo|?$((1 + 2))"]),
    "unicode": ("echo é 'ü ß'", ["echo|é|ü ß"]),
    "nothing but an assignment": ("A=1 B=2", []),
    "nothing but a redirect": ("> /file", []),
    "braces after a bang": ("! { a b; }", ["a|b"]),
}


@pytest.mark.parametrize(("body", "expected"), WORDS.values(), ids=WORDS)
def test_words(body: str, expected: list[str]) -> None:
    assert [shown(command) for command in script(body).commands] == expected


JOINED = {
    "between words": ("apt-get \\\n  install \\\n\tfoo", ["apt-get|install|foo"]),
    "within a word": ("apt-get install foo\\\nbar", ["apt-get|install|foobar"]),
    "within the name": ("apt-\\\nget update", ["apt-get|update"]),
    "within an operator": ("a &\\\n& b", ["a", "b"]),
    "within quotes": ('echo "a \\\n b"', ["echo|a  b"]),
    "within a quoted word": ("echo 'a\\\nb'", ["echo|ab"]),
    "with comments": ("a \\\n# no && b\n  # no\n\n && c", ["a", "c"]),
    "blanks after the escape": ("a \\  \n b", ["a|b"]),
    "CRLF": ("a b \\\r\n c\r", ["a|b|c"]),
    "in a heredoc": ("<<EOF\na \\\n  b c\\\nd\nEOF", ["a|b|cd"]),
}


@pytest.mark.parametrize(("body", "expected"), JOINED.values(), ids=JOINED)
def test_continuations(body: str, expected: list[str]) -> None:
    found = script(body)
    assert [shown(command) for command in found.commands] == expected
    source = found.instruction.source
    for command in found.commands:
        for word in command.words:
            assert source.text(word.span) == word.text
            assert command.span.contains(word.span)


def test_a_split_word_spans_its_continuation() -> None:
    (command,) = script("apt-get install foo\\\n# why\nbar && \\\n").commands[:1]
    word = command.words[2]
    assert (word.value, word.text) == ("foobar", "foo\\\n# why\nbar")


PLACES = {
    "lists": ("a && b || c; d & e", ["a &&", "&& b ||", "|| c ;", "; d &", "& e"]),
    "background at the end": ("a &", ["a &"]),
    "semicolon at the end": ("a;", ["a"]),
    "pipes": ("a && b | c |& d || e", ["a &&", "&& b |", "| c |&", "|& d ||", "|| e"]),
    "redirect in a list": ("a && b > x && c", ["a &&", "&& b &&", "&& c"]),
    "redirect before a pipe": ("a && b 2>&1 | c", ["a &&", "&& b |", "| c"]),
    "subshell": ("(cd x; a) && b", ["cd|x  @subshell ;", "; a  @subshell", "&& b"]),
    "group": ("a && { b; c; }", ["a &&", "b  @group ;", "; c  @group"]),
    "negated": ("! a || b", ["a  @negated ||", "|| b"]),
    "negated pipeline": ("! a | b", ["a  @negated |", "| b  @negated"]),
    "if": (
        "if a; then b && c; elif d; then e; else f; fi; g",
        [
            "a  @if/condition",
            "b  @if &&",
            "&& c  @if",
            "d  @if/condition",
            "e  @if",
            "f  @if",
            "; g",
        ],
    ),
    "if not": ("if ! a; then b; fi", ["a  @if/condition/negated", "b  @if"]),
    "while": ("while a; do b; done", ["a  @while/condition", "b  @while"]),
    "until": ("until a; do b; done", ["a  @while/condition", "b  @while"]),
    "for": ("for i in $(a) b; do c $i; done", ["a  @for/substitution", "c|?$i  @for"]),
    "C for": ("for ((i=0; i<3; i++)); do a; done", ["a  @for"]),
    "case": (
        "case $(a) in b) c && d;; *) e; esac",
        ["a  @case/substitution", "c  @case &&", "&& d  @case", "e  @case"],
    ),
    "function": ("f() { a; }; f", ["a  @function", "; f"]),
    "function keyword": ("function f { a; b; }", ["a  @function ;", "; b  @function"]),
    "substitution": (
        'a "$(b "$(c)" | d)" && e',
        [
            'a|?"$(b "$(c)" | d)" &&',
            'b|?"$(c)"  @substitution |',
            "c  @substitution/substitution",
            "| d  @substitution",
            "&& e",
        ],
    ),
    "in an assignment": ("A=$(a) b; C=`c`", ["b ;", "a  @substitution", "c  @substitution"]),
    "in a redirect": ("a > $(b)", ["a", "b  @substitution"]),
    "in a test": ('[ -n "$(a)" ]', ['[|-n|?"$(a)"|]', "a  @substitution"]),
    "in a default": ("a ${b:-$(c)}", ["a|?${b:-$(c)}", "c  @substitution"]),
    "nested": (
        "if (a); then for i in x; do b; done; fi",
        ["a  @if/condition/subshell", "b  @if/for"],
    ),
    "lines of a heredoc": (
        "<<EOF\na\nb &&\n  c # d\n# e\n\nf\nEOF",
        ["a NEWLINE", "NEWLINE b &&", "&& c NEWLINE", "NEWLINE f"],
    ),
    "behind a heredoc": (
        "<<EOF\ncat <<'X' && a $(b)\n$(c)\nX\nEOF",
        ["cat &&", "&& a|?$(b)", "b  @substitution"],
    ),
    "heredoc within one": (
        "<<EOF\ncat <<X > /y && a | b\n$(c)\nX\nd\nEOF",
        ["cat &&", "c  @substitution", "&& a |", "| b NEWLINE", "NEWLINE d"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), PLACES.values(), ids=PLACES)
def test_places(body: str, expected: list[str]) -> None:
    assert [placed(item) for item in script(body).commands] == expected


WRAPPED = {
    "sudo": ("sudo -E -u app apt-get update", ["sudo", "sudo > apt-get|update"]),
    "sudo cluster": ("sudo -EHu app a -b", ["sudo", "sudo > a|-b"]),
    "sudo long": ("sudo --user=app --group x -- a", ["sudo", "sudo > a"]),
    "sudo assignment": ("sudo A=b c", ["sudo", "sudo > c"]),
    "sudo without a command": ("sudo -v", ["sudo"]),
    "chain": ("exec time -p nice -n 5 a", ["exec", "exec > time", "time > nice", "nice > a"]),
    "env": ("env -i -u X A=b c d", ["env", "env > c|d"]),
    "xargs": ("a | xargs -r -n1 -I {} rm -rf {}", ["a", "xargs", "xargs > rm|-rf|{}"]),
    "command": ("command -v a; command b", ["command", "command", "command > b"]),
    "timeout": ("timeout -k 5 30 a b", ["timeout", "timeout > a|b"]),
    "gosu": ("gosu app:app a b", ["gosu", "gosu > a|b"]),
    "su-exec": ("su-exec app a", ["su-exec", "su-exec > a"]),
    "chroot": ("chroot /x /bin/a b", ["chroot", "chroot > /bin/a|b"]),
    "tini": ("tini -g -- a -b", ["tini", "tini > a|-b"]),
    "nohup": ("nohup a &", ["nohup", "nohup > a"]),
    "find": ("find . -exec rm -r {} + -o -name x", ["find", "find > rm|-r|{}"]),
    "find with an escape": ("find . -exec rm {} \\;", ["find", "find > rm|{}"]),
    "conda run": ("conda run -n x pip install y", ["conda", "conda > pip|install|y"]),
    "conda install": ("conda install run", ["conda"]),
    "unknown command": ("sudo $cmd x", ["sudo", "sudo > ?$cmd|x"]),
}


@pytest.mark.parametrize(("body", "expected"), WRAPPED.values(), ids=WRAPPED)
def test_wrappers(body: str, expected: list[str]) -> None:
    commands = script(body).commands
    seen = []
    for command in commands:
        is_wrapper = any(other.wrapper is command for other in commands)
        name = command.name if is_wrapper or command.wrapper is None else shown(command)
        prefix = f"{command.wrapper.name} > " if command.wrapper else ""
        seen.append(prefix + name)
    assert seen == expected


def test_a_wrapped_command_follows_its_wrapper_and_shares_its_place() -> None:
    commands = script("a && sudo A=1 apt-get update > /log | tee x").commands
    _, sudo, wrapped, _ = commands
    assert (wrapped.wrapper, wrapped.position) == (sudo, sudo.position + 1)
    assert (wrapped.before, wrapped.after) == (sudo.before, sudo.after) == ("&&", "|")
    assert wrapped.redirects == sudo.redirects
    assert wrapped.pipeline is sudo.pipeline is not None
    assert [item.name for item in wrapped.assignments] == ["A"]


NESTED = {
    "single quotes": ("sh -c 'a b && c'", ["a|b  @sh -c &&", "&& c  @sh -c"]),
    "options": ("bash -euxo pipefail -c 'a'", ["a  @sh -c"]),
    "login": ('bash -lc "a b"', ["a|b  @sh -c"]),
    "escapes": (r'''sh -c "a \"b c\" \$d"''', [r"a|b c|?\$d  @sh -c"]),
    "expansion": ('sh -c "a $(b) c"', ["b  @substitution", "a|?$(b)|c  @sh -c"]),
    "wrapped": ("sudo sh -c 'a'", ["sudo", "a  @sh -c"]),
    "su": ("su - app -c 'a b'", ["a|b  @sh -c"]),
    "twice": ("""sh -c "sh -c 'a b'" """, ["sh|-c|a b  @sh -c", "a|b  @sh -c/sh -c"]),
    "a file": ("sh -e /x.sh", []),
    "in a subshell": ("(sh -c 'a')", ["a  @subshell/sh -c"]),
}


@pytest.mark.parametrize(("body", "expected"), NESTED.values(), ids=NESTED)
def test_scripts_in_words(body: str, expected: list[str]) -> None:
    commands = script(body).commands
    inner = [item for item in commands if "sh -c" in item.context or "substitution" in item.context]
    wanted = [item for item in expected if "@" in item]
    assert [placed(item) for item in inner] == wanted
    source = commands[0].instruction.source
    for command in inner:
        assert all(source.text(word.span) == word.text for word in command.words)


def test_an_escaped_character_spans_its_escape() -> None:
    found = script(r'''sh -c "a \"b\" c"''')
    inner = found.commands[-1]
    assert [(word.text, word.value) for word in inner.words] == [
        ("a", "a"),
        (r"\"b\"", "b"),
        ("c", "c"),
    ]


def test_statements_are_the_elements_of_the_top_level_list() -> None:
    found = script("set -e; a | b && (c; d) || sudo e > f & X=1")
    text = found.instruction.source.text
    assert [
        (text(item.span), item.operator, item.simple, [c.name for c in item.commands])
        for item in found.statements
    ] == [
        ("set -e", ";", True, ["set"]),
        ("a | b", "&&", True, ["a", "b"]),
        ("(c; d)", "||", False, ["c", "d"]),
        ("sudo e > f", "&", True, ["sudo", "e"]),
        ("X=1", "", True, []),
    ]
    assert [item.name for item in found.assignments] == ["X"]


def test_pipelines() -> None:
    found = script("a && b 2>/dev/null | (c | d) | sudo e; f $(g | h)")
    text = found.instruction.source.text
    assert {text(item.span): [c.name for c in item.commands] for item in found.pipelines} == {
        "b 2>/dev/null | (c | d) | sudo e": ["b", "sudo"],
        "c | d": ["c", "d"],
        "g | h": ["g", "h"],
    }
    by_name = {item.name: item for item in found.commands}
    assert by_name["a"].pipeline is None
    assert by_name["e"].pipeline is by_name["b"].pipeline
    assert by_name["c"].pipeline is by_name["d"].pipeline is not by_name["b"].pipeline


REDIRECTS = {
    "out": ("a > b", [(">", "b")]),
    "both": ("a &> b 2>&1 >>c", [("&>", "b"), ("2>&", "1"), (">>", "c")]),
    "words after it": ("a 2>&1 b >c d", [("2>&", "1"), (">", "c")]),
    "before the name": (">x a", [(">", "x")]),
    "herestring": ('a <<< "x y"', [("<<<", '"x y"')]),
    "of the list's last": ("z && a > b", [(">", "b")]),
    "heredoc": ("a <<E > b\nx\nE", [(">", "b"), ("<<", "E")]),
    "quoted heredoc": ("a <<-'E'\nx\nE", [("<<-", "'E'")]),
}


@pytest.mark.parametrize(("body", "expected"), REDIRECTS.values(), ids=REDIRECTS)
def test_redirects(body: str, expected: list[tuple[str, str]]) -> None:
    found = script(body)
    command = next(item for item in found.commands if item.name == "a")
    text = found.instruction.source.text
    for redirect in command.redirects:
        assert redirect.target is not None
        assert text(redirect.target.span) == redirect.target.text
        assert command.span.contains(redirect.span)
    seen = [(item.operator, item.target.text) for item in command.redirects if item.target]
    assert seen == expected


def test_words_between_redirects_belong_to_the_command() -> None:
    (command,) = script("a 2>&1 b >c d").commands
    assert shown(command) == "a|b|d"


def test_environment_of_a_command() -> None:
    (command,) = script('A=1 B="x y" C=$d make').commands
    assert [(item.name, item.value and item.value.value) for item in command.assignments] == [
        ("A", "1"),
        ("B", "x y"),
        ("C", None),
    ]
    assert command.name == "make"


def test_the_span_covers_prefixes_and_redirects() -> None:
    found = script("x; A=1 make -j 4 > log 2>&1 && y")
    text = found.instruction.source.text
    assert [text(item.span) for item in found.commands] == ["x", "A=1 make -j 4 > log 2>&1", "y"]


def test_flags_of_run_are_no_part_of_the_script() -> None:
    found = script("--mount=type=cache,target=/x --network=none apt-get update")
    assert [shown(item) for item in found.commands] == ["apt-get|update"]


def test_an_error_has_a_place_and_what_is_readable_is_read() -> None:
    found = script("apt-get update && (apt-get install x")
    assert found.error is not None
    assert found.instruction.span.contains(found.error)
    assert "apt-get" in found.names


NO_SHELL = [
    *("a &&", "&& a", "a && && b", "a && ; b", "a; && b", "a &; b", "a |", "| a", "; a", "a ||| b"),
    *("a; ; b", "a ;; b", "a;;", "a && # b", "if a; then", "if a; then fi", "if a; fi", "fi"),
    *("a && fi", "then a", "else", "esac", "done", "while a; do done", "while a; do # b"),
    *(
        "(a",
        "a)",
        "()",
        "{ a",
        "{ }",
        "'a",
        '"a',
        "$(a",
        "`a",
        "${a",
        "a >",
        "[[ a",
        "case a in b) c",
    ),
]


@pytest.mark.parametrize("body", NO_SHELL)
def test_what_is_no_shell_has_an_error(body: str) -> None:
    assert script(body).error is not None


@pytest.mark.parametrize(
    "body",
    [
        *("a;", "a &", "! a", "a && ! b", "case a in b) ;; esac", "case a in b) c;; *) d; esac"),
        *(
            "echo fi done then }",
            "echo x; for i in a; do b; done",
            "f() { a; }",
            "X=1",
            "> x",
            "'fi'",
        ),
        *(
            "a `# b` c",
            "if a; then :; fi",
            "{ a; }",
            "(a)",
            "((x))",
            "((1))",
            "! { a; }",
            "a # b '",
        ),
    ],
)
def test_what_is_shell_has_none(body: str) -> None:
    assert script(body).error is None


def test_onbuild_run() -> None:
    found = document("FROM x\nONBUILD RUN a && \\\n b\n")
    assert [item.name for item in found.commands()] == ["a", "b"]
    assert found.names >= {"ONBUILD", "RUN", "FROM", "a", "b"}
