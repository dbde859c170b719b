"""What BuildKit refuses is refused, at the right place; every case is put to BuildKit as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codi_hook.dockerfile import Problem, parse
from codi_hook.dockerfile.instructions import SHAPES, duration
from codi_hook.source import Source
from tests.judges import BuildKit

# Instruction, what the problem covers, part of its message. {} of the message is not used.
REFUSED = [
    ("FOO bar", "FOO", "unknown instruction FOO"),
    ("FORM alpine", "FORM", "unknown instruction FORM"),
    ("ADD a", "ADD", "at least 2"),
    ("ADD --from=x a b", "--from=x", "unknown flag --from"),
    ("ADD --parents a b", "--parents", "unknown flag"),
    ("ARG", "ARG", "needs an argument"),
    ("ARG a =b", "=b", "without a name"),
    ("CMD --x y", "--x", "unknown flag --x"),
    ('CMD ["a", 1]', '["a", 1]', "other than strings"),
    ("COPY a", "COPY", "at least 2"),
    ('COPY ["a"]', "COPY", "at least 2"),
    ("COPY --FROM=x a b", "--FROM=x", "unknown flag"),
    ("COPY --checksum=x a b", "--checksum=x", "unknown flag"),
    ("COPY --from a b", "--from", "lacks its value"),
    ("COPY --link --link a b", "--link", "given twice"),
    ("COPY --link= a b", "--link=", "is a switch"),
    ("COPY --link=1 a b", "--link=1", "is a switch"),
    ("COPY <<E\nE", "COPY", "at least 2"),
    ("COPY a <<E\nE", "<<E", "here-document"),
    ('COPY ["a", "<<E"]', '"<<E"', "here-document"),
    ("ENTRYPOINT --x y", "--x", "unknown flag"),
    ("ENV", "ENV", "needs an argument"),
    ("ENV =b", "=b", "without a name"),
    ("ENV a", "a", "two arguments"),
    ("ENV a=b c", "c", "no = in"),
    ("ENV --x a=b", "--x", "unknown flag"),
    ("EXPOSE", "EXPOSE", "needs an argument"),
    ("EXPOSE --x 80", "--x", "unknown flag"),
    ("FROM", "FROM", "needs an argument"),
    ("FROM a b", "b", "AS NAME"),
    ("FROM a as", "as", "AS NAME"),
    ("FROM a of b", "of b", "AS NAME"),
    ("FROM a AS b c", "AS b c", "AS NAME"),
    ("FROM a AS 1", "1", "no name for a stage"),
    ("FROM a AS b/c", "b/c", "no name for a stage"),
    ("FROM a AS $b", "$b", "no name for a stage"),
    ("FROM --platform a", "--platform", "lacks its value"),
    ("FROM --platform=a --platform=b c", "--platform=b", "given twice"),
    ("FROM --network=a c", "--network=a", "unknown flag"),
    ("HEALTHCHECK", "HEALTHCHECK", "needs an argument"),
    ("HEALTHCHECK x", "x", "unknown type"),
    ("HEALTHCHECK CMD", "CMD", "lacks its command"),
    ("HEALTHCHECK CMD []", "CMD", "lacks its command"),
    ("HEALTHCHECK NONE x", "x", "takes no arguments"),
    ("HEALTHCHECK --interval CMD x", "--interval", "lacks its value"),
    ("HEALTHCHECK --interval=5 CMD x", "5", "no duration"),
    ("HEALTHCHECK --timeout=$T CMD x", "$T", "no duration"),
    ("HEALTHCHECK --start-period=3000000h CMD x", "3000000h", "no duration"),
    ("HEALTHCHECK --start-interval=0.5ms CMD x", "0.5ms", "shorter than 1ms"),
    ("HEALTHCHECK --interval=-1s CMD x", "-1s", "shorter than 1ms"),
    ("HEALTHCHECK --retries=-1 CMD x", "-1", "no count"),
    ("HEALTHCHECK --retries=2147483648 CMD x", "2147483648", "no count"),
    ("HEALTHCHECK --retry=1 CMD x", "--retry=1", "unknown flag"),
    ("LABEL", "LABEL", "needs an argument"),
    ("LABEL a", "a", "two arguments"),
    ("LABEL =b", "=b", "without a name"),
    ("MAINTAINER", "MAINTAINER", "needs an argument"),
    ("MAINTAINER --x y", "--x", "unknown flag"),
    ("ONBUILD", "ONBUILD", "needs an argument"),
    ("ONBUILD --x RUN y", "--x", "unknown flag"),
    ("RUN --x y", "--x", "unknown flag"),
    ("RUN --mount x", "--mount", "lacks its value"),
    ("RUN --mount= x", "--mount=", "comma-separated"),
    ("RUN --mount=from=$x,target=/y z", "from=$x,target=/y", "cannot hold a variable"),
    ('RUN --mount=a\\"b c', 'a\\"b', "comma-separated"),
    ("RUN --network=bridge x", "bridge", "cannot be bridge"),
    ("RUN --network=none --network=none x", "--network=none", "given twice"),
    ("RUN --security=x y", "x", "cannot be x"),
    ("RUN --device= x", "--device=", "comma-separated"),
    ("RUN --device=a,b x", "a,b", "unknown option b"),
    ("RUN --device=name=a,required=2 x", "name=a,required=2", "required cannot be 2"),
    ("RUN <<E", "<<E", "unterminated"),
    ("SHELL", "SHELL", "needs an argument"),
    ("SHELL []", "SHELL", "needs an argument"),
    ("SHELL sh -c", "sh -c", "JSON array"),
    ('SHELL ["sh"] # c', '["sh"] # c', "JSON array"),
    ("STOPSIGNAL", "STOPSIGNAL", "needs an argument"),
    ("USER", "USER", "needs an argument"),
    ("USER --x y", "--x", "unknown flag"),
    ("VOLUME", "VOLUME", "needs an argument"),
    ("VOLUME []", "VOLUME", "needs an argument"),
    ('VOLUME ["/a", " "]', '" "', "empty path"),
    ("WORKDIR", "WORKDIR", "needs an argument"),
]
# What the judge lets pass although BuildKit's own code refuses it (see judges.BuildKit).
REFUSED_ONLY_BY_BUILDKIT = [
    ("ONBUILD FROM a", "FROM", "cannot trigger FROM"),
    ("ONBUILD MAINTAINER a", "MAINTAINER", "cannot trigger MAINTAINER"),
    ("ONBUILD ONBUILD RUN x", "ONBUILD", "cannot trigger ONBUILD"),
    ("RUN --mount=type=volume,target=/x y", "type=volume,target=/x", "unknown type volume"),
    ("RUN --mount=type=cache,path=/x y", "type=cache,path=/x", "unknown option path"),
    ("RUN --mount=type=cache,target=/x,sharing=no y", None, "unknown sharing no"),
    ("RUN --mount=type=cache,target=/x,ro=yes y", None, "readonly cannot be yes"),
    ("RUN --mount=type=bind,target=/x,mode=0755 y", None, "mode is not for type bind"),
    ("RUN --mount=type=cache,target=/x,mode=999 y", None, "mode cannot be 999"),
    ("RUN --mount=type=cache,target y", None, "target lacks its value"),
    ("RUN --mount=type=cache,target=/x,required y", None, "required is not for type cache"),
    ("RUN --mount=type=tmpfs,target=/x,size=big y", None, "size cannot be big"),
    ("RUN --mount=type=secret y", None, "needs an id"),
    ("RUN --mount=type=secret,id=a,src=b y", None, "same thing"),
    ("RUN --mount=type=secret,id=a,from=b y", None, "has no from"),
]
TAKEN = [
    "ADD --unpack --checksum=sha256:x --keep-git-dir --link --exclude=a --exclude=b a b",
    "ARG --x y",
    "ARG a b=c d=",
    "CMD",
    "CMD []",
    "CMD [\"a\", 'b']",
    "COPY --from= a b",
    "COPY --link=TRUE --parents=false --chown=a:b --chmod=0755 --from=x a b",
    "COPY -- --a b",
    "COPY <<a <<b /x\na\nb",
    "COPY a <<<E",
    "COPY a <<",
    "ENTRYPOINT",
    'ENV ""=x',
    "ENV a b=c d",
    "ENV a=b c=",
    "EXPOSE http $port 80/tcp 99999",
    "FROM --platform= a",
    "FROM a AS B-1_2.3",
    "FROM a as scratch",
    "HEALTHCHECK --interval=0 --timeout=.5s --start-period=1h5m7.25s CMD x",
    "HEALTHCHECK --interval= --retries= cmd x",
    "HEALTHCHECK --interval=-0s --retries=+1 CMD x",
    "HEALTHCHECK --x=y NONE",
    "HEALTHCHECK none",
    'HEALTHCHECK CMD ["a"]',
    "LABEL a=b c=d",
    "MAINTAINER a b <c@d>",
    "ONBUILD COPY a",
    "ONBUILD FOO",
    "ONBUILD RUN --x y",
    "RUN",
    "RUN []",
    'RUN ["a", "b"',
    "RUN --mount=type=cache,target=/x,sharing=locked,uid=0,gid=0,mode=0755 y",
    "RUN --mount=type=$t,what=ever,target=/x y",
    "RUN --mount=type=secret,id=a,env=A,required y",
    "RUN --mount=type=bind,from=a$,target=/x,rw y",
    "RUN --mount=type=tmpfs,target=/x,size=64m --mount=type=ssh y",
    "RUN --network=host --security=insecure --device=vendor.com/a=b,required y",
    'SHELL ["a"]',
    "STOPSIGNAL --x y",
    "USER a b",
    "VOLUME a b",
    "VOLUME []/",
    'WORKDIR "a b"',
]


@pytest.fixture(scope="module")
def buildkit() -> Iterator[BuildKit]:
    with BuildKit() as judge:
        yield judge


def _problems(text: str) -> tuple[Problem, ...]:
    return parse(Source(text.encode())).problems


def _file(instruction: str) -> str:
    return f"FROM alpine\n{instruction}\n"


@pytest.mark.parametrize(("instruction", "covers", "message"), REFUSED)
def test_refused(buildkit: BuildKit, instruction: str, covers: str, message: str) -> None:
    _refused(instruction, covers, message)
    assert buildkit.refusal(_file(instruction).encode()), "BuildKit takes it"


@pytest.mark.parametrize(("instruction", "covers", "message"), REFUSED_ONLY_BY_BUILDKIT)
def test_refused_beyond_the_judge(instruction: str, covers: str | None, message: str) -> None:
    _refused(instruction, covers, message)


def _refused(instruction: str, covers: str | None, message: str) -> None:
    text = _file(instruction)
    problem, *more = _problems(text)
    assert message in problem.message
    assert not more
    assert problem.hint
    assert "\n" not in problem.message + problem.hint
    assert covers is None or Source(text.encode()).text(problem.span) == covers


@pytest.mark.parametrize("instruction", TAKEN)
def test_taken(buildkit: BuildKit, instruction: str) -> None:
    assert _problems(_file(instruction)) == ()
    assert buildkit.refusal(_file(instruction).encode()) == ""


@pytest.mark.parametrize("keyword", SHAPES)
def test_every_instruction_is_known_in_any_case(keyword: str) -> None:
    for written in (keyword, keyword.lower(), keyword.title()):
        assert not any("unknown" in problem.message for problem in _problems(_file(written)))


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("", 0, "no FROM"),
        ("# only a comment\n", 0, "no FROM"),
        ("ARG a\n", 0, "no FROM"),
        ("ARG a\nRUN x\n", 0, "no FROM"),
        ("ARG a\nRUN x\nRUN y\nFROM b\n", 6, "RUN stands before the first FROM"),
        ("FORM a\nRUN x\n", 0, "unknown instruction FORM"),
    ],
)
def test_the_file_as_a_whole(text: str, at: int, message: str) -> None:
    problem, *more = _problems(text)
    assert (problem.span.start, more) == (at, [])
    assert message in problem.message


def test_every_problem_is_reported_in_order() -> None:
    problems = _problems("FROM a b\nRUN x\nCOPY c\nFOO\n")
    assert [problem.span.start for problem in problems] == [7, 15, 22]


def test_suggestions() -> None:
    assert _problems("FORM a\n")[0].hint == "did you mean FROM?"
    assert _problems("FROM a\nCOPY --form=b c d\n")[0].hint == "did you mean --from?"


def test_a_message_is_one_short_line_whatever_the_file_holds() -> None:
    for word in ("x" * 10_000, "\x1b[31m", "a\u2028b", "\x00"):
        text = f"FROM a\n{word} b\nCOPY --{word}=1 a b\nRUN --mount={word}=1 a\nFROM a AS {word}\n"
        for problem in _problems(text):
            assert problem.message.isprintable()
            assert len(problem.message) < 150


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1m30s", 90 * 10**9),
        ("1.5h", 5400 * 10**9),
        (".25ms", 250_000),
        ("1.s", 10**9),
        ("100µs", 100_000),
        ("100μs", 100_000),
        ("+3ns", 3),
        ("-0", 0),
        ("0", 0),
        ("9223372036854775807ns", 2**63 - 1),
        ("9223372036854775808ns", None),
        ("5", None),
        ("", None),
        ("s", None),
        (".s", None),
        ("1d", None),
        ("1 s", None),
        ("1s ", None),
        ("1s\n", None),
        ("--1s", None),
        ("١s", None),
    ],
)
def test_durations(text: str, nanoseconds: int | None) -> None:
    assert duration(text) == nanoseconds


def test_the_verdict_is_kept_with_the_instruction() -> None:
    document = parse(Source(b"FROM a\nCOPY b\n"))
    assert document.problems
    assert document.instructions[1].memo["problem"] is document.problems[0]
