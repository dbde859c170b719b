"""Without --build-arg, FROM names no image.

Why it matters: whoever builds the file without arguments (a registry's automatic build, a new
colleague, `docker build --check`) gets an error about an empty or malformed image name rather than
an image. So does an editor or scanner that reads the file.

Which alternative: an ARG that stands below FROM belongs above it. Where another stage names the
same image with a tag, that tag is a default that the file itself knows. Otherwise a default is for
a person to choose. A name that is refused for its capitals is lower case in every registry.

Why no fix is safe: the file does not build without arguments as it stands, so each of them changes
what happens.

When to ignore: where the file is a template, and something fills the name in before it is built.

Evidence: in 2 of 1,000 public Dockerfiles. Looked at: a whole image name that comes from outside,
the tags of two images from an ARG without a default, `FROM BASEIMAGE` and
`__DOCKER_ARCH__/python`, which a script fills in before the build.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.expansion import references
from codi_hook.recipes.from_words import base_name, global_values, is_image
from codi_hook.recipes.images import pins_of
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.wording import sentence


def check(document: Document) -> Iterator[Finding]:
    values = global_values(document)
    for stage in document.stages:
        name = base_name(document, stage, values)
        if name is not None and not is_image(name):
            shown = f"{name!r} is no image" if name else "no image is named"
            if "$" in stage.image.text:
                shown = f"Without --build-arg {shown}"
            yield Finding(stage.image.span, stage, sentence(shown))


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage = finding.subject
    document = finding.document
    text = stage.image.text
    empty = [ref for ref in references(text, document.escape) if not ref.operator]
    values = global_values(document)
    for name in dict.fromkeys(ref.name for ref in empty if not values.get(ref.name)):
        yield from _default(document, stage, name, name in values)
    if not empty and text != text.lower() and is_image(text.lower()):
        yield Candidate(
            "lower-image",
            f"Write {text.lower()}",
            (Edit(stage.image.span, text.lower()),),
            Applicability.UNSAFE,
            (
                Reason("lower-only", "names of images have no capitals"),
                Reason("may-be-template", f"{text} may stand for something that is filled in"),
            ),
        )
    if not empty:
        yield Candidate(
            "make-arg",
            "Take the image from an ARG with a default",
            (),
            Applicability.DISPLAY,
            (
                Reason("not-an-image", f"no registry can have an image named {text}"),
                Reason("overridable", "a build can then name another image by --build-arg"),
            ),
        )


def _default(document: Document, stage: Stage, name: str, declared: bool) -> Iterator[Candidate]:
    first = next(document.of("FROM"))
    later = [item.pair(name) for item in document.of("ARG") if item.pair(name)]
    known = next((pair for pair in later if pair is not None and pair.value is not None), None)
    if known is not None and not declared:
        shown = document.source.text(known.span)
        if "\n" not in shown and "$" not in shown:
            yield Candidate(
                "declare-before-from",
                f"Declare {shown} before the first FROM",
                (insert_before(first, f"{cased(first, 'ARG')} {shown}"),),
                Applicability.UNSAFE,
                (
                    Reason("too-late", "FROM sees the ARGs before the first FROM alone"),
                    Reason("known-default", f"{shown} is what the file declares further down"),
                ),
            )
    image, colon, rest = stage.image.text.partition(":")
    meta = next((item for item in document.meta_args if item.pair(name)), None)
    if colon and rest in (f"${name}", f"${{{name}}}") and meta is not None:
        for pin in pins_of(document, image):
            if pin.suffix.startswith(":") and "@" not in pin.suffix and "$" not in pin.suffix:
                pair = meta.pair(name)
                assert pair is not None
                yield Candidate(
                    "default-of-sibling",
                    f"Give {name} the default {pin.suffix[1:]}",
                    (Edit(pair.span, f"{name}={pin.suffix[1:]}"),),
                    Applicability.UNSAFE,
                    (
                        Reason("same-file", f"line {pin.line} names {image}{pin.suffix}"),
                        Reason("builds", "the file then builds without arguments"),
                    ),
                )
    yield Candidate(
        "choose-default",
        f"Give {name} a default before the first FROM",
        (),
        Applicability.DISPLAY,
        (
            Reason("no-default", f"{name} is empty where no --build-arg sets it"),
            Reason("yours-to-choose", "which image is the usual one cannot be known from here"),
        ),
    )


RULE = Rule(
    "CODI109",
    "invalid-default-arg-in-from",
    Severity.ERROR,
    "FROM names an image without any --build-arg",
    check,
    candidates,
    aliases=("InvalidDefaultArgInFrom",),
    triggers=("FROM",),
    templates=(
        "default-of-sibling: unsafe",
        "choose-default: display",
        "declare-before-from: unsafe",
        "lower-image: unsafe",
        "make-arg: display",
    ),
)
