"""Regular expressions that are compiled when they are first used.

Compiling the hundred expressions of rules and recipes takes longer than checking a file, and a
file needs a few of them. Where every file needs an expression, `re.compile` is plainer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import compile as pattern
else:
    import re

    class pattern:  # stands where `re.compile` stood
        """As `re.compile`; the methods that we use compile on their first call."""

        __slots__ = ("_arguments", "_compiled")

        def __init__(self, expression, flags=0):
            self._arguments = (expression, flags)
            self._compiled = None

        def _pattern(self):
            self._compiled = re.compile(*self._arguments)
            return self._compiled

        @property
        def pattern(self):
            return self._arguments[0]

        def match(self, *arguments):
            return (self._compiled or self._pattern()).match(*arguments)

        def fullmatch(self, *arguments):
            return (self._compiled or self._pattern()).fullmatch(*arguments)

        def search(self, *arguments):
            return (self._compiled or self._pattern()).search(*arguments)

        def findall(self, *arguments):
            return (self._compiled or self._pattern()).findall(*arguments)

        def finditer(self, *arguments):
            return (self._compiled or self._pattern()).finditer(*arguments)

        def split(self, *arguments):
            return (self._compiled or self._pattern()).split(*arguments)

        def sub(self, *arguments):
            return (self._compiled or self._pattern()).sub(*arguments)


__all__ = ["pattern"]
