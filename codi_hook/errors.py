"""Errors that are meant for a person: one line, where, and what to do about it."""

from __future__ import annotations


class CodiError(Exception):
    """Something the user can act on; the program ends with 2 and never shows a traceback.

    `path`, `line` and `column` (1-based, 0 for none) say where; `hint` says what to do.
    """

    def __init__(
        self, message: str, hint: str = "", path: str = "", line: int = 0, column: int = 0
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = self.path
        if where and self.line:
            where += f":{self.line}:{self.column or 1}"
        head = f"{where}: {self.message}" if where else self.message
        return f"{head} ({self.hint})" if self.hint else head
