"""Small, repeatable damage to Dockerfiles: the inputs on which parsers disagree."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator

_KEYWORDS = (
    b"ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL "
    b"STOPSIGNAL USER VOLUME WORKDIR FORM RUM from Run"
).split()
_FLAGS = (
    b"--from=x --from --chown=a:b --link --link= --link=TRUE --link=1 --mount=type=cache,target=/c "
    b"--mount --mount= --network=none --network=x --security=insecure --device=x --platform=a "
    b"--interval=5s --interval=5 --retries=3 --parents --exclude=* --checksum=x --unpack --FROM=x "
    b"--unknown --keep-git-dir=false --from=a\\ b --from='a b' -- --chmod=\"755\" --start-period=1m"
).split()
_SNIPPETS = (
    rb"\ ` << <<E <<-E <<'E' 3<<E <<\"E F\" ' \" [ ] , [\"a\"] [\"a\",1] [] [\"a\"]x = $ ${ ${x}"
    rb"\u00e9 # -- & | ; \" \' \\ \  ['a'] [\"a\\\"] @ : / * CMD NONE AS as as\ a b=c =c"
).split()
_LINES = (
    b"", b"# a comment", b"# escape=`", b"# syntax=docker/dockerfile:1", b"  # indented", b"\\",
    b"EOF", b"RUN <<EOF", b"COPY <<a <<b /x", b"a", b"b", b"\t", b"ONBUILD RUN x", b"FROM a b",
    b"FROM b AS 1x", b"ENV", b"ENV a", b"ENV a=b c", b"ENV a b c", b"ENV =a", b"LABEL a=b \\",
    b"ARG", b"ARG a b=c", b"HEALTHCHECK NONE", b"HEALTHCHECK CMD", b"HEALTHCHECK x",
    b"EXPOSE", b"SHELL x",
    b'SHELL ["a"]', b"VOLUME []", b"COPY a", b"ADD a b", b"WORKDIR", b"USER", b"STOPSIGNAL",
    b"RUN",
    b"CMD", b"ONBUILD", b"ONBUILD ENV a", b"MAINTAINER", b"RUN [1]",
    b"HEALTHCHECK --timeout=1 CMD x",
    b"HEALTHCHECK --retries=x CMD y", b"RUN --mount=type=bind,from=$x y", b"COPY a <<E",
    b"RUN <<E cat", b"E", b"ONBUILD ONBUILD RUN x", b"# check=skip=all", b"\xc2\xa0RUN x",
    b"RUN\tx",
)  # fmt: skip

_STRAYS = (
    b"\0", b"\t", b"\v", b"\f", b"\r", b"\x1c", b"\x1f", b"\x7f", b"\x85", b"\xff", b"\xc2",
    b"\xc2\x85", b"\xc2\xa0", b"\xe2\x80\xa8", b"\xe3\x80\x80", b"\xe2\x80\x8b", b"\xef\xbb\xbf",
    b"\xc4\xb0", b"\xc5\xbf", b"\xe2\x84\xaa", b"\xf0\x9f\x90\xb3", b"\xed\xa0\x80",
)  # fmt: skip

Mutation = Callable[[list[bytes], random.Random], list[bytes]]


def mutants(files: Iterable[tuple[str, bytes]], seed: int) -> Iterator[tuple[str, bytes]]:
    """One mutant of each file: one to three kinds of damage, drawn by seed and position."""
    for number, (name, data) in enumerate(files):
        draw = random.Random(f"{seed}:{number}:{name}")
        lines = data.split(b"\n")
        for _ in range(draw.randint(1, 3)):
            lines = draw.choice(MUTATIONS)(lines, draw)
        yield name, b"\n".join(lines)


def _at(lines: list[bytes], draw: random.Random) -> int:
    """A line, an instruction's first line rather than another."""
    starts = [i for i, line in enumerate(lines) if re.match(rb"\s*[A-Za-z]+\s", line)]
    return draw.choice(starts) if starts and draw.random() < 0.8 else draw.randrange(len(lines))


def _words(line: bytes) -> list[bytes]:
    return re.split(rb"(\s+)", line)


