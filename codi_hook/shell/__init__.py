"""What a RUN does: commands, words, flags and redirects, each with its bytes in the file."""

from __future__ import annotations

from codi_hook.shell.document import Document, parse
from codi_hook.shell.parser import parse_script

__all__ = ["Document", "parse", "parse_script"]
