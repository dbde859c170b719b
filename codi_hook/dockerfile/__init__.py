"""Lossless, BuildKit-faithful parsing: `parse(Source) -> Document`."""

from __future__ import annotations

from codi_hook.dockerfile.ast import (
    Argument,
    Comment,
    Directive,
    Flag,
    Heredoc,
    Instruction,
    Pair,
    Problem,
)
from codi_hook.dockerfile.document import Document, Image, Stage
from codi_hook.dockerfile.parser import parse, parse_fragment

__all__ = [
    "Argument",
    "Comment",
    "Directive",
    "Document",
    "Flag",
    "Heredoc",
    "Image",
    "Instruction",
    "Pair",
    "Problem",
    "Stage",
    "parse",
    "parse_fragment",
]
