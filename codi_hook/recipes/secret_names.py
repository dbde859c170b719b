"""Ways out where ARG or ENV has the name of a secret."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Pair
from codi_hook.model import Applicability, Candidate, Document, Reason
from codi_hook.recipes.instructions import without_pair
from codi_hook.recipes.variables import names


def take_out(document: Document, item: Instruction, pair: Pair) -> Iterator[Candidate]:
    """Without the variable, where no instruction of the file reads it."""
    name = pair.key.value
    others = (one for one in document.instructions if one is not item)
    if len(item.pairs) > 1 and names(item.text.replace(f"{name}=", ""), name):
        return
    if not any(names(one.text, name) for one in others):
        yield Candidate(
            "take-out",
            f"Take {name} out of the file",
            (without_pair(item, pair),),
            Applicability.UNSAFE,
            (
                Reason("unread", f"no other instruction of the file names {name}"),
                Reason("not-told", "a program that reads it without being told would miss it"),
            ),
        )


def mount_secret(name: str) -> Candidate:
    return Candidate(
        "secret-mount",
        f"Mount {name} where it is needed: RUN --mount=type=secret,id={name.lower()} …",
        (),
        Applicability.DISPLAY,
        (
            Reason("no-layer", "a secret mount is there for one step and in no layer"),
            Reason("codi003", "CODI003 writes the mount where the steps that need it are plain"),
        ),
    )
