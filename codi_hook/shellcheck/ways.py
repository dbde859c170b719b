"""What can be done about the codes that are found often: changes of the script, by code.

Each is a function from a finding to the ways it offers. ShellCheck has fixes of its own for a few
codes; where one of these functions takes the code, it decides how far the fix can be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from codi_hook.model import Applicability, Finding, Reason
from codi_hook.patterns import pattern
from codi_hook.shell.ast import Command
from codi_hook.shellcheck.changes import Change, Way, of_fix
from codi_hook.shellcheck.findings import Subject

SAFE, UNSAFE, DISPLAY = Applicability
# Commands that print one word without blanks and without characters of a pattern.
_one_word = pattern(
    r"(?:nproc(?: --all)?|getconf _NPROCESSORS_ONLN|uname -[mrs]|arch|dpkg --print-architecture"
    r"|apk --print-arch|lsb_release -(?:cs|sc|is|rs)|rpm -E %\{?\w+\}?|id -[ug]n?|whoami|hostname"
    r"|date \+%[sYmdF]|mktemp(?: -d)?)\Z"
).match
_list_name = pattern(
    r"(?:.*_)?(?:pkgs?|packages?|deps?|opts?|options|flags?|args?|arguments|files|list|libs?"
    r"|modules|plugins|extensions|ext|names|versions|params|features|targets|components)\Z"
    r"|[@*]\Z",
    re.IGNORECASE,
).match
_variable = pattern(r"\$\{?(\w+|[@*])")
_exported = pattern(r"(export|readonly)(\s+)\Z").search
_value = pattern(
    r"[A-Za-z_]\w*=(?:\"\$\([^()'\"`$\\]*\)\"|\$\([^()'\"`$\\]*\)|`[^`$\\]*`)"
    r"(?=\s*(?:;|&&|\|\||$|\)))",
).match
_echo = pattern(r"echo\s+\Z").search
_word = r"(\"(?:[^\"\\`$]|\\[^\n\"])*\"|'[^']*'|[\w./:,@%+=-]+)(?=\s*(?:;|&&|\|\||\||>|$|\)))"
_echo_flags = pattern(rf"-([neE]+)\s+{_word}").match
_only_word = pattern(rf"{_word}").match
_braces = pattern(r"\{([\w./+@%:-]*(?:,[\w./+@%:-]*)+)\}").match
# From where the word begins: behind a quote, an expansion or other braces it began before that.
_before_braces = pattern(r"(?:\A|(?<=[\s;&|(]))[\w./+@%:=-]*\Z").search
_after_braces = pattern(r"[\w./+@%:=-]*(?=[\s;&|)]|$)").match
_SAME_FILES = frozenset({"rm", "chmod", "chown", "chgrp", "cp", "mv", "cat"})
_RECHECKED = Reason("rechecked", "ShellCheck finds nothing new in the step afterwards")


def _unquoted(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    text = subject.snippet.script[subject.start : subject.end]
    match = _variable.match(text)
    name = match[1] if match else ""
    level = DISPLAY if _list_name(name) or _holds_list(subject, name) else UNSAFE
    why = (
        Reason(
            "many-words",
            f"only where ${name} is meant to be one word: quoted, a list is one argument",
        )
        if level is DISPLAY
        else Reason("one-word", f"{text} stays one argument, whatever is in it")
    )
    yield Way(
        "quote-expansion", f"Quote {text}", of_fix(subject.snippet, subject.comment),
        (why, _RECHECKED), level,
    )  # fmt: skip


def _holds_list(subject: Subject, name: str) -> bool:
    """Whether the script itself puts several words, or a pattern, into the variable."""
    pieces = rf"\b{re.escape(name)}=(\"[^\"]*[\s*?][^\"]*\"|'[^']*[\s*?][^']*')"
    return bool(name) and re.search(pieces, subject.snippet.script) is not None


def _substitution(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    script, start, end = subject.snippet.script, subject.start, subject.end
    inner = script[start:end]
    command = inner[2:-1] if inner.startswith("$(") else inner.strip("`")
    one = _one_word(command.strip()) is not None
    inside = start > 0 and not script[start - 1].isspace() and script[start - 1] not in ";|&("
    why = (
        Reason(
            "one-word", f"what {command.strip()} prints is one word, which quotes leave as it is"
        )
        if one
        else Reason(
            "many-words",
            f"only where one word is wanted: quoted, all that {inner} prints is one argument",
        )
    )
    yield Way(
        "quote-substitution", f"Quote {inner}",
        [Change(start, start, '"'), Change(end, end, '"', before=True)],
        (why, _RECHECKED), (SAFE if inside else UNSAFE) if one else DISPLAY,
    )  # fmt: skip


def _backquotes(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    inner = subject.snippet.script[subject.start + 1 : subject.end - 1]
    level = DISPLAY if "\\" in inner else UNSAFE if set(inner) & set("\"'`#") else SAFE
    result = {
        SAFE: "it gives the same result",
        UNSAFE: "it gives the same result, save where quotes inside are read otherwise",
        DISPLAY: "a backslash inside means something else then: look at each",
    }
    reasons = (
        Reason("result", result[level]),
        Reason("nests", "it nests, and a reader sees where it ends"),
    )
    yield Way(
        "dollar-parentheses",
        "Write $(…) in place of the backquotes",
        of_fix(subject.snippet, subject.comment),
        reasons,
        level,
    )


def _cd(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    script, end = subject.snippet.script, subject.end
    folder = script[subject.start : end]
    match = re.compile(r"[ \t]*;(?![;&])[ \t]*").match(script, end)
    if match and script[match.end() : match.end() + 1].strip():
        yield Way(
            "and-then", f"Go on only where {folder} succeeds",
            [Change(end, match.end(), " && ")],
            (
                Reason("wrong-folder", "what follows never runs in the wrong folder"),
                Reason("stops-the-list", "where it fails the list ends there, with its status"),
            ),
        )  # fmt: skip
    yield Way(
        "or-exit", f"Stop the step where {folder} fails",
        of_fix(subject.snippet, subject.comment),
        (
            Reason("build-stops", "the build stops there, and not in the wrong folder"),
            _RECHECKED,
        ),
    )  # fmt: skip


def _source(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    if subject.snippet.script.startswith("source", subject.start):
        yield Way(
            "dot", "Write . in place of source",
            [Change(subject.start, subject.start + len("source"), ".")],
            (
                Reason("every-shell", "every shell knows ., and it does what source does"),
                Reason("needs-slash", "it searches PATH where the name has no slash"),
            ),
        )  # fmt: skip


def _declared(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    script = subject.snippet.script
    before = _exported(script[: subject.start])
    value = _value(script, subject.start)
    if before and value:
        keyword, name = before[1], script[subject.start : subject.end]
        yield Way(
            "assign-then-export", f"Assign {name} first, then {keyword} it",
            [
                Change(before.start(1), subject.start, ""),
                Change(value.end(), value.end(), f" && {keyword} {name}", before=True),
            ],
            (
                Reason("status", f"a failure is no longer hidden by {keyword}, which succeeds"),
                _RECHECKED,
            ),
        )  # fmt: skip


def _echo_with_flags(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    script = subject.snippet.script
    before, match = _echo(script[: subject.start]), _echo_flags(script, subject.start)
    if before and match and not ("e" in match[1] and "E" in match[1]):
        form = ("%b" if "e" in match[1] else "%s") + ("" if "n" in match[1] else "\\n")
        yield Way(
            "printf", f"Print it with printf '{form}'",
            [Change(before.start(), match.start(2), f"printf '{form}' ")],
            (
                Reason("every-shell", f"printf is the same everywhere, echo -{match[1]} is not"),
                _RECHECKED,
            ),
        )  # fmt: skip


def _echo_escapes(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    script = subject.snippet.script
    before, match = _echo(script[: subject.start]), _only_word(script, subject.start)
    if before and match:
        for name, form, what in (
            ("printf-escapes", "%b\\n", "with the escapes expanded, as dash does"),
            ("printf-literal", "%s\\n", "as it stands, as bash and BusyBox do"),
        ):
            yield Way(
                name, f"Print it {what}",
                [Change(before.start(), subject.start, f"printf '{form}' ")],
                (
                    Reason("every-shell", "printf prints the same in every shell, echo does not"),
                    _RECHECKED,
                ),
            )  # fmt: skip


def _pattern(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    command = _command(finding)
    name = command.name if command else ""
    safe = name in _SAME_FILES
    yield Way(
        "from-here", "Begin the pattern with ./",
        [Change(subject.start, subject.start, "./")],
        (
            Reason("no-option", "a file whose name begins with a dash is not taken for an option"),
            Reason("same-files", f"{name} works on the same files")
            if safe
            else Reason("with-path", "names are then passed with ./ before them"),
        ),
        SAFE if safe else UNSAFE,
    )  # fmt: skip


def _command(finding: Finding) -> Command | None:
    """The innermost command that holds the place."""
    script = finding.document.script(finding.subject.snippet.instruction)
    found = None
    for command in script.commands if script else ():
        if command.span.start <= finding.span.start < command.span.end:
            found = command
    return found


def _brace_list(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    script = subject.snippet.script
    braces = _braces(script, subject.start)
    before = _before_braces(script[: subject.start])
    after = _after_braces(script, braces.end()) if braces else None
    if braces and before and after:
        words = [f"{before[0]}{part}{after[0]}" for part in braces[1].split(",")]
        if "=" not in before[0]:
            yield Way(
                "write-out", "Write the words out",
                [Change(before.start(), after.end(), " ".join(words))],
                (
                    Reason("every-shell", "every shell sees the words that bash would make"),
                    Reason("literal", "a shell without brace expansion takes the braces literally"),
                ),
            )  # fmt: skip


def _equals(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    if subject.snippet.script[subject.start : subject.end] == "==":
        yield Way(
            "single-equals", "Compare with =",
            [Change(subject.start, subject.end, "=")],
            (
                Reason("every-shell", "= is what every test knows; dash refuses =="),
                _RECHECKED,
            ),
        )  # fmt: skip


def _unset(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    text = subject.snippet.script[subject.start : subject.end]
    match = re.match(r"\$(\w+)|\$\{(\w+)\}", text)
    if match:
        name = match[1] or match[2]
        yield Way(
            "stop-if-empty", f"Stop where ${name} is empty",
            [Change(subject.start, subject.start + match.end(), f"${{{name}:?}}")],
            (
                Reason("root-folder", f"with an empty {name} it would work on the root folder"),
                _RECHECKED,
            ),
        )  # fmt: skip


def _xargs(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    script = subject.snippet.script
    found = script[subject.start : subject.end]
    pipe = re.compile(r"\s*\|\s*xargs\b(?!\s+(?:-0|--null|-d))").match(script, subject.end)
    if pipe and not re.search(r"\s-(?:print\w*|exec\w*|delete|ls|quit|f?printf)\b", found):
        end = subject.start + len(found.rstrip())
        yield Way(
            "null-separated", "Separate the names with NUL bytes",
            [
                Change(end, end, " -print0", before=True),
                Change(pipe.end(), pipe.end(), " -0", before=True),
            ],
            (
                Reason("any-name", "names with blanks and quotes stay whole"),
                Reason("known", "GNU find and xargs know it, and so does BusyBox"),
            ),
        )  # fmt: skip


def _read(finding: Finding) -> Iterator[Way]:
    subject: Subject = finding.subject
    at = subject.start + len("read")
    if subject.snippet.script.startswith("read", subject.start):
        yield Way(
            "raw", "Read backslashes as they are",
            [Change(at, at, " -r", before=True)],
            (Reason("backslashes", "without -r a backslash in the input is lost"), _RECHECKED),
        )  # fmt: skip


_WAYS: dict[int, Callable[[Finding], Iterable[Way]]] = {
    2006: _backquotes,
    2028: _echo_escapes,
    2035: _pattern,
    2038: _xargs,
    2046: _substitution,
    2086: _unquoted,
    2115: _unset,
    2155: _declared,
    2162: _read,
    2164: _cd,
    3009: _brace_list,
    3014: _equals,
    3036: _echo_with_flags,
    3037: _echo_with_flags,
    3046: _source,
}
COVERED = frozenset(_WAYS)


def ways(finding: Finding) -> Iterable[Way]:
    """The ways out of a finding that change its script."""
    make = _WAYS.get(finding.subject.comment.code)
    return make(finding) if make else ()
