"""Keys that ``apt-key add`` is given, as files that apt reads by itself."""

from __future__ import annotations

from codi_hook.frozen import dataclass
from codi_hook.model import Document, Edit
from codi_hook.patterns import pattern
from codi_hook.recipes.scripts import editable, insert_after_word
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import has_flag
from codi_hook.source import Span

_source_line = pattern(r"[\"']?deb(?:-src)? (\[[^\]]*\] )?").match
_site = pattern(r"://([\w.-]+)").search


@dataclass(frozen=True, eq=False)
class Added:
    """`fetcher` is the download that is piped into ``apt-key add -``, if it is one."""

    command: Command
    fetcher: Command | None


def may_write(document: Document, found: Added) -> bool:
    fetcher = found.fetcher
    script = document.script(found.command.instruction)
    if fetcher is None or script is None or not editable(script):
        return False
    return fetcher.wrapper is None and not found.command.redirects


def written(found: Added, path: str, folder: str = "") -> tuple[Edit, ...]:
    """tee in place of apt-key, in a pipe that stays as it is."""
    fetcher, command = found.fetcher, found.command
    if fetcher is None or [w.text for w in command.args] not in (["add", "-"], ["add", "--", "-"]):
        return ()
    words = Span(command.word.span.start, command.words[-1].span.end)
    edits = [Edit(words, f"tee {path} > /dev/null")]
    if fetcher.name == "curl" and not has_flag(fetcher, "-f", "--fail", "--fail-with-body"):
        edits.append(insert_after_word(fetcher.word, "-f"))
    if not folder:
        return tuple(edits)
    if command.wrapper is not None or fetcher.before not in ("", "&&", ";", "\n"):
        return ()
    start = fetcher.span.start
    return (Edit(Span(start, start), f"mkdir -p {folder} && "), *edits)


def source_line(document: Document, command: Command, where: str) -> Word | None:
    """The one line of sources that the file writes, if it is of the key's own domain and in the
    same stage."""
    stage = document.stage_of(command.instruction)
    found = [
        word
        for other in document.commands("echo", "printf", "add-apt-repository")
        for word in other.args
        if _source_line(word.text) and "signed-by" not in word.text
        if document.stage_of(other.instruction) is stage
    ]
    domain = ".".join(where.split(".")[-2:])
    own = _site(found[0].text) if len(found) == 1 else None
    return found[0] if own and own[1].endswith(domain) and found[0].text[0] in "\"'" else None


def signed(line: Word, path: str) -> Edit:
    match = _source_line(line.text)
    at = line.span.start + line.text.index(" ") + 1
    if match and match[1]:
        return Edit(Span(at + 1, at + 1), f"signed-by={path} ")
    return Edit(Span(at, at), f"[signed-by={path}] ")
