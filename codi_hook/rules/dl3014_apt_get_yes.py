"""apt-get install without -y.

Why it matters: nobody sits at a build. apt-get asks whether to go on as soon as it has to
install more than it was told to, finds no terminal, takes that for a no, and the build stops;
often not on the day the line is written but on the day a package gains a dependency.

Which alternative: `-y` on the command says it where it is needed. A file in /etc/apt/apt.conf.d
says it once for a stage with many such commands, and for whoever runs apt in the container.

Why the first fix is safe: a build that succeeded was asked nothing, and then `-y` changes
nothing; one that was asked something did not succeed. Where the step goes on after a failure
(`|| true`, `;`), a refused install may have gone unnoticed and `-y` would then install it: there
it is `unsafe`. The configuration file stays in the image, so that fix is `unsafe` too.

When to ignore: never in a build that nobody watches.

Evidence: 171 findings in 158 of 16,167 public Dockerfiles, 9.8 of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.answers import add_yes
from codi_hook.recipes.aptconf import configured, lacking, set_for_stage
from codi_hook.recipes.installs import APT, installs
from codi_hook.shell.managers import Call

_OPTION = "APT::Get::Assume-Yes"


def check(document: Document) -> Iterator[Finding]:
    for call in installs(document, *APT):
        if call.verb_word and not _says_yes(call) and not configured(document, call, _OPTION, True):
            yield Finding(call.verb_word.span, call)


def _says_yes(call: Call) -> bool:
    return call.says_yes or any(
        flag.name in ("-o", "--option")
        and (flag.value or "").lower() in (f"{_OPTION.lower()}=true", f"{_OPTION.lower()}=1")
        for flag in call.flags
    )


def candidates(finding: Finding) -> Iterator[Candidate]:
    yield from add_yes(finding)
    calls = [item.subject for item in lacking(finding, check)]
    edit = set_for_stage(finding.document, calls, _OPTION, "true", "90assume-yes")
    if edit is None:
        return
    yield Candidate(
        "assume-yes-for-stage",
        "Let apt assume yes in the whole stage",
        (edit,),
        Applicability.UNSAFE,
        (
            Reason("once", f"one line answers for {len(calls)} commands of the stage"),
            Reason("stays", "the file stays in the image, so apt asks nothing in a container too"),
        ),
    )


RULE = Rule(
    "DL3014",
    "apt-get-yes",
    Severity.WARNING,
    "Give apt-get install -y, nobody can answer in a build",
    check,
    candidates,
    triggers=APT,
    templates=(
        "add-yes: safe, unsafe",
        "assume-yes-for-stage: unsafe",
    ),
)
