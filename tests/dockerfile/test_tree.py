"""The tree: what each construct becomes, and that BuildKit's own parser sees the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codi_hook.dockerfile import Document, Instruction, parse
from codi_hook.source import Source
from scripts.compare import compare_tree, untiled
from tests.judges import GoParser


@pytest.fixture(scope="module")
def go() -> Iterator[GoParser]:
    with GoParser() as judge:
        yield judge


def read(data: str | bytes) -> Document:
    return parse(Source(data.encode() if isinstance(data, str) else data))


def last(data: str | bytes) -> Instruction:
    return read(data).instructions[-1]


# Every one goes to the Go parser too; the name says what it is about.
SAME = {
    "escape directive": "# escape=`\nFROM a\nRUN x `\n y \\\nRUN z\n",
    "escape directive in odd spelling": "#  EsCaPe = ` \nFROM a\nCOPY a b c:\\\nRUN x\n",
    "directives in any order": "# syntax=a/b:1\n# check=skip=all\n# escape=`\nFROM a\n",
    "a comment ends the directives": "# hello\n# escape=`\nFROM a\nRUN x `\n",
    "a blank line ends the directives": "\n# escape=`\nFROM a\nRUN x \\\n y\n",
    "an unknown directive ends them": "# foo=bar\n# escape=`\nFROM a\nRUN x \\\n y\n",
    "a directive twice": "# escape=`\n# escape=`\nFROM a\n",
    "an escape that is none": "# escape=x\nFROM a\n",
    "a syntax directive behind a BOM": b"\xef\xbb\xbf# escape=`\nFROM a\nRUN x `\n y\n",
    "BOM before an instruction": b"\xef\xbb\xbfFROM a\n",
    "BOM elsewhere": b"FROM a\n\xef\xbb\xbfRUN x\n",
    "backtick escapes quotes in words": '# escape=`\nFROM a\nENV a=`"b `"c\n',
    "backslash stays the escape of flags": "# escape=`\nFROM a\nCOPY --from=a\\ b c d\n",
    "a comment in a continuation": "FROM a\nRUN x \\\n# no\n  # no\n y\nRUN z\n",
    "a comment that ends with a backslash": "FROM a\nRUN x \\\n# no \\\n y\nRUN z\n",
    "a blank line in a continuation": "FROM a\nRUN x \\\n\n  \n y\nRUN z\n",
    "blanks behind the backslash": "FROM a\nRUN x \\ \t\n y\n",
    "two backslashes": "FROM a\nRUN x \\\\\nRUN y\n",
    "a continuation at the end of the file": "FROM a\nRUN x \\",
    "a comment after the last continuation": "FROM a\nRUN x \\\n# y\n",
    "a continuation of nothing": "FROM a\n\\\n\n RUN x\n",
    "a keyword in pieces": "FR\\\nOM a\nR\\\nUN x\n",
    "an indented comment": "FROM a\n   # c\n\tRUN x\n",
    "a hash inside a line": "FROM a\nRUN x # y\nENV a=#b\n",
    "heredoc": "FROM a\nRUN <<E\nx\n# y\n\nE\nRUN z\n",
    "heredoc with a command": "FROM a\nRUN <<E bash -e\nx\nE\n",
    "two heredocs": "FROM a\nCOPY <<a <<b /x\n1\na\n2\nb\nRUN y\n",
    "one heredoc in the words of another": "FROM a\nCOPY <<X <<Y /d\nY\nX\nX\nY\n",
    "quoted heredocs": "FROM a\nCOPY <<'a' <<\"b c\" <<e'f'\\g /x\na\nb c\nefg\n",
    "heredoc with tabs": "FROM a\nRUN <<-E\n\tx\n\tE\nRUN y\n",
    "heredoc with a file descriptor": "FROM a\nRUN 3<<E cat <&3\nx\nE\n",
    "heredoc named by a variable": "FROM a\nRUN <<$E\nx\n$E\n",
    "heredoc under ADD": "FROM a\nADD <<E /x\ny\nE\n",
    "heredoc under ONBUILD": "FROM a\nONBUILD RUN <<E\nx\nE\nRUN y\n",
    "no heredoc under CMD": "FROM a\nCMD <<E\nRUN x\n",
    "no heredoc in JSON": 'FROM a\nRUN ["<<E"]\nRUN x\n',
    "no heredoc in quotes": "FROM a\nRUN echo '<<E' \"<<E\"\nRUN x\n",
    "no heredoc in here-strings": "FROM a\nRUN cat <<<x\nRUN y\n",
    "no heredoc inside a word": "FROM a\nRUN a<<E\nRUN y\n",
    "no heredoc where a quote is open": "FROM a\nRUN it's <<E\nRUN y\n",
    "heredoc announced on a continued line": "FROM a\nRUN x \\\n  <<E \\\n  y\nz\nE\nRUN y\n",
    "heredoc with CRLF": b"FROM a\r\nRUN <<E\r\nx\r\nE\r\nRUN y\r\n",
    "heredoc with a nearly right end": "FROM a\nRUN <<E\n E\nE \nE\n",
    "unterminated heredoc": "FROM a\nRUN <<E\nx\n",
    "heredoc ended by the file's last line": "FROM a\nRUN <<E\nx\nE",
    "ONBUILD of all kinds": (
        'FROM a\nONBUILD RUN x\nONBUILD COPY ["a", "b"]\nonbuild env a=b\nONBUILD ENV a b\n'
        "ONBUILD HEALTHCHECK CMD x\nONBUILD ONBUILD RUN x\nONBUILD FOO x\nONBUILD\nONBUILD CMD\n"
    ),
    "ONBUILD over lines": "FROM a\nONBUILD \\\n RUN \\\n x\nRUN y\n",
    "JSON": 'FROM a\nCMD [ "a" , "b\\u00e9\\n\\"" ]\nCMD []\nVOLUME ["/a b"]\nSHELL ["x"]\n',
    "JSON over lines": 'FROM a\nCMD ["a", \\\n "b"]\n',
    "JSON with single quotes": "FROM a\nCMD ['a']\nCOPY ['a', 'b']\n",
    "JSON with a trailing comma": 'FROM a\nCMD ["a",]\n',
    "JSON that does not end": 'FROM a\nCMD ["a"\nRUN [ -f x ]\n',
    "JSON with blanks behind it": 'FROM a\nCMD ["a"] \t\nCOPY ["a", "b"]  \n',
    "JSON with a bad escape": 'FROM a\nCMD ["\\x"]\nCMD ["a\\ b"]\n',
    "JSON with a raw tab": b'FROM a\nCMD ["a\tb"]\n',
    "JSON with a lone surrogate": 'FROM a\nCMD ["\\ud800"]\n',
    "JSON of other things": 'FROM a\nCMD ["a", 1]\n',
    "JSON of null": 'FROM a\nRUN ["a", null]\n',
    "JSON nested": 'FROM a\nRUN [["a"]]\n',
    "JSON with NaN": "FROM a\nRUN [NaN]\n",
    "HEALTHCHECK JSON": 'FROM a\nHEALTHCHECK CMD ["a", "b"]\nHEALTHCHECK NONE\nHEALTHCHECK\n',
    "HEALTHCHECK with flags": "FROM a\nHEALTHCHECK --interval=5s --retries=3 CMD  x  y\n",
    "flags": "FROM --platform=x a\nCOPY --from=a --chown=b:c --link d e\n",
    "flags in quotes": "FROM a\nCOPY --from='a b' --chown=\"c\" d e\n",
    "flags over lines": "FROM a\nRUN --mount=type=cache,target=/a \\\n  --mount=type=ssh \\\n x\n",
    "a flag behind an argument": "FROM a\nCOPY a --from=b c\n",
    "the end of flags": "FROM a\nCOPY --link -- --a b\nRUN -- x\nRUN --\n",
    "one dash is no flag": "FROM a\nCMD -x\nCMD - --x\n",
    "ENV forms": 'FROM a\nENV a b c \nENV a=b c="d e" f=\'g h\' i=j\\ k\nENV a  "b c"\nENV a=\n',
    "ENV over lines": "FROM a\nENV a=b \\\n    c=d \\\n\n    e=f\nENV g \\\n h\n",
    "ENV with an equals sign later": "FROM a\nENV a b=c\nLABEL a b=c\n",
    "ENV with a quoted equals sign": 'FROM a\nENV "a=b" c\nENV "a b"=c\n',
    "ENV mixed": "FROM a\nENV a=b c\n",
    "ENV alone": "FROM a\nENV a\n",
    "ENV of an open quote": "FROM a\nENV a=\"b c\nENV a='b c\nENV a=b\\\n",
    "ARG forms": "ARG a\nARG b=c d e='f g'\nFROM $a\nARG\n",
    "LABEL forms": 'FROM a\nLABEL "a.b"="c" d=e\nLABEL a b c\n',
    "words split at tabs and more": b"FROM\ta\nEXPOSE 1\t2\x0b3\x0c4\nCOPY a\t\tb\n",
    "other white space": "FROM a\nCOPY a\u00a0b c\nENV a=b\u00a0c=d\n\u3000RUN x\u2028\n",
    "a form feed is no line end": b"FROM a\nRUN x\x0cy\x85z\n",
    "CRLF": b"FROM a\r\nRUN x \\\r\n  y\r\n# c\r\nENV a=b\r\n",
    "a lone CR": b"FROM a\nRUN x\ry\n",
    "CR before CRLF": b"FROM a\r\r\nRUN x \\\r\r\n y\n",
    "NUL": b"FROM a\nRUN x\0y\nENV a=b\0c\n\0\n",
    "not UTF-8 in a comment": b"# \xff\xfe\nFROM a\n# caf\xe9\nRUN x\n",
    "not UTF-8 elsewhere": b"FROM a\nRUN caf\xe9 \\\n \xff\nCOPY --from=\xff a b\n",
    "no final newline": "FROM a\nRUN x",
    "blank lines only": "\n  \n\t\n",
    "nothing": "",
    "comments only": "# a\n# b",
    "an empty instruction": "FROM a\nRUN\nCMD\nFOO\n",
    "an unknown instruction": 'FROM a\nFOO --x ["a"]\n',
    "a long line": "FROM a\nRUN " + "x" * 65_000 + "\n",
    "a line that is too long": "FROM a\nRUN " + "x" * 65_600 + "\nRUN y\n",
    "a line just short enough": "FROM a\n#" + "x" * (65_535 - 2) + "\nRUN y\n",
    "a line just too long": "FROM a\n#" + "x" * (65_535 - 1) + "\nRUN y\n",
    "continuations longer than a line may be": "FROM a\nRUN " + "x \\\n" * 40_000 + "y\n",
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.filterwarnings("ignore")
def test_same_tree(go: GoParser, name: str) -> None:
    data = SAME[name].encode() if isinstance(text := SAME[name], str) else text
    assert compare_tree(name, data, go) is None


def test_directives() -> None:
    document = read(
        "# syntax = docker/dockerfile:1 \n#escape=`\n# check=skip=A;error=true\nFROM a\n"
    )
    assert [(item.name, item.value) for item in document.directives] == [
        ("syntax", "docker/dockerfile:1"),
        ("escape", "`"),
        ("check", "skip=A;error=true"),
    ]
    assert (document.escape, document.syntax) == ("`", "docker/dockerfile:1")
    spans = [document.source.text(item.value_span) for item in document.directives]
    assert spans == ["docker/dockerfile:1", "`", "skip=A;error=true"]


def test_comments_know_where_they_stand() -> None:
    document = read("# a\nFROM b\nRUN x \\\n  # c\n y\n#d")
    assert [(item.text, item.inside) for item in document.comments] == [
        ("a", False),
        ("c", True),
        ("d", False),
    ]
    assert [document.source.text(item.span) for item in document.comments] == ["# a", "# c", "#d"]


def test_heredocs_have_their_bytes() -> None:
    run = last(b"FROM a\r\nRUN 3<<-'E' x\r\n\ty\r\n\tE\r\n")
    (heredoc,) = run.heredocs
    text = run.source.text
    assert (heredoc.name, heredoc.expand, heredoc.strip_tabs, heredoc.descriptor) == (
        "E",
        False,
        True,
        3,
    )
    assert text(heredoc.word_span) == "3<<-'E'"
    assert text(heredoc.content_span) == "\ty\r\n"
    assert text(heredoc.span) == "\ty\r\n\tE"
    assert text(run.span).endswith("\tE")


def test_a_blank_before_the_name_of_a_heredoc() -> None:
    """BuildKit 0.22 and later; the Go parser's binding is older and sees an instruction `x`."""
    run = last('FROM a\nRUN cat <<  "E" > f\nx\nE\n')
    assert (run.keyword, run.heredocs[0].name, run.end_line) == ("RUN", "E", 4)
    assert run.source.text(run.heredocs[0].word_span) == '<<  "E"'
    assert [item.name for item in last("FROM a\nCOPY << a /x\nb\na\n").heredocs] == ["a"]
    assert not last("FROM a\nRUN a <<- b\n").heredocs


