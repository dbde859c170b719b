"""Whatever the bytes: no exception, spans that tile the file, and the tree of BuildKit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codi_hook.dockerfile import parse
from codi_hook.source import Source, decode, encode
from scripts.compare import compare_tree, untiled
from scripts.mutate import mutants
from tests.judges import GoParser

WORDS = (
    "FROM RUN COPY ENV ARG CMD ONBUILD HEALTHCHECK LABEL a b=c <<E <<-E <<'E' E \\ # -- --a --b=c "
    '[ ] "a" , \' " $x ${x} ${x:-y} = `'
)
TOKENS = st.sampled_from(WORDS.split())
GLUE = st.sampled_from([" ", "", "\n", "\n", "\t", " \\\n", "\r\n", "\n\n", "\\\n# c\n"])
TEXTS = st.lists(st.tuples(TOKENS, GLUE), max_size=30).map(
    lambda pieces: "".join(token + glue for token, glue in pieces)
)
relaxed = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def go() -> Iterator[GoParser]:
    with GoParser() as judge:
        yield judge


@relaxed
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    document = parse(Source(data))
    assert untiled(document) == ""
    assert document.problems is not None


@relaxed
@given(TEXTS)
def test_any_tokens_have_the_tree_of_buildkit(go: GoParser, text: str) -> None:
    found = compare_tree("tokens", f"FROM a\n{text}".encode(), go)
    assert found is None or found.kind == "judge-older"


@relaxed
@given(TEXTS, st.integers(0, 2**32))
def test_any_damage_has_the_tree_of_buildkit(go: GoParser, text: str, seed: int) -> None:
    ((_, data),) = mutants([("tokens", f"FROM a\n{text}".encode())], seed)
    found = compare_tree("damaged", data, go)
    assert found is None or found.kind.startswith("judge-")


@relaxed
@given(st.binary(max_size=200))
def test_text_and_bytes_convert_both_ways(data: bytes) -> None:
    assert encode(decode(data)) == data


@relaxed
@given(TEXTS, st.integers(1, 10**9))
def test_a_fragment_elsewhere_has_the_same_tree(text: str, base: int) -> None:
    data = f"FROM a\n{text}".encode()
    here, there = parse(Source(data)), parse(Source(data, base=base))
    assert [item.span for item in here.instructions] == [
        (item.span.start - base, item.span.end - base) for item in there.instructions
    ]
    assert [item.values for item in here.instructions] == [
        item.values for item in there.instructions
    ]
