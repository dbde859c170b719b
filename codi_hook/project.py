"""What rules may know besides the bytes of the file: a few settings, and the build context."""

from __future__ import annotations

import os
from functools import cached_property

from codi_hook.frozen import dataclass


@dataclass(frozen=True, eq=False)
class Context:
    """The folder that a Dockerfile is built from, looked at only when a rule asks.

    `folder` is the build context and `dockerfile` the path of the file; neither need exist.
    """

    folder: str
    dockerfile: str

    @cached_property
    def ignore_path(self) -> str | None:
        """The ignore file that BuildKit would read: the Dockerfile's own before the context's."""
        for path in (f"{self.dockerfile}.dockerignore", os.path.join(self.folder, ".dockerignore")):
            if os.path.isfile(path):
                return path
        return None

    @cached_property
    def ignore_text(self) -> str | None:
        """The text of that file; None where there is none, or it cannot be read."""
        return None if self.ignore_path is None else _read(self.ignore_path)

    def exists(self, path: str) -> bool:
        """Whether the context holds `path`, given relative to it as COPY does."""
        return os.path.lexists(os.path.join(self.folder, path.lstrip("/")))

    def text(self, path: str) -> str | None:
        """The first MiB of a file of the context; None where there is none to be read."""
        return _read(os.path.join(self.folder, path.lstrip("/")))


def _read(path: str) -> str | None:
    if not os.path.isfile(path):  # a pipe would never end
        return None
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(1024 * 1024)
    except OSError:
        return None


@dataclass(frozen=True, eq=False)
class Project:
    """The settings that rules read, and the build context where the file lies on a disk."""

    trusted_registries: tuple[str, ...] = ()  # may hold * as in *.example.com
    label_schema: tuple[tuple[str, str], ...] = ()  # (label, kind of its value)
    strict_labels: bool = False  # labels that the schema does not name are findings
    context: Context | None = None


UNKNOWN = Project()
