"""Findings that a project has accepted: only what came after them is reported.

The file is JSON, sorted, without line numbers, so that it changes only when findings do. An entry
is used up by one finding: a second one of the same kind in the same place is new.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from codi_hook.errors import CodiError
from codi_hook.fingerprint import Fingerprint, fingerprint
from codi_hook.model import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codi_hook.reporting.report import FileReport

DEFAULT = ".codi-hook-baseline.json"
SCHEMA = 1
_LIMIT = 64 * 1024 * 1024  # bytes
_HINT = "write it anew with --write-baseline"


class Baseline:
    """The accepted findings by path, as fingerprints."""

    def __init__(self, path: str, files: dict[str, tuple[Fingerprint, ...]]) -> None:
        self.folder = os.path.dirname(os.path.abspath(path))
        self.files = files

    def fresh(self, path: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings in the file at `path` that are not accepted, in their order."""
        accepted = self.files.get(relative(path, self.folder))
        if not accepted:
            return tuple(findings)
        left = Counter(accepted)
        prints = [fingerprint(finding) for finding in findings]
        new: list[int] = []
        for number, found in enumerate(prints):  # whole matches first, whatever their order
            if left[found]:
                left[found] -= 1
            else:
                new.append(number)
        places = Counter(found.place for found in left.elements())
        fresh = []
        for number in new:
            place = prints[number].place
            if places[place]:
                places[place] -= 1
            else:
                fresh.append(findings[number])
        return tuple(fresh)


def relative(path: str, folder: str) -> str:
    """`path` as the baseline names it: from its own folder, with forward slashes."""
    try:
        path = os.path.relpath(os.path.abspath(path), folder)
    except ValueError:  # another drive
        path = os.path.abspath(path)
    return path.replace(os.sep, "/")


def load(path: str) -> Baseline:
    """The baseline at `path`. Raises CodiError where it is missing or no baseline."""
    import json

    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read(_LIMIT + 1)
    except FileNotFoundError:
        raise CodiError("no such baseline", "make it with --write-baseline", path) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise CodiError(f"the baseline cannot be read: {reason.lower()}", _HINT, path) from None
    if len(text) > _LIMIT:
        raise CodiError("the baseline is too large", _HINT, path)
    try:
        return Baseline(path, _files(json.loads(text)))
    except json.JSONDecodeError as error:
        message = f"is no JSON: {error.msg.lower()}"
        raise CodiError(message, _HINT, path, error.lineno, error.colno) from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise CodiError("is no baseline of this version", _HINT, path) from None


def _files(data: Any) -> dict[str, tuple[Fingerprint, ...]]:
    if data["schema"] != SCHEMA:
        raise ValueError
    found = {}
    for path, entries in data["files"].items():
        pairs = [(entry["exact"], entry["place"]) for entry in entries]
        if not all(isinstance(part, str) for pair in pairs for part in pair):
            raise TypeError
        found[path] = tuple(Fingerprint(*pair) for pair in pairs)
    return found


def write(path: str, reports: Iterable[FileReport]) -> int:
    """Accept every finding of the reports; gives their number.

    Raises:
        CodiError: the file cannot be written; it is then as it was.
    """
    import json

    from codi_hook.fixes.write import create

    folder = os.path.dirname(os.path.abspath(path))
    files = {}
    for report in reports:
        if report.findings:
            rows = [
                {"code": f.code, "message": f.message, "exact": f.exact, "place": f.place}
                for f in report.findings
            ]
            rows.sort(key=lambda row: (row["code"], row["exact"], row["place"]))
            files[relative(report.path, folder)] = rows
    data = {"schema": SCHEMA, "tool": "codi-hook", "files": dict(sorted(files.items()))}
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    try:
        create(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise CodiError(f"cannot be written: {reason}", "name another file", path) from None
    return sum(map(len, files.values()))
