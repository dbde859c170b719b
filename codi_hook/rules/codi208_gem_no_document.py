"""gem install generates documentation that nobody reads in a container.

Why it matters: for every gem and every dependency RubyGems writes an index for `ri`. That takes
longer than the installation itself, and for a large gem the files take megabytes.

Which alternative: `--no-document` on the command says it where it is needed. A line in ~/.gemrc
says it once for all later installations of that user, those that a script or a container makes
included.

Why the option is safe: it leaves out files that only `ri` reads. RubyGems knows it since 2.0; on
an image that may be older, or is not known, the fix is `unsafe`. The line in ~/.gemrc stays in the
image, so it is `unsafe` as well.

The official images of Ruby and JRuby have switched the documentation off themselves, and nothing
is reported there.

When to ignore: in an image for development, where `ri` is used.

Evidence: 11 of 1,000 public Dockerfiles (220 findings; 7 of 1,000 written by experts). Looked at:
Sass installed to make a style sheet; Passenger in an image that serves an application; bundler
installed for a build that then runs bundle; r10k and multipart-post in a tool image; foreman in
an application image.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.facts import family
from codi_hook.recipes.installs import insert_option, shown
from codi_hook.recipes.layers import preceding
from codi_hook.recipes.outcome import has_old_pip
from codi_hook.recipes.scripts import prepend_command
from codi_hook.shell.ast import Command
from codi_hook.shell.managers import Call, call

_SAYS_NO = (
    *("--no-document", "-N", "--no-ri", "--no-rdoc", "--document", "--ri", "--rdoc", "-d"),
    *("--norc", "--config-file", "--help", "--explain"),
)
_SWITCHED_OFF = frozenset({"ruby", "jruby", "truffleruby", "phusion/passenger-ruby"})


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("gem"):
        found = call(command)
        if found is None or found.action not in ("install", "upgrade") or not found.verb_word:
            continue
        if not found.has_flag(*_SAYS_NO) and not _is_off(document, command):
            yield Finding(found.verb_word.span, found)


def _is_off(document: Document, command: Command) -> bool:
    """True where the image, or an earlier step, has switched documentation off by configuration."""
    stage = document.stage_of(command.instruction)
    if stage is None:
        return True
    image = list(stage.lineage())[-1].image
    if image.short_name in _SWITCHED_OFF:
        return True
    for item in (*preceding(document, command.instruction), command.instruction):
        if "gemrc" in item.text or ("GEMRC" in item.text):
            return True
    return False


def candidates(finding: Finding) -> Iterator[Candidate]:
    found: Call = finding.subject
    command, document = found.command, finding.document
    if found.verb_word is None:
        return
    stage = document.stage_of(command.instruction)
    known = family(document, stage) is not None and not has_old_pip(document, command.instruction)
    what = shown(found.packages) or "the new release"
    yield Candidate(
        "no-document",
        f"Give gem {found.verb} --no-document",
        (insert_option(command, found.verb_word, "--no-document"),),
        Applicability.SAFE if known else Applicability.UNSAFE,
        (
            Reason("faster", f"no documentation is generated for {what} and its dependencies"),
            Reason("local", "the option stands where it is needed and changes nothing else"),
        ),
    )
    script = document.script(command.instruction)
    edit = prepend_command(script, "echo 'gem: --no-document' >> ~/.gemrc") if script else None
    if edit is not None and not document.is_trigger(command.instruction):
        yield Candidate(
            "gemrc",
            "Switch documentation off in ~/.gemrc",
            (edit,),
            Applicability.UNSAFE,
            (
                Reason("once", "one line holds for every later gem that this user installs"),
                Reason("stays", "the file stays in the image and holds in a container too"),
            ),
        )


RULE = Rule(
    "CODI208",
    "gem-no-document",
    Severity.INFO,
    "Install gems without documentation (--no-document)",
    check,
    candidates,
    triggers=("gem",),
    reads=("RUN", "COPY", "ADD"),
    templates=(
        "no-document: safe, unsafe",
        "gemrc: unsafe",
    ),
)
