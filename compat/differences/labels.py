"""What only speaks with a configuration of hadolint's: labels by schema, forbidden ignores."""

from __future__ import annotations

import re

from codi_hook.recipes.labels import Label, labels_of
from codi_hook.recipes.spdx import current, is_expression
from compat.differences.base import OURS, THEIRS, Place, difference
from compat.differences.places import inner

_KINDS = "DL3052 DL3053 DL3054 DL3055 DL3056 DL3058"


def _labels(place: Place) -> list[Label]:
    return list(labels_of(inner(place), place.document.escape))


@difference(
    _KINDS,
    reported_by=THEIRS,
    example="FROM alpine:3.20\nARG X\nLABEL url=$X\n",
    settings="label-schema:\n  url: url\n",
)
def label_from_a_variable(place: Place) -> bool:
    """What a label will be whose value holds a variable is known when the image is built. hadolint
    judges the text `$X` itself, so that it reports every label from a build argument."""
    return any(label.value is None for label in _labels(place))


@difference(
    _KINDS,
    reported_by=THEIRS,
    example='FROM alpine:3.20\nLABEL url "https://a.example"\n',
    settings="label-schema:\n  url: url\n",
)
def old_form_in_quotes(place: Place) -> bool:
    """In the old form, `LABEL key "value"`, BuildKit takes the quotes away."""
    return any(
        pair.separator == " " and pair.value is not None and pair.value.value[:1] in "'\""
        for pair in inner(place).pairs
    )


@difference(
    "DL3054",
    reported_by=THEIRS,
    example='FROM alpine:3.20\nLABEL license="MIT OR Apache-2.0"\n',
    settings="label-schema:\n  license: spdx\n",
)
def spdx_expression(place: Place) -> bool:
    """Expressions (AND, OR, WITH, brackets, LicenseRef-) are what the OCI image specification asks
    for; hadolint knows single identifiers only."""
    values = [label.value for label in _labels(place) if label.value]
    return any(is_expression(value) and value not in current() for value in values)


@difference(
    "DL3054",
    reported_by=THEIRS,
    example="FROM alpine:3.20\nLABEL license=FSL-1.1-MIT\n",
    settings="label-schema:\n  license: spdx\n",
)
def newer_licence(place: Place) -> bool:
    """The identifier is younger than hadolint's list of licences."""
    return any(label.value in current() for label in _labels(place))


@difference(
    "DL3055",
    reported_by=THEIRS,
    example="FROM alpine:3.20\nLABEL commit=abcdef0123\n",
    settings="label-schema:\n  commit: hash\n",
)
def longer_commit(place: Place) -> bool:
    """git abbreviates to more than 7 digits in large repositories, and names commits by 64 where a
    repository uses SHA-256; hadolint takes 7 and 40."""
    longer = re.compile("[0-9a-f]{8,39}|[0-9a-f]{64}").fullmatch
    return any(longer(label.value or "") for label in _labels(place))


@difference(
    "DL1001",
    reported_by=OURS,
    example="FROM alpine:3.20\n# codi-hook ignore=DL3018\nRUN true\n",
    settings="override:\n  warning: [DL1001]\n",
)
def ignore_of_another_form(place: Place) -> bool:
    """Our own inline ignores are forbidden too, and so are those that we honour and hadolint does
    not: in capitals, with blanks between the codes, by name."""
    plain = re.compile(r"hadolint\s+(?:global\s+)?ignore\s*=\s*(?:DL|SC)\d+").match
    return any("ignore" in c.text.lower() and not plain(c.text) for c in place.document.comments)
