"""The whole build context is copied, and there is no .dockerignore.

Why it matters: without one, .git with the whole history, local dependencies, build output and files
like .env are sent to the builder and copied into the image. Each change in any of them, a commit
included, also makes the layer and all that follows anew.

Which alternative: a .dockerignore beside the Dockerfile (or <name>.dockerignore for this one file)
names what stays out; what to put there depends on the language and is listed for this file. Copying
the few folders that the image needs by name does without one, and nothing new slips in unseen.

Why there are no edits: the ignore file is another file, and which folders the image needs cannot be
seen here.

Reported only where the build context is known and is the one that the Dockerfile is written for:
all files that it copies by name are there.

When to ignore: where the context is made for the build (a tar, a folder of build output).

Evidence: 2,321 of 16,100 public Dockerfiles (144 of 1,000) copy their whole context; whether an
ignore file lies beside them is not part of that collection, so six of the repositories were looked
at. A sample for Node's debugger copies node_modules, an editor's swap file and .idea with the
sources and has no ignore file: right. A uv example, a server for language models, a set of .NET
samples and a library's Python image have one: no finding. A folder with a Dockerfile and two
scripts has none: right, though little is gained there.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.contexts import CONTEXT, fits, sources
from codi_hook.recipes.facts import stack
from codi_hook.recipes.values import unquoted

_ALWAYS = (".git", ".env", "*.pem")
# What the tools of a language leave in a folder. Source: GitHub's gitignore templates.
_BY_STACK = {
    "node": ("node_modules", "npm-debug.log*", "dist", "coverage"),
    "python": ("__pycache__", "*.pyc", ".venv", "venv", ".pytest_cache"),
    "go": ("bin", "*.test", "coverage.out"),
    "rust": ("target",),
    "java": ("target", "build", ".gradle", "*.class"),
    "ruby": (".bundle", "vendor/bundle", "log", "tmp"),
    "php": ("vendor", "node_modules"),
    "dotnet": ("**/bin", "**/obj"),
    "elixir": ("_build", "deps"),
    "c": ("build", "*.o"),
}
_SEEN = (
    ".git", ".env", ".env.local", "node_modules", ".venv", "venv", "__pycache__", "target",
    "vendor", "dist", "build", ".gradle", ".terraform", ".idea", ".vscode", ".DS_Store",
)  # fmt: skip


def check(document: Document) -> Iterator[Finding]:
    context = document.project.context
    if context is None:
        return
    for item in document.of("COPY", "ADD"):
        whole = next((one for one in sources(item) if unquoted(one.value) in CONTEXT), None)
        if whole is None:
            continue
        if context.ignore_path is not None or not fits(document, context):
            return
        seen = [name for name in _SEEN if context.exists(name)]
        message = "The whole build context is copied, and no .dockerignore leaves anything out"
        if seen:
            message = f"{_listed(seen)} would be copied: there is no .dockerignore"
        yield Finding(whole.span, (item, tuple(seen)), message)
        return


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def candidates(finding: Finding) -> Iterator[Candidate]:
    item, seen = finding.subject
    language = stack(finding.document)
    wanted = list(dict.fromkeys((*_ALWAYS, *seen, *_BY_STACK.get(language, ()))))
    kind = f"a {language} project leaves" if language in _BY_STACK else "a project leaves"
    reasons: tuple[Reason, ...] = (
        Reason("smaller-context", "what is ignored is neither sent to the builder nor copied"),
        Reason("cached", "a change in an ignored file no longer makes the layers anew"),
        Reason("for-stack", f"the list holds what {kind} in its folder"),
    )
    if seen:
        reasons = (Reason("is-there", f"{_listed(list(seen))} lies in the context now"), *reasons)
    yield Candidate(
        "write-dockerignore",
        f"Write a .dockerignore with {', '.join(wanted)}",
        (),
        Applicability.DISPLAY,
        reasons,
    )
    yield Candidate(
        "copy-by-name",
        f"Let {item.keyword} name the files and folders that the image needs",
        (),
        Applicability.DISPLAY,
        (
            Reason(
                "nothing-unseen", "a file that is new in the context is then left out by itself"
            ),
            Reason("to-be-kept", "each folder that the image comes to need has to be added"),
        ),
    )


RULE = Rule(
    "CODI007",
    "no-dockerignore",
    Severity.WARNING,
    "The whole build context is copied, and there is no .dockerignore",
    check,
    candidates,
    triggers=("COPY", "ADD"),
    security=True,
    templates=(
        "write-dockerignore: display",
        "copy-by-name: display",
    ),
)
