"""What a RUN gives a shell to read, as a script that ShellCheck can judge."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.frozen import dataclass, replace
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.facts import ALPINE, ARCH, RHEL, SUSE, family
from codi_hook.shell.ast import Word
from codi_hook.shell.quoting import unescaped
from codi_hook.shell.text import Text, logical, verbatim
from codi_hook.shell.wrappers import SHELLS, reads_stdin, script_word
from codi_hook.source import Span

LONGEST = 64 * 1024  # bytes; the longest script of 16,000 public files has a quarter of that
PROLOGUE = 2  # lines before the script's own
# ShellCheck's name of a dialect and how it is asked for.
SHEBANGS = {
    "sh": "#!/bin/sh",
    "bash": "#!/bin/bash",
    "dash": "#!/bin/dash",
    "busybox": "#!/bin/busybox sh",
    "ksh": "#!/bin/ksh",
}
_DIALECTS = {"sh": "sh", "bash": "bash", "dash": "dash", "ash": "busybox", "ksh": "ksh"}
# What /bin/sh is where the distribution is known. Debian's dash is asked for as sh, which says
# the same under the codes that people know.
_STANDARD = {ALPINE: "busybox", RHEL: "bash", SUSE: "bash", ARCH: "bash"}
# Docker sets them where the client has them, without an ARG.
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy")
_name = pattern(r"[A-Za-z_]\w*\Z", re.ASCII).match
_odd = pattern("[\0\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class Snippet:
    """A script: its `text`, which knows where it stands in the file, the dialect that reads it
    and the variables that have a value before it begins.

    `inner` is False where the text stands in the file as a shell would be given it, True where
    it is quoted, as in JSON: such a text can be reported on, not edited.
    """

    instruction: Instruction
    text: Text
    dialect: str  # a key of SHEBANGS
    names: tuple[str, ...]
    inner: bool = False

    @cached_property
    def script(self) -> str:
        """The characters of the text; what is no character stands as ``?``, so that ShellCheck
        counts columns as we do."""
        data = self.text.data
        shown = self.text.ascii
        if shown is None or "\0" in shown:
            shown = _odd.sub("?", data.decode("utf-8", "surrogateescape"))
        return "# " + shown[2:] if shown.startswith("#!") else shown

    @property
    def source(self) -> str:
        return program(self.script, self.dialect, self.names)

    @cached_property
    def _lines(self) -> list[int]:
        starts = [0]
        starts.extend(match.end() for match in re.finditer("\n", self.script))
        return starts

    def index(self, line: int, column: int) -> int | None:
        """Offset in `script` of a 1-based line and column of `source`; None before the text."""
        line -= PROLOGUE
        if line < 1:
            return None
        starts = self._lines
        if line > len(starts):
            return len(self.script)
        end = starts[line] - 1 if line < len(starts) else len(self.script)
        return max(starts[line - 1], min(starts[line - 1] + column - 1, end))

    def offset(self, index: int) -> int:
        """Offset in `text.data` of an offset in `script`."""
        if self.text.ascii is not None:
            return index
        return len(self._decoded[:index].encode("utf-8", "surrogateescape"))

    @cached_property
    def _decoded(self) -> str:
        return self.text.data.decode("utf-8", "surrogateescape")

    def line_of(self, index: int) -> int:
        """1-based line of an offset in `script`."""
        return bisect_right(self._lines, index)


def program(script: str, dialect: str, names: tuple[str, ...]) -> str:
    """What ShellCheck is given. The value of a variable is unknown: any word stands for it."""
    known = "export " + " ".join(f"{name}=1" for name in names) if names else ":"
    return f"{SHEBANGS[dialect]}\n{known}\n{script}\n"


def snippets(
    document: Document, faithful: bool = False, forgetful: bool = False
) -> Iterator[Snippet]:
    """The scripts of every RUN, ONBUILD RUN included, in order.

    `faithful` looks where hadolint looks and with its eyes: /bin/sh is POSIX's on every image,
    JSON form and what a here-document feeds to a command are passed over. `forgetful`, too,
    takes the shell for /bin/sh again behind an ENV or ARG, which is wrong, and what hadolint does.
    """
    for stage in document.stages:
        forgotten = False
        here = {*_PROXIES, *_inherited(stage)}  # what has a value in this build
        later = set(_PROXIES)  # and in one that is based on the image
        for item in stage.instructions:
            inner = item.trigger or item
            if item.keyword in ("ENV", "ARG", "SHELL"):
                forgotten = forgetful and item.keyword != "SHELL"
            if inner.keyword in ("ENV", "ARG"):
                names = set(_assigned(inner))
                here |= names if inner is item else set()
                later |= names if inner is not item or inner.keyword == "ENV" else set()
            elif inner.keyword == "RUN" and inner.span.end - inner.span.start <= LONGEST:
                known = tuple(sorted(here if inner is item else later))
                for one in _of(document, stage, inner, known, faithful):
                    yield replace(one, dialect="sh") if forgotten else one


def _inherited(stage: Stage) -> Iterator[str]:
    for member in stage.lineage():
        if member is not stage:
            for item in member.of("ENV", "ARG"):
                yield from _assigned(item)


def _assigned(item: Instruction) -> Iterator[str]:
    return (pair.key.value for pair in item.pairs if _name(pair.key.value))


def _of(
    document: Document, stage: Stage, run: Instruction, names: tuple[str, ...], faithful: bool
) -> Iterator[Snippet]:
    if run.form == "json":
        if not faithful:
            yield from _exec_form(run, names)
        return
    spoken = document.dialect(run)
    dialect = _DIALECTS.get(spoken)
    if dialect is None:
        return
    if faithful:
        dialect = "dash" if dialect == "busybox" else dialect
    elif spoken == "sh" and document.shell_of(run)[0] == "/bin/sh":
        dialect = _STANDARD.get(family(document, stage) or "", dialect)
    text = logical(run.source, run.body_span, run.segments)
    if not run.heredocs:
        if text.data.strip():
            yield Snippet(run, text, dialect, names)
        return
    yield from _with_heredocs(run, text, dialect, names, faithful)


def _with_heredocs(
    run: Instruction, text: Text, dialect: str, names: tuple[str, ...], faithful: bool
) -> Iterator[Snippet]:
    """A script that is a here-document, or a line that here-documents follow."""
    first = run.heredocs[0]
    if len(run.heredocs) == 1 and text.data.strip() == run.source.bytes(first.word_span):
        content = verbatim(run.source, first.content_span)
        asked = _shebang(content.data)
        if asked is not None and (asked in _DIALECTS or not faithful):
            dialect = dialect if faithful else _DIALECTS.get(asked, "")
        if content.data.strip() and dialect and (asked is None or asked in _DIALECTS):
            yield Snippet(run, content, dialect, names)
        return
    if faithful:
        end = text.find(first.word_span.start)
        if text.data[:end].strip():
            yield Snippet(run, _part(text, 0, end), dialect, names)
        return
    yield Snippet(run, _joined(run, text), dialect, names)
    for heredoc in run.heredocs:
        word = _reader(text, text.find(heredoc.word_span.start))
        if word in _DIALECTS and not heredoc.expand and len(run.heredocs) == 1:
            content = verbatim(run.source, heredoc.content_span)
            if content.data.strip():
                yield Snippet(run, content, _DIALECTS[word], names)


def _part(text: Text, start: int, end: int) -> Text:
    return Text(text.source, text.data[start:end], text.pieces(start, end))


def _joined(run: Instruction, text: Text) -> Text:
    """The line and its here-documents, as the shell gets them."""
    data, pieces = text.data, text.pieces(0, len(text.data))
    for heredoc in run.heredocs:
        span = Span(heredoc.span.start - 1, heredoc.span.end)  # with the line break before it
        pieces.append((len(data), span.start, len(span)))
        data += run.source.bytes(span).replace(b"\r\n", b" \n")
    return Text(text.source, data, pieces)


def _reader(text: Text, end: int) -> str:
    """The shell that a line ends with and that reads its input: ``bash -e <<'EOF'``; or ""."""
    words = text.data[:end].decode("utf-8", "replace").split()
    for at, word in enumerate(words):
        name = word.rpartition("/")[2]
        if name in SHELLS:
            found = [Word(item, Span(0, 0), item) for item in words[at:]]
            alone = all(item.startswith("-") for item in words[at + 1 :])
            return name if alone and reads_stdin(name, found) else ""
    return ""


def _shebang(data: bytes) -> str | None:
    """The interpreter that the first line names; None without such a line."""
    if not data.startswith(b"#!"):
        return None
    words = data[2:].split(b"\n", 1)[0].decode("utf-8", "replace").split()
    called = [word.rpartition("/")[2] for word in words if not word.startswith("-")]
    if called[:1] == ["env"]:
        called = called[1:]
    return called[0] if called else ""


def _exec_form(run: Instruction, names: tuple[str, ...]) -> Iterator[Snippet]:
    """The script of ``["bash", "-c", "…"]``."""
    arguments = run.arguments
    words = tuple(Word(item.value, item.span, item.value) for item in arguments)
    name = words[0].text.rpartition("/")[2] if words else ""
    at = script_word(name, words) if name in _DIALECTS else 0
    if at:
        literal = words[at].span
        inside = Span(literal.start + 1, literal.end - 1)
        text = unescaped(logical(run.source, inside, run.segments))
        if text.data.strip():
            yield Snippet(run, text, _DIALECTS[name], names, inner=True)
