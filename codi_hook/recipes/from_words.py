"""What FROM comes to without any --build-arg, and whether that names an image."""

from __future__ import annotations

from collections.abc import Mapping

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.arguments import PLATFORM
from codi_hook.recipes.expansion import Reference, references

# What BuildKit sets by itself on the most common machine; which one it is makes no difference.
_AUTOMATIC = {
    f"{side}{part}": value
    for side in ("BUILD", "TARGET")
    for part, value in (
        ("PLATFORM", "linux/amd64"), ("OS", "linux"), ("OSVERSION", ""), ("ARCH", "amd64"),
        ("VARIANT", ""),
    )
} | {"TARGETSTAGE": "default"}  # fmt: skip
_host = pattern(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?\Z")
_path = pattern(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*\Z")
_tag = pattern(r"\w[\w.-]{0,127}\Z")
_digest = pattern(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}\Z")
_hash = pattern(r"[a-f0-9]{64}\Z")


def global_values(document: Document) -> dict[str, str | None]:
    """The ARGs that FROM sees, with the value that each has where no --build-arg is given."""
    values: dict[str, str | None] = dict(_AUTOMATIC)
    for item in document.meta_args:
        for pair in item.pairs:
            word = None if pair.value is None else _unquoted(pair.value.value)
            filled = None if word is None else fill(word, values, document.escape)
            if filled is not None or pair.key.value not in _AUTOMATIC:
                values[pair.key.value] = filled
    return values


def _unquoted(text: str) -> str:
    return text.replace('"', "") if "'" not in text else text.strip("'")


def fill(text: str, values: Mapping[str, str | None], escape: str) -> str | None:
    """The text with its variables filled in, those without a value as nothing; None where it uses
    an operator other than ``-`` and ``+``, or grows beyond what an image's name can be."""
    result, at = "", 0
    for reference in references(text, escape):
        if reference.start < at:
            continue  # within the word of another one
        value = _value(reference, values, escape)
        if value is None or len(result) + len(value) > 4096:
            return None
        result += text[at : reference.start] + value
        at = reference.end
    return result + text[at:]


def _value(reference: Reference, values: Mapping[str, str | None], escape: str) -> str | None:
    known, operator = values.get(reference.name), reference.operator
    if not operator:
        return known or ""
    if operator not in ("-", ":-", "+", ":+"):
        return None
    has = bool(known) if operator[0] == ":" else known is not None
    if operator[-1] == "-":
        return known if has and known is not None else fill(reference.word, values, escape)
    return fill(reference.word, values, escape) if has else ""


def undeclared(
    document: Document, item: Instruction, text: str, values: Mapping[str, str | None]
) -> list[Reference]:
    """The variables in a word of FROM that no ARG before the first FROM declares."""
    return [
        reference
        for reference in references(text, document.escape)
        if reference.name not in values and reference.name not in PLATFORM
    ]


def base_name(document: Document, stage: Stage, values: Mapping[str, str | None]) -> str | None:
    """What the image of the stage comes to; None where it is another stage, or not known."""
    if stage.parent is not None or not stage.image.text:
        return None
    name = fill(stage.image.text.replace('"', ""), values, document.escape)
    if name is not None and any(name.lower() == other.name for other in document.stages):
        return None
    return name


def is_image(name: str) -> bool:
    """True for a name by the grammar of image references (distribution/reference)."""
    rest, at, digest = name.partition("@")
    if at and not _digest.match(digest):
        return False
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _tag.match(tag):
        return False
    path = head + slash + last
    first, slash, others = path.partition("/")
    if slash and (first != first.lower() or first == "localhost" or any(c in first for c in ".:")):
        if not _host.match(first):
            return False
        path = others
    return bool(_path.match(path)) and not _hash.match(path) and len(path) <= 255
