"""What a finding is recognised by when the lines around it have moved."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from codi_hook.model import Finding

_LENGTH = 16  # hexadecimal digits: 64 bits, for some thousands of findings in a repository


class Fingerprint(NamedTuple):
    """Two views of a finding, both without a line number.

    `exact`: rule, place and the whole instruction, white space apart. `place`: rule and the
    text of the finding's own span, for an instruction of which another part was edited.
    """

    exact: str
    place: str


def fingerprint(finding: Finding) -> Fingerprint:
    """The fingerprint of a finding of `lint`, which knows its document."""
    document = finding.document
    instruction = document.instruction_at(finding.span.start)
    own = _plain(document.source.text(finding.span))
    keyword = instruction.keyword if instruction else ""
    whole = _plain(document.source.text(instruction.span)) if instruction else own
    code = finding.rule.code
    return Fingerprint(_digest(code, keyword, whole, own), _digest(code, keyword, own))


def _plain(text: str) -> str:
    """Without the white space and continuations that a formatter would change."""
    return " ".join(text.replace("\\\r\n", " ").replace("\\\n", " ").split())


def _digest(*parts: str) -> str:
    joined = "\0".join(parts).encode("utf-8", "surrogateescape")
    return sha256(joined).hexdigest()[:_LENGTH]
