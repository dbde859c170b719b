"""A compiler is left in the image that runs.

Why it matters: gcc, make and headers are some hundred megabytes that only the build needed. Each
pull and each node carries them, scanners report their flaws, and who breaks into the container
finds a compiler. The severity is `info`: the program works.

Which alternative: where the RUN that installs the tools is also the last that uses them, they can
be removed at its end, and the layer never holds them. apk can do so by a name for all of them. On
Alpine libstdc++ stays, for what was compiled from C++. A removal in a later RUN saves nothing:
where the RUN that uses the tools is another one, and nothing but COPY and settings stands between,
the install moves there; it is then run again when what is copied changes. Else a build stage, whose
result is copied.

Why the fixes are unsafe: a program may compile when it runs, and apt's --auto-remove takes what
came with the tools and is wanted by nothing else that apt knows of, such as libgomp1.

When to ignore: in images to build or to develop in. Reported is only a final stage that starts
something, on an image that has no compiler anyway, in which pip, npm, gem, make or the like is
seen to use the tools, and nothing removes them.

Evidence: in 42.6 of 1,000 public Dockerfiles (688 of 16,167). Five looked at: build-essential for
one yarn global add, gcc and g++ for node-gyp on an Alpine that serves a site, a compiler for gems
under a Rails program, python-dev and build-essential for a setup.py, and build-base for a
command-line calendar: all were used once, in the build, and the last line starts a program that is
interpreted or was compiled before.
"""

from __future__ import annotations

from collections.abc import Iterator

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
from codi_hook.recipes.compiling import COMPILERS
from codi_hook.recipes.facts import final_stage
from codi_hook.recipes.installs import insert_option, shown
from codi_hook.recipes.scripts import append_command, insert_after_word
from codi_hook.recipes.starts import in_effect, is_for_development, starts_shell
from codi_hook.recipes.toolchain import (
    Tools,
    base_has_compiler,
    in_one_run,
    is_tool,
    left_tools,
    removal,
)
from codi_hook.shell.managers import MANAGERS


def check(document: Document) -> Iterator[Finding]:
    stage = final_stage(document)
    if stage is None or is_for_development(document, stage) or base_has_compiler(stage):
        return
    starts = [item for word in ("ENTRYPOINT", "CMD") if (item := in_effect(stage, word))]
    scripts = [document.script(item) for item in starts]
    if not starts or any(s is not None and not s.names.isdisjoint(COMPILERS) for s in scripts):
        return
    if starts_shell(document, stage):
        return
    for tools in left_tools(document, stage):
        message = f"{shown(tools.words)} stay in the image after {tools.used_by}"
        if len(tools.words) == 1:
            message = f"{shown(tools.words)} stays in the image after {tools.used_by}"
        yield Finding(tools.words[0].span, tools, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    tools: Tools = finding.subject
    names = shown(tools.words)
    if tools.uses == 1 and tools.last is tools.script:
        yield from _in_this_run(tools, names)
    else:
        edits = in_one_run(finding.document, tools) if not _cxx_library(tools) else None
        yield Candidate(
            "one-run",
            f"Install {names}, use and remove them in one RUN",
            edits or (),
            Applicability.UNSAFE if edits else Applicability.DISPLAY,
            (
                Reason(
                    "layers-keep", "what a layer holds stays, also where a later one removes it"
                ),
                Reason("one-layer", f"{tools.used_by} and the tools belong in one RUN then"),
            ),
        )
    yield Candidate(
        "build-stage",
        "Build in a stage of its own, and copy the result into this one",
        (),
        Applicability.DISPLAY,
        (
            Reason("nothing-stays", f"{names} stay in the build stage"),
            Reason("cache", "the steps keep their layers, and are built again only when needed"),
        ),
    )


def _in_this_run(tools: Tools, names: str) -> Iterator[Candidate]:
    command = removal(tools)
    found = tools.found
    keep = _cxx_library(tools)
    smaller = Reason("same-layer", f"a layer that removes {names} at its end never holds them")
    works = Reason("may-compile", "what compiles when it runs needs them")
    edit = append_command(tools.script, command) if command else None
    if command and edit:
        yield Candidate(
            "remove-in-same-run",
            f"Remove {names} at the end of the RUN",
            (*keep, edit),
            Applicability.UNSAFE,
            (smaller, works),
        )
    alone = found.manager.family == "apk" and all(is_tool(word) for word in found.packages)
    edit = append_command(tools.script, "apk del .build-deps") if alone else None
    virtual = found.has_flag("--virtual", "-t")
    if edit and found.verb_word is not None and not virtual and not keep:
        option = insert_option(found.command, found.verb_word, "--virtual .build-deps")
        yield Candidate(
            "virtual-package",
            "Give the tools one name with --virtual, and delete them by it",
            (option, edit),
            Applicability.UNSAFE,
            (
                smaller,
                Reason("one-name", "a tool that is added later is deleted with the others"),
                works,
            ),
        )


def _cxx_library(tools: Tools) -> tuple[Edit, ...]:
    """On Alpine the library of C++ comes with the compiler and would go with it."""
    packages = {word.text.strip("\"'") for word in tools.found.packages}
    compiles = not packages.isdisjoint({"g++", "build-base", "alpine-sdk"})
    if tools.found.manager.family != "apk" or not compiles or "libstdc++" in packages:
        return ()
    return (insert_after_word(tools.found.packages[-1], "libstdc++"),)


RULE = Rule(
    "CODI024",
    "build-tools-left",
    Severity.INFO,
    "Do not leave build tools in the image that runs",
    check,
    candidates,
    triggers=("apk", "apt", "apt-get", "dnf", "microdnf", "yum", "zypper"),
    reads=("CMD", "ENTRYPOINT", "python", *COMPILERS, *MANAGERS),
    templates=(
        "remove-in-same-run: unsafe",
        "build-stage: display",
        "virtual-package: unsafe",
        "one-run: unsafe, display",
    ),
)
