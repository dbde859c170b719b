"""The comment above an ARG or a FROM, which BuildKit takes for its description."""

from __future__ import annotations

import re

from codi_hook.dockerfile import Comment, Instruction
from codi_hook.model import Document
from codi_hook.patterns import pattern

_of_tool = pattern(
    r"(?:hadolint|codi-hook|tally|renovate|dependabot|checkov|trivy|kics-scan|nosemgrep|semgrep"
    r"|shellcheck|pragma|noqa|nosec|vim?|ex)(?=[:=\s-])|[-*_ ]*-\*-",
    re.IGNORECASE,
).match


def described_names(item: Instruction) -> list[str]:
    """The names of which the comment may be the description: of ARGs, or of the stage."""
    if item.keyword == "ARG":
        return [pair.key.value for pair in item.pairs]
    if item.keyword == "FROM" and len(item.arguments) == 3:
        return [item.arguments[2].value.lower()]
    return []


def description(document: Document, item: Instruction) -> Comment | None:
    """The last comment line above the instruction, empty lines between or not; None where there is
    none, it says nothing, or it speaks to a tool."""
    directives = {directive.span for directive in document.directives}
    comments = [
        comment for comment in item.leading if not comment.inside and comment.span not in directives
    ]
    if not comments or not comments[-1].text or _of_tool(comments[-1].text):
        return None
    return comments[-1]


def describes(comment: Comment, name: str) -> bool:
    return comment.text == name or comment.text.startswith(f"{name} ")
