"""An old Java that does not see the memory limit of its container.

Why it matters: without -Xmx, Java takes a quarter of the memory that it sees for its heap. Java
before 8u191, and Java 9, see that of the host, so the kernel kills the container when the heap
grows past the limit, without a line in the log. Java 8 up to 8u362 sees the limits of cgroup v1
only, and hosts with a current systemd have v2.

Which alternative: a newer Java is best. -Xmx fits every release; the number is yours to say.
Releases from 8u131, and 9, have an experimental option that takes the limit for the host's memory,
in the command or, for every Java of the container, in JAVA_TOOL_OPTIONS.

Why the fixes are unsafe: the heap gets another size, which may be too small, and the option reads
cgroup v1 only.

When to ignore: where the heap is set from outside, or the container has no limit.

Evidence: in 6.5 of 1,000 public Dockerfiles (105 of 16,167). Five looked at: a service of Spring on
java:8-alpine, one on openjdk:8-jre-alpine in a file of two stages, a node of a ledger on
java:jre-alpine, a mock server on openjdk:8-jre, and a server's jar on openjdk:8-alpine. None says
how big the heap may be, in the command or in a variable.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Instruction, Stage
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.recipes.facts import final_stage
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.recipes.instructions import cased, insert_before
from codi_hook.recipes.jre import old, sets_heap
from codi_hook.recipes.starts import in_effect, last_command, own
from codi_hook.shell.ast import Command

_FLAGS = ("-XX:+UnlockExperimentalVMOptions", "-XX:+UseCGroupMemoryLimitForHeap")


def check(document: Document) -> Iterator[Finding]:
    stage = final_stage(document)
    if stage is None:
        return
    image = list(stage.lineage())[-1].image
    found = old(image.short_name, image.tag)
    if found is None:
        return
    for keyword in ("ENTRYPOINT", "CMD"):
        item = in_effect(stage, keyword)
        command = last_command(document, item)
        if item is None or command is None or command.name != "java":
            continue
        if not any("$" in word.text for word in command.args) and not sets_heap(document):
            where = "" if found.everywhere else " on a host with cgroup v2"
            message = f"{found.release} does not see the container's memory limit{where}"
            yield Finding(command.word.span, (stage, item, command, found), message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    stage: Stage
    item: Instruction
    command: Command
    stage, item, command, found = finding.subject
    if found.flag:
        yield from _with_flag(stage, item, command)
    yield Candidate(
        "newer-java",
        "Move to a Java that sees the limit, of the same major release or a later one",
        (),
        Applicability.DISPLAY,
        (
            Reason("by-itself", "Java from 8u372, 11.0.16 and 15 on reads the limit by itself"),
            Reason("old", f"{found.release} gets no security fixes from this image"),
        ),
    )
    yield Candidate(
        "set-xmx",
        "Give java the option -Xmx with the heap that fits your limit",
        (),
        Applicability.DISPLAY,
        (
            Reason("every-release", "every release of Java understands -Xmx"),
            Reason("yours-to-say", "how much memory the container gets is not in this file"),
        ),
    )


def _with_flag(stage: Stage, item: Instruction, command: Command) -> Iterator[Candidate]:
    takes = Reason("takes-limit", "Java then takes the container's limit for the host's memory")
    v1 = Reason("cgroup-1", "it reads cgroup v1, and not v2")
    text = '", "'.join(_FLAGS) if is_json(command) else " ".join(_FLAGS)
    yield Candidate(
        "limit-for-heap",
        "Start java with UseCGroupMemoryLimitForHeap",
        (insert_option(command, command.word, text),),
        Applicability.UNSAFE,
        (takes, Reason("this-command", "nothing but this command changes"), v1),
    )
    near = own(stage, item.keyword) or stage.instructions[-1]
    value = " ".join(_FLAGS)
    yield Candidate(
        "tool-options",
        "Set the option in JAVA_TOOL_OPTIONS",
        (insert_before(near, f'{cased(near, "ENV")} JAVA_TOOL_OPTIONS="{value}"'),),
        Applicability.UNSAFE,
        (takes, Reason("every-java", "it holds for every Java that the container starts"), v1),
    )


RULE = Rule(
    "CODI034",
    "java-ignores-limits",
    Severity.WARNING,
    "Let Java see the memory limit of its container",
    check,
    candidates,
    triggers=("CMD", "ENTRYPOINT"),
    reads=("RUN",),
    templates=(
        "limit-for-heap: unsafe",
        "tool-options: unsafe",
        "newer-java: display",
        "set-xmx: display",
    ),
)