def test_a_pattern_beside_a_heredoc() -> None:
    """Also too new for the binding: ${x%y} on the line of a heredoc."""
    assert last("FROM a\nRUN echo ${x%.*} <<E\ny\nE\n").heredocs
    assert not last("FROM a\nRUN echo ${x:%.*} <<E\n").heredocs


@pytest.mark.parametrize("body", ['["a"] b', '["a"]]', '["a"] # c', '["a"];', '["a"]["b"]', "[]x"])
def test_json_with_something_behind_it_is_none(body: str) -> None:
    """BuildKit 0.15 and later; the binding is older and drops what follows the array."""
    assert (last(f"FROM a\nCMD {body}").form, last(f"FROM a\nCMD {body}").values) == (
        "shell",
        (body,),
    )
    assert last(f"FROM a\nVOLUME {body}").values == tuple(body.split())
    assert last(f"FROM a\nHEALTHCHECK CMD {body}").values == ("CMD", body)


def test_words_carry_their_bytes_across_lines() -> None:
    copy = last("FROM a\nCOPY --from=b \\\n  # c\n  d \\\n e\n")
    text = copy.source.text
    assert [text(argument.span) for argument in copy.arguments] == ["d", "e"]
    assert [text(flag.span) for flag in copy.flags] == ["--from=b"]
    assert text(copy.keyword_span) == "COPY"
    assert [comment.text for comment in copy.comments] == ["c"]


