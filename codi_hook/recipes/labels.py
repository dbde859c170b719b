"""Labels of images: what a LABEL says, what the schema asks of it, and edits on one label."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from codi_hook.dockerfile import Instruction, Pair, Stage
from codi_hook.frozen import dataclass
from codi_hook.model import Applicability, Candidate, Document, Edit, Finding, Reason
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.values import quoted, word
from codi_hook.source import Span

OCI = "org.opencontainers.image."
# Keys that say the same, the one of the OCI image specification first. Source: its annotations
# page, which maps those of label-schema.org, and the short forms that images carry in practice.
_SAME = (
    (OCI + "authors", "maintainer", "maintainers", "author", "authors"),
    (OCI + "created", "org.label-schema.build-date", "build-date"),
    (OCI + "description", "org.label-schema.description", "description"),
    (OCI + "documentation", "org.label-schema.usage", "documentation"),
    (OCI + "licenses", "org.label-schema.license", "license", "licenses"),
    (OCI + "revision", "org.label-schema.vcs-ref", "vcs-ref", "git-commit", "revision"),
    (OCI + "source", "org.label-schema.vcs-url", "vcs-url", "source"),
    (OCI + "title", "org.label-schema.name", "name", "title"),
    (OCI + "url", "org.label-schema.url", "url", "homepage"),
    (OCI + "vendor", "org.label-schema.vendor", "vendor"),
    (OCI + "version", "org.label-schema.version", "version"),
)
_ARGUMENTS = {
    "hash": "VCS_REF",
    "rfc3339": "BUILD_DATE",
    "semver": "VERSION",
    "spdx": "LICENSE",
}


@dataclass(frozen=True, eq=False)
class Label:
    """One key and value of a LABEL. `key` and `value` are what BuildKit reads: without quotes
    and escapes. `value` is None where a variable in it is only known at build time."""

    instruction: Instruction
    pair: Pair
    key: str
    value: str | None

    @property
    def span(self) -> Span:
        return self.pair.value.span if self.pair.value and self.pair.value.value else self.pair.span


def labels(document: Document) -> Iterator[Label]:
    """The labels that the image gets, in order; those of ONBUILD go to other images."""
    for item in document.instructions:
        if item.keyword == "LABEL":
            yield from labels_of(item, document.escape)


def labels_of(item: Instruction, escape: str) -> Iterator[Label]:
    for pair in item.pairs:
        key = plain(pair.key.value, escape)
        value = plain(pair.value.value, escape) if pair.value else ""
        yield Label(item, pair, pair.key.value if key is None else key, value)


def plain(text: str, escape: str) -> str | None:
    """The text of a word without quotes and escapes; None where it holds a variable."""
    if not any(sign in text for sign in ("'", '"', "$", escape)):
        return text
    out: list[str] = []
    quote, at = "", 0
    while at < len(text):
        char = text[at]
        following = text[at + 1 : at + 2]
        if quote == "'":
            quote, char = ("", "") if char == "'" else (quote, char)
        elif char == escape and following and (not quote or following in ('"', "$", escape)):
            char, at = following, at + 1
        elif char == quote:
            quote = char = ""
        elif not quote and char in "'\"":
            quote, char = char, ""
        elif char == "$" and re.match(r"[\w{]", following):
            return None
        out.append(char)
        at += 1
    return "".join(out)


def of_kind(document: Document, kind: str) -> Iterator[Label]:
    """The labels that the schema gives the kind, whose value can be judged."""
    schema = document.project.label_schema
    keys = {key for key, its_kind in schema if its_kind == kind} if schema else ()
    if keys:
        for label in labels(document):
            if label.key in keys and label.value is not None:
                yield label


def misfits(
    document: Document, kind: str, fits: Callable[[str], object], what: str
) -> Iterator[Finding]:
    """A finding for each label of the kind whose value does not fit."""
    for label in of_kind(document, kind):
        if not fits(label.value or ""):
            said = (
                f"Label {label.key} is {label.value!r}"
                if label.value
                else f"Label {label.key} is empty"
            )
            yield Finding(label.span, label, f"{said}, which is not {what}")


def carried(stage: Stage, escape: str) -> frozenset[str]:
    """The keys of the labels that a stage and those it is built on set."""
    return frozenset(
        label.key
        for part in stage.lineage()
        for item in part.of("LABEL")
        for label in labels_of(item, escape)
    )


def same_keys(key: str) -> tuple[str, ...]:
    """The other keys that say what `key` says, the OCI specification's first; upper case and _
    in `key` do not matter."""
    key = key.lower().replace("_", "-")
    return next((tuple(k for k in group if k != key) for group in _SAME if key in group), ())


def set_value(label: Label, text: str, escape: str) -> Edit:
    """Give the label another value, with quotes where it had them or needs them."""
    pair = label.pair
    if _in_one_quote(pair) or pair.value is None or not pair.value.value:
        return _set_raw(label, word(text, escape), escape)
    bare = pair.value.value[0] not in "'\"" and " " not in pair.value.value
    return Edit(pair.value.span, word(text, escape) if bare else quoted(text, escape))


def _set_raw(label: Label, text: str, escape: str) -> Edit:
    """Give the label a value that is written as it is, variables included."""
    pair = label.pair
    if _in_one_quote(pair):
        return Edit(pair.span, f"{word(label.key, escape)}={text}")
    if pair.value is None or not pair.value.value:
        return Edit(Span(pair.span.end, pair.span.end), text)
    return Edit(pair.value.span, text)


def _in_one_quote(pair: Pair) -> bool:
    """True for ``"key=value"``, whose quote opens in the key and closes in the value."""
    key = pair.key.value
    return key[:1] in ("'", '"') and (len(key) < 2 or key[-1] != key[0])


def rename(label: Label, key: str) -> Edit:
    quote = label.pair.key.value[:1]
    quote = quote if quote in ("'", '"') else ""
    if _in_one_quote(label.pair):
        return Edit(label.pair.key.span, quote + key)
    return Edit(label.pair.key.span, f"{quote}{key}{quote}")


def renamed(
    label: Label, key: str, template: str, title: str, reasons: tuple[Reason, ...]
) -> Candidate:
    """A candidate that gives the label another key: who filters by the old one misses it."""
    edits = (rename(label, key),)
    return Candidate(template, title, edits, Applicability.UNSAFE, reasons)


def argument_name(key: str, kind: str) -> str:
    """The name that a build argument with the label's value has in the field."""
    return _ARGUMENTS.get(kind) or re.sub(r"\W+", "_", key.rpartition(".")[2]).upper().strip("_")


