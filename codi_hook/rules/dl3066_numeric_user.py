"""USER names an account and not a number.

Why it matters: a name means what /etc/passwd in the image says. The host, and whoever only sees
the image's settings, cannot resolve it: Kubernetes' `runAsNonRoot` refuses a name because it
cannot tell that it is not root, and files in volumes belong to a number that the file does not
show.

Which alternative: the number that the file itself gives the account, or that the image is known
to give it. Where the file leaves the number to chance, it can fix one. For root it is 0.

Why the fixes are safe: `root` is the name of the user 0 in every image. Whoever looks the user up
finds the same line of /etc/passwd by name and by number, so groups and HOME are the same; and
where there is no such file, only the number works at all. Where the file has put a number into
ENV, `USER $NAME` is that number when it is built. The quotes around a number go when it is read.

All others are unsafe: with a name comes the account's group and its further groups; a number
alone may run a step with another group. A number that the file fixes anew no longer owns what the
old one has in volumes.

When to ignore: where nobody checks the user from outside. That is the common case, and a name
says more to a reader, which is why the rule is off by default; CODI001 and DL3002, which look
for root itself, are on.

Evidence: in 141 of 1,000 public Dockerfiles; 1,356 of the 3,540 lines say root.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codi_hook.dockerfile import Instruction
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.facts import is_root
from codi_hook.recipes.labels import plain
from codi_hook.recipes.user_ids import creations, env_number, number_in_image, set_uid, uid_of
from codi_hook.recipes.users import NUMBER, is_windows


def check(document: Document) -> Iterator[Finding]:
    arguments: set[str] = set()
    for item in document.instructions:
        if item.keyword == "ARG":
            arguments.update(pair.key.value for pair in item.pairs)
        elif item.keyword == "USER" and item.arguments:
            user = item.arguments[0].value.partition(":")[0]
            if (user.isascii() and user.isdigit()) or not user or _given(item, arguments):
                continue
            yield Finding(item.arguments[0].span, item, f"The user {user} is not a number")


def _given(item: Instruction, arguments: set[str]) -> bool:
    """True where a build argument says who it is: then the file does not know."""
    text = item.arguments[0].value
    found = re.findall(r"\$(?:(\w+)|\{(\w+)\})", text) if "$" in text else ()
    return any(bare in arguments or braced in arguments for bare, braced in found)


def candidates(finding: Finding) -> Iterator[Candidate]:
    item: Instruction = finding.subject
    document = finding.document
    stage = document.stage_of(item)
    text = item.arguments[0].value
    user = plain(text, document.escape)
    if user is None:
        yield from _variable(finding, item, text)
    elif stage is not None and not is_windows(document, stage):
        name, colon, group = user.partition(":")
        if name.isascii() and name.isdigit():
            why = Reason("quotes", "the quotes are gone when the user is looked up")
            yield _numeric(finding, "unquote", user, why, Applicability.SAFE)
        elif is_root(name):
            number = "0:0" if group in ("root", "0") and colon else f"0{colon}{group}"
            why = Reason("same-user", "root is the name of the user 0 in every image")
            yield _numeric(finding, "root-number", number, why, Applicability.SAFE)
        else:
            yield from _account(finding, item, name, colon + group)
    yield Candidate(
        "ignore-here",
        f"Keep the name and say why: # hadolint ignore={finding.rule.code} # nobody checks it",
        (),
        Applicability.DISPLAY,
        (
            Reason("readable", f"{text} tells a reader more than a number"),
            Reason("decided", "a reader then sees that the name is meant"),
        ),
    )


def _numeric(
    finding: Finding, template: str, number: str, why: Reason, level: Applicability
) -> Candidate:
    return Candidate(
        template,
        f"Write USER {number}",
        (Edit(finding.span, number),),
        level,
        (why, Reason("checkable", "Kubernetes' runAsNonRoot can check a number, and no name")),
    )


def _variable(finding: Finding, item: Instruction, text: str) -> Iterator[Candidate]:
    match = re.match(r"\$(?:(\w+)|\{(\w+)\})(?=:|\Z)", text.strip('"'))
    known = env_number(finding.document, item, match[1] or match[2]) if match else None
    if match and known:
        number, line = known
        rest = text.strip('"')[match.end() :]
        if "$" not in rest:
            why = Reason("from-env", f"line {line} sets {match[1] or match[2]} to {number}")
            yield _numeric(finding, "env-number", number + rest, why, Applicability.SAFE)


def _account(finding: Finding, item: Instruction, name: str, rest: str) -> Iterator[Candidate]:
    document = finding.document
    stage = document.stage_of(item)
    made = list(creations(document, item, name))
    numbers = {uid_of(command) for command in made}
    number = next(iter(numbers)) if len(numbers) == 1 else None
    if number:
        line = document.source.line(made[-1].span.start)
        why = Reason("created-so", f"line {line} creates {name} as {number}")
        yield _numeric(finding, "account-number", number + rest, why, Applicability.UNSAFE)
    elif (
        number == "" and len(made) == 1 and NUMBER not in document.source.text(document.source.span)
    ):
        reasons = (
            Reason("not-chance", f"the number of {name} no longer depends on who came before"),
            Reason("free", f"{NUMBER} is above the numbers that distributions hand out"),
            Reason("volumes", f"files that {name} has in volumes belong to another number so far"),
        )
        edits = (set_uid(document, made[0], NUMBER), Edit(finding.span, NUMBER + rest))
        title = f"Create {name} as {NUMBER} and write USER {NUMBER}"
        yield Candidate("fix-number", title, edits, Applicability.UNSAFE, reasons)
    known = number_in_image(document, stage, name) if stage and not made else None
    if known:
        why = Reason("image-says", f"{name} is {known[0]} in {known[1]}")
        yield _numeric(finding, "image-number", known[0] + rest, why, Applicability.UNSAFE)


RULE = Rule(
    "DL3066",
    "numeric-user",
    Severity.INFO,
    "USER names an account and not a number",
    check,
    candidates,
    triggers=("USER",),
    default=False,
    templates=(
        "root-number: safe",
        "ignore-here: display",
        "account-number: unsafe",
        "fix-number: unsafe",
        "image-number: unsafe",
        "env-number: safe",
        "unquote: safe",
    ),
)