def test_json_spans_cover_the_literals() -> None:
    run = last('FROM a\nRUN [ "a", "b\\"c" ]\n')
    assert [run.source.text(item.span) for item in run.arguments] == ['"a"', '"b\\"c"']
    assert run.values == ("a", 'b"c')
    assert run.form == "json"


def test_pairs_have_keys_and_values() -> None:
    env = last("FROM a\nENV a=b \\\n  c='d e'\n")
    text = env.source.text
    assert [(text(pair.key.span), pair.value and text(pair.value.span)) for pair in env.pairs] == [
        ("a", "b"),
        ("c", "'d e'"),
    ]
    (old,) = last("FROM a\nENV a b c\n").pairs
    assert (old.key.value, old.value and old.value.value, old.separator) == ("a", "b c", " ")
    assert last("FROM a\nARG b\n").pairs[0].value is None


def test_stages() -> None:
    document = read(
        "ARG v=1\nFROM a:$v AS Base\nRUN x\nFROM base as next\nFROM b@sha256:0\nFROM $unset\n"
    )
    first, second, third, fourth = document.stages
    assert (first.name, first.image.name, first.image.tag) == ("base", "a", "1")
    assert second.parent is first
    assert (third.image.digest, third.parent) == ("sha256:0", None)
    assert (fourth.image.resolved, fourth.is_final) == (None, True)
    assert [item.keyword for item in document.meta_args] == ["ARG"]
    assert document.stage_of(document.instructions[2]) is first


def test_onbuild_holds_its_trigger() -> None:
    onbuild = last("FROM a\nONBUILD  COPY --from=b c \\\n d\n")
    trigger = onbuild.trigger
    assert trigger is not None
    assert (trigger.keyword, trigger.values, trigger.flags[0].value) == ("COPY", ("c", "d"), "b")
    assert onbuild.source.text(trigger.span) == "COPY --from=b c \\\n d"


def test_the_parts_of_a_hostile_file_tile_it() -> None:
    data = bytes(range(256)) * 40 + b"\nFROM a\n" + b"\\\n" * 999 + b"RUN <<\xff\n\xff\n"
    assert untiled(read(data)) == ""