def _token(change: Callable[[list[bytes], int, random.Random], None]) -> Mutation:
    """A mutation of one word of one line."""

    def mutate(lines: list[bytes], draw: random.Random) -> list[bytes]:
        where = _at(lines, draw)
        words = _words(lines[where])
        change(words, draw.randrange(0, len(words), 2), draw)
        return [*lines[:where], b"".join(words), *lines[where + 1 :]]

    return mutate


def _drop(words: list[bytes], at: int, draw: random.Random) -> None:
    words[at] = b""


def _duplicate(words: list[bytes], at: int, draw: random.Random) -> None:
    words[at] += b" " + words[at]


def _swap(words: list[bytes], at: int, draw: random.Random) -> None:
    other = draw.randrange(0, len(words), 2)
    words[at], words[other] = words[other], words[at]


def _flag(words: list[bytes], at: int, draw: random.Random) -> None:
    words[draw.choice((0, 0, at))] += b" " + draw.choice(_FLAGS)


def _snippet(words: list[bytes], at: int, draw: random.Random) -> None:
    glue = draw.choice((b"", b" "))
    words[at] = draw.choice((words[at] + glue + draw.choice(_SNIPPETS), draw.choice(_SNIPPETS)))


def _keyword(words: list[bytes], at: int, draw: random.Random) -> None:
    words[0] = draw.choice(_KEYWORDS)


def _byte(words: list[bytes], at: int, draw: random.Random) -> None:
    word = words[at]
    if word:
        where = draw.randrange(len(word))
        words[at] = word[:where] + draw.choice((b"", b'"', b"'", b"\\")) + word[where + 1 :]


def _stray(lines: list[bytes], draw: random.Random) -> list[bytes]:
    where = _at(lines, draw)
    line = lines[where]
    at = draw.choice((0, len(line), draw.randint(0, len(line))))
    return [*lines[:where], line[:at] + draw.choice(_STRAYS) + line[at:], *lines[where + 1 :]]


def _drop_line(lines: list[bytes], draw: random.Random) -> list[bytes]:
    where = _at(lines, draw)
    return lines[:where] + lines[where + 1 :] if len(lines) > 1 else lines


def _insert_line(lines: list[bytes], draw: random.Random) -> list[bytes]:
    where = draw.choice((0, draw.randint(0, len(lines))))
    return [*lines[:where], draw.choice(_LINES), *lines[where:]]


def _move_line(lines: list[bytes], draw: random.Random) -> list[bytes]:
    rest = list(lines)
    line = rest.pop(_at(lines, draw))
    rest.insert(draw.randint(0, len(rest)), line)
    return rest


def _continuation(lines: list[bytes], draw: random.Random) -> list[bytes]:
    where = _at(lines, draw)
    line = lines[where]
    tail = draw.choice((b" \\", b"\\", b"\\ ", b" \\\t", b" \\\\", b" `", b"\r", b" \\\r"))
    bare = line.rstrip(b"\\ \t\r")
    line = bare if bare != line.rstrip() and draw.random() < 0.5 else line + tail
    return [*lines[:where], line, *lines[where + 1 :]]


def _newlines(lines: list[bytes], draw: random.Random) -> list[bytes]:
    kind = draw.choice(("crlf", "bom", "truncate", "join"))
    if kind == "crlf":
        return [line + b"\r" for line in lines[:-1]] + lines[-1:]
    if kind == "bom":
        return [b"\xef\xbb\xbf" + lines[0], *lines[1:]]
    if kind == "truncate":
        return lines[: draw.randint(1, len(lines))]
    where = draw.randrange(len(lines))
    return [*lines[:where], b"".join(lines[where : where + 2]), *lines[where + 2 :]]


MUTATIONS: tuple[Mutation, ...] = (
    _token(_drop), _token(_duplicate), _token(_swap), _token(_flag), _token(_flag),
    _token(_snippet), _token(_snippet), _token(_keyword), _token(_byte), _stray, _drop_line,
    _insert_line, _insert_line, _move_line, _continuation, _newlines,
)  # fmt: skip
