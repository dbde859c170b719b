"""apt-get install with recommended packages.

Why it matters: apt-get installs what a package recommends beside what it needs. That is meant
for a desktop; in an image it is often most of the size, and each package is one more to patch.

Which alternative: `--no-install-recommends` on the command is what readers look for. A file in
/etc/apt/apt.conf.d says it once for a stage with several such commands.

Why the fixes are unsafe: something that the image uses may have come as a recommendation (CA
certificates with curl, for example). Build, try, and name such a package openly.

When to ignore: where the recommended packages are what is wanted, as with a desktop or with
metapackages.

Evidence: 9,347 findings in 5,347 of 16,167 public Dockerfiles, 330.7 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.aptconf import configured, lacking, set_for_stage
from codi_hook.recipes.installs import APT, insert_option, installs, shown
from codi_hook.shell.ast import Word
from codi_hook.shell.managers import Call

_OPTION = "APT::Install-Recommends"
_OFF = tuple(f"{_OPTION.lower()}={value}" for value in ("false", "0", "no", "off"))


def check(document: Document) -> Iterator[Finding]:
    for call in installs(document, *APT):
        if call.verb_word is None or _declines(call):
            continue
        if not configured(document, call, _OPTION, False):
            yield Finding(call.verb_word.span, call)


def _declines(call: Call) -> bool:
    if call.has_flag(*call.manager.no_recommends):
        return True
    return any(
        flag.name in ("-o", "--option") and (flag.value or "").lower() in _OFF
        for flag in call.flags
    )


def candidates(finding: Finding) -> Iterator[Candidate]:
    call: Call = finding.subject
    if call.verb_word is None:
        return
    name = call.command.name
    what = shown(call.packages) if call.packages else "it"
    yield Candidate(
        "add-no-install-recommends",
        f"Give {name} --no-install-recommends",
        (insert_option(call.command, _anchor(call, call.verb_word), "--no-install-recommends"),),
        Applicability.UNSAFE,
        (
            Reason("smaller", f"only what {what} needs is installed, not what is recommended"),
            Reason("local", "the option stands where it is needed and changes nothing else"),
            Reason("may-miss", f"a package that {what} only recommends has to be named then"),
        ),
    )
    calls = [item.subject for item in lacking(finding, check)]
    edit = set_for_stage(finding.document, calls, _OPTION, "false", "90no-recommends")
    if edit is None:
        return
    yield Candidate(
        "no-recommends-for-stage",
        "Let apt leave recommended packages out in the whole stage",
        (edit,),
        Applicability.UNSAFE,
        (
            Reason("once", f"one line covers {len(calls)} install commands of the stage"),
            Reason("later-too", "a command that is added to the stage later is covered as well"),
            Reason("stays", "the file stays in the image and holds for apt in a container too"),
        ),
    )


def _anchor(call: Call, verb: Word) -> Word:
    """Behind ``install -y``, as most people write it, else behind the verb."""
    following = call.command.words[call.command.words.index(verb) + 1 :][:1]
    return next((word for word in following if word.value in call.manager.yes), verb)


RULE = Rule(
    "DL3015",
    "no-install-recommends",
    Severity.INFO,
    "Install without recommended packages",
    check,
    candidates,
    triggers=APT,
    templates=(
        "add-no-install-recommends: unsafe",
        "no-recommends-for-stage: unsafe",
    ),
)