def from_argument(finding: Finding, kind: str) -> Candidate:
    """The value as a build argument, of a name that the field uses for it."""
    label: Label = finding.subject
    document = finding.document
    known = {pair.key.value for item in _args_before(document, label) for pair in item.pairs}
    name = argument_name(label.key, kind)
    edits: tuple[Edit, ...] = (_set_raw(label, f"${name}", document.escape),)
    if name not in known:
        declare = f"{cased(label.instruction, 'ARG')} {name}"
        edits = (insert_before(label.instruction, declare), *edits)
    return Candidate(
        "build-argument",
        f"Take it from the build argument {name}",
        edits,
        Applicability.UNSAFE,
        (
            Reason("fresh", f"the builder then gives {label.key} its value each time"),
            Reason("pass-it", f"without --build-arg {name}=… the label is empty"),
            Reason("unjudged", "what is only known at build time is not judged here"),
        ),
    )


def _args_before(document: Document, label: Label) -> Iterator[Instruction]:
    stage = document.stage_of(label.instruction)
    for item in stage.instructions if stage else ():
        if item is label.instruction:
            return
        if item.keyword == "ARG":
            yield item


def rewritten(
    finding: Finding,
    template: str,
    title: str,
    text: str,
    reasons: tuple[Reason, ...],
    level: Applicability = Applicability.UNSAFE,
) -> Candidate:
    """A candidate that gives the finding's label the value `text`."""
    edits = (set_value(finding.subject, text, finding.document.escape),)
    return Candidate(template, title, edits, level, reasons)


def by_hand(finding: Finding, what: str) -> Candidate:
    """Advice where nothing in the file tells the value."""
    key = finding.subject.key
    return Candidate(
        "write-it",
        f"Write {what} into {key}",
        (),
        Applicability.DISPLAY,
        (
            Reason("unknown", f"nothing in the file tells what {key} should say"),
            Reason("schema", f"the label schema of this project asks for {what}"),
        ),
    )
