from __future__ import annotations

import pytest

from codi_hook.model import Candidate, Edit, Reason
from codi_hook.ranking import rationale
from codi_hook.source import Span
from tests.ranking import parts


def test_without_a_model_the_first_reason_is_told() -> None:
    found = rationale.by_rule(parts.ADD_FLAG)
    assert found is not None
    assert (found.source, found.reasons) == ("rule", ("size",))
    assert found.text == "Recommended packages stay out, so the image is smaller."
    assert rationale.by_rule(Candidate("bare", "No reasons", ())) is None


@pytest.mark.parametrize(
    ("weights", "ids"),
    [
        ((0.1, 0.8, 0.1), ("explicit",)),
        ((0.45, 0.1, 0.45), ("size", "cost")),
        ((0.3, 0.5, 0.2), ("explicit", "size")),
        ((0.2, 0.5, 0.29), ("explicit",)),
    ],
)
def test_one_clause_or_two(weights: tuple[float, ...], ids: tuple[str, ...]) -> None:
    found = rationale.composed(parts.ADD_FLAG, (0, 1, 2), weights, ())
    assert (found.source, found.reasons) == ("composed", ids)
    texts = {reason.id: reason.text for reason in parts.REASONS}
    assert found.text.lower() == "; ".join(texts[i] for i in ids) + "."


def test_weights_belong_to_letters_and_letters_to_reasons() -> None:
    found = rationale.composed(parts.ADD_FLAG, (2, 0, 1), (0.9, 0.05, 0.05), ())
    assert found.reasons == ("cost",)


def test_two_long_clauses_do_not_make_one_sentence() -> None:
    long = tuple(Reason(str(i), f"it {i} " + "very " * 30 + "much") for i in range(2))
    found = rationale.composed(Candidate("c", "", (), reasons=long), (0, 1), (0.5, 0.5), ())
    assert found.reasons == ("0",)


@pytest.mark.parametrize(
    ("clause", "names", "text"),
    [
        ("the image is smaller", (), "The image is smaller."),
        ("apt-get keeps its lists.", (), "apt-get keeps its lists."),
        ("pip keeps its cache", (), "pip keeps its cache."),
        ("frobnicate exits with 3", ("frobnicate",), "frobnicate exits with 3."),
        ("maintainer is a label", (), "maintainer is a label."),
        ("USER says so", (), "USER says so."),
        (". comes from the context", (), ". comes from the context."),
    ],
)
def test_a_sentence_keeps_what_is_code(clause: str, names: tuple[str, ...], text: str) -> None:
    edit = Edit(Span(0, 0), 'LABEL maintainer="me"')
    candidate = Candidate("c", "", (edit,), reasons=(Reason("r", clause),))
    assert rationale.composed(candidate, (0,), (1.0,), names).text == text
