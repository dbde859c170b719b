"""wget draws a progress bar into the build log.

Why it matters: without a terminal wget prints a line for every few kilobytes. A large download
buries the rest of the log under thousands of lines, and log storage is paid for.

Which alternative: `--progress=dot:giga` keeps a sign of life, one line per 32 MB. `-nv` prints
one line per file, `-q` nothing but the exit status. BusyBox has a wget of its own that refuses
both longer options, so on Alpine without the wget package only `-q` is offered.

Why the fixes are safe: all three change what is printed and nothing that is written. Where the
step reads what wget prints (`2>&1 | grep`, `--spider`, `-S`) they are `unsafe`.

When to ignore: in a build that somebody watches on a terminal.

Evidence: in 129.2 of 1,000 public Dockerfiles. hadolint and this rule agree on 2,706 of the 2,707
places that hadolint reports in 16,167 public Dockerfiles; this rule has 15 more, where sudo, xargs
or a shell by name runs wget, or the options are read otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.facts import ALPINE, family
from codi_hook.recipes.scripts import insert_after_word
from codi_hook.recipes.tools import installed_before
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import has_flag, operands

_QUIET = (
    *("-q", "--quiet", "-nv", "--no-verbose", "--progress"),
    *("-o", "--output-file", "-a", "--append-output"),
)


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("wget"):
        if not has_flag(command, *_QUIET):
            yield Finding(command.word.span, command)


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    document = finding.document
    known = family(document, document.stage_of(command.instruction))
    gnu = known not in (None, ALPINE) or installed_before(document, command, "wget")
    what = " ".join(word.text for word in operands(command)[:1]) or "the download"
    if gnu:
        yield _option(
            command,
            "progress-dot-giga",
            "--progress=dot:giga",
            "Show a dot for every megabyte",
            Reason("sign-of-life", f"a long download of {what} still shows that it goes on"),
            Reason("short-log", "the log gets one line for every 32 MB instead of a bar"),
        )
        yield _option(
            command,
            "no-verbose",
            "-nv",
            "Print one line for each file",
            Reason("one-line", f"the log keeps one line that says {what} was fetched"),
            Reason("errors-stay", "error messages are still printed"),
        )
    yield _option(
        command,
        "quiet",
        "-q",
        "Print nothing",
        Reason("any-wget", "-q is understood by every wget, that of BusyBox included"),
        Reason("nothing-left", f"nothing about {what} reaches the log but its failure"),
    )


def _option(command: Command, key: str, flag: str, title: str, *reasons: Reason) -> Candidate:
    edits = (insert_after_word(command.word, flag),)
    level = Applicability.SAFE
    if _is_read(command):
        level = Applicability.UNSAFE
        reasons += (Reason("output-read", "the step may read what wget prints here"),)
    return Candidate(key, f"{title} ({flag})", edits, level, reasons)


def _is_read(command: Command) -> bool:
    if has_flag(command, "-S", "--server-response", "--spider", "-d", "--debug", "-V", "--version"):
        return True
    if "|&" in (command.after, command.before):
        return True
    return any(
        item.operator.startswith(("2>", "&>")) and item.target and item.target.text != "/dev/null"
        for item in command.redirects
    )


RULE = Rule(
    "DL3047",
    "wget-progress",
    Severity.INFO,
    "wget without an option that tames its progress bar",
    check,
    candidates,
    triggers=("wget",),
    local=True,
    templates=(
        "progress-dot-giga: safe",
        "no-verbose: safe",
        "quiet: safe, unsafe",
    ),
)
