"""What COPY and ADD take from the build context, and whether a folder is that context."""

from __future__ import annotations

from codi_hook.dockerfile import Argument, Instruction
from codi_hook.model import Document
from codi_hook.project import Context
from codi_hook.recipes.manifests import CONTEXT
from codi_hook.recipes.values import unquoted

__all__ = ["CONTEXT", "fits", "sources"]


def sources(item: Instruction) -> tuple[Argument, ...]:
    """The words that name something in the build context; none for a copy from a stage."""
    if item.flag("from") is not None or item.heredocs:
        return ()
    return tuple(one for one in item.arguments[:-1] if "://" not in one.value)


def fits(document: Document, context: Context, besides: str = "") -> bool:
    """False where a file that is copied by name is not there: the context is another folder.

    `besides` is a file that is left out of the question.
    """
    for item in document.of("COPY", "ADD"):
        for source in sources(item):
            name = unquoted(source.value)
            if name in CONTEXT or name == besides or any(char in name for char in "$*?[\\"):
                continue
            if not context.exists(name):
                return False
    return True
