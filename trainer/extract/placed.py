"""Where the files of the context are in the image: what COPY, ADD and later moves made."""

from __future__ import annotations

import posixpath

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import Document
from codi_hook.recipes.contexts import sources
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective
from codi_hook.shell.ast import Command, Word
from trainer.extract.context import Context, clean

UNKNOWN = "/?"  # the folder of a base image that nothing is known of; the same one all along
# Where a command's bare name is looked for, unless ENV says more.
PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Placed:
    """What is known of the files of a stage. Paths in the image are absolute and normal."""

    def __init__(self, below: Placed | None = None) -> None:
        self._files: dict[str, str] = dict(below._files) if below else {}
        self._folders: dict[str, tuple[str, ...]] = dict(below._folders) if below else {}
        self.path: tuple[str, ...] = below.path if below else PATH

    def source(self, path: str, context: Context) -> str | None:
        """The file of the context that is at `path` in the image, or None."""
        known = self._files.get(path)
        if known is not None:
            return known
        folder = path
        while folder not in ("", "/"):
            folder = posixpath.dirname(folder)
            below = posixpath.relpath(path, folder)
            for start in self._folders.get(folder, ()):
                inside = clean(f"{start}/{below}")
                if inside in context.files:
                    return inside
        return None

    def copy(self, document: Document, item: Instruction, context: Context, root: str) -> None:
        """Take note of a COPY or ADD from the context; `root` is the context's folder."""
        words = [unquoted(one.value) for one in sources(item)]
        if not words or "$" in (target := unquoted(item.arguments[-1].value)):
            return
        many = len(words) > 1
        for word in words:
            if "$" in word:
                continue
            if not clean(word):  # the whole context, whichever of the two it is
                place = absolute(folder_of(document, item), target)
                self._folders[place] = (root, "")
                continue
            found = list(context.matches(root, word)) or list(context.matches("", word))
            for path in found:
                self._put(document, item, path, target, context, many or len(found) > 1)

    def _put(
        self,
        document: Document,
        item: Instruction,
        path: str,
        target: str,
        context: Context,
        many: bool,
    ) -> None:
        place = absolute(folder_of(document, item), target)
        if path not in context.files:
            self._folders[place] = (path,)
            return
        inner = posixpath.join(place, posixpath.basename(path))
        if many or target.endswith(("/", "/.")) or target in (".", ".."):
            self._files[inner] = path
        else:
            self._files[place] = path
            self._files.setdefault(inner, path)  # the target may be a folder of the base image

    def copy_from(
        self, document: Document, item: Instruction, other: Placed, context: Context
    ) -> None:
        """Take note of a COPY from another stage."""
        words = [unquoted(one.value) for one in item.arguments]
        place = absolute(folder_of(document, item), words[-1])
        for word in words[:-1]:
            start = absolute("/", word)
            source = other.source(start, context)
            if source is not None:
                self._files[place] = source
                self._files[posixpath.join(place, posixpath.basename(start))] = source
                continue
            for path, one in other._files.items():
                if _is_below(path, start):
                    self._files[absolute(place, posixpath.relpath(path, start))] = one
            for path, starts in other._folders.items():
                if _is_below(path, start):
                    self._folders[absolute(place, posixpath.relpath(path, start))] = starts
                elif _is_below(start, path):
                    below = posixpath.relpath(start, path)
                    self._folders[place] = tuple(clean(f"{one}/{below}") for one in starts)

    def moved(self, command: Command, paths: list[str | None], context: Context) -> None:
        """Take note of ``cp``, ``mv``, ``install`` and ``ln`` of one file to one place; `paths`
        are those of the operands."""
        if command.name not in ("cp", "mv", "ln", "install") or len(paths) != 2:
            return
        start, place = paths
        source = self.source(start, context) if start else None
        if source is not None and place is not None:
            self._files[place] = source
            self._files.setdefault(posixpath.join(place, posixpath.basename(source)), source)

    def environment(self, item: Instruction) -> None:
        """Take note of an ENV that adds to PATH."""
        for pair in item.pairs:
            if pair.key.value == "PATH" and pair.value is not None:
                parts = unquoted(pair.value.value).split(":")
                more = tuple(one for one in parts if one.startswith("/") and "$" not in one)
                self.path = (*more, *self.path)


def _is_below(path: str, folder: str) -> bool:
    """True for the folder itself, too."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def absolute(folder: str, path: str) -> str:
    """A path in the image, seen from `folder`.

    >>> absolute("/app", "./x.sh"), absolute("/app", "/x//y/"), absolute("/app", ".")
    ('/app/x.sh', '/x/y', '/app')
    """
    return "/" + posixpath.normpath(posixpath.join(folder, path)).lstrip("/")


def folder_of(document: Document, item: Instruction) -> str:
    found = effective(document, item)
    return found if found and found.startswith("/") else UNKNOWN


def last_folder(document: Document, stage: Stage) -> str:
    """The folder that the stage's image starts in."""
    last = stage.instructions[-1]
    if last.keyword == "WORKDIR" and last.arguments:
        return absolute(folder_of(document, last), unquoted(last.arguments[0].value))
    return folder_of(document, last)


def literal(word: Word) -> str | None:
    """A word as a path, or None for one that is no plain path."""
    text = word.value if word.value is not None else ""
    return text if text and "$" not in text and not text.startswith(("-", "~")) else None
