"""git clone fetches the whole history, of which nothing is used.

Why it matters: a clone without `--depth` brings every version of every file. For a project of some
age that is many times the size of its files: it costs minutes at every build, and where the clone
stays in the image, its size.

Which alternative: `--depth 1` fetches the one commit that is checked out. Where the server or the
build does need the history, removing `.git` in the same step at least keeps it out of the image.
BuildKit's ADD takes a git address as well, fetches without git in the image, and leaves `.git` out;
which revision it should name is not in the file, so that is only shown.

Why the fixes are unsafe: a build may read the history without calling git in the Dockerfile (a
version derived from tags, for example), and some old servers know no shallow clone.

Nothing is reported where any later command of the file calls git: it may want another commit.

When to ignore: where the container works with the repository.

Evidence: 54 of 1,000 public Dockerfiles (1,269 findings; 19 of 1,000 written by experts). In the
history of 21 expert repositories `--depth` was added in 44 commits of 6 of them. Looked at:
haste-server and an aria2 front end, whose files are served; fdk-aac and a OneDrive client, which
are compiled; a coding standard for PHP. None of the files calls git again.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.patterns import pattern
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.recipes.layers import is_shipped
from codi_hook.recipes.scripts import append_after
from codi_hook.shell.ast import Command, Word
from codi_hook.shell.flags import has_flag, operands

_SHALLOW = (
    *("--depth", "--filter", "--shallow-since", "--shallow-exclude", "--mirror", "--bare"),
    *("--reference", "--no-checkout", "-n", "--revision", "--sparse"),
)
_remote = pattern(r"[\"']?(?:https?|git|ssh)://[^\s]+\Z|[\"']?[\w.-]+@[\w.-]+:").match
_plain = pattern(r"[\w./${}-]+\Z").match


def check(document: Document) -> Iterator[Finding]:
    commands = list(document.commands("git"))
    for index, command in enumerate(commands):
        words = operands(command)
        if not words or words[0].value != "clone" or has_flag(command, *_SHALLOW):
            continue
        remote = len(words) > 1 and _remote(words[1].text) is not None
        later = [one for one in commands[index + 1 :] if not _is_clone(one)]
        if remote and not later and not _is_removed(document, command, ".git"):
            yield Finding(words[0].span, (command, words))


def _is_removed(document: Document, command: Command, name: str) -> bool:
    """True where a later command of the step removes what has `name` in its path."""
    script = document.script(command.instruction)
    return script is not None and any(
        one.name in ("rm", "find") and any(name in word.text for word in one.args)
        for one in script.commands[command.position + 1 :]
    )


def _is_clone(command: Command) -> bool:
    words = operands(command)
    return bool(words) and words[0].value == "clone"


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command
    words: tuple[Word, ...]
    command, words = finding.subject
    document = finding.document
    address = words[1].text.strip("\"'")
    option = "--depth 1"
    if has_flag(command, "--recursive", "--recurse-submodules"):
        option += " --shallow-submodules"
    unused = Reason("unused", "no later command of the file calls git")
    if not is_json(command):
        yield Candidate(
            "depth-1",
            f"Fetch one commit only ({option})",
            (insert_option(command, words[0], option),),
            Applicability.UNSAFE,
            (Reason("faster", f"of {address} only what is checked out is fetched"), unused),
        )
    script, stage = document.script(command.instruction), document.stage_of(command.instruction)
    folder = words[2].text if len(words) > 2 else address.rstrip("/").split("/")[-1]
    folder = folder.removesuffix(".git")
    stays = not _is_removed(document, command, folder.split("/")[-1])
    shipped = stage is not None and is_shipped(document, stage)
    if script is not None and shipped and stays and _plain(folder):
        edit = append_after(script, command, f"rm -rf {folder}/.git")
        if edit is not None:
            yield Candidate(
                "remove-history",
                f"Remove the history behind the clone (rm -rf {folder}/.git)",
                (edit,),
                Applicability.UNSAFE,
                (Reason("smaller", "the history is then no part of the layer"), unused),
            )
    yield Candidate(
        "add-git",
        "Let ADD fetch the repository",
        (),
        Applicability.DISPLAY,
        (Reason("no-git", "the builder fetches it, so the image needs no git, and has no .git"),),
    )


RULE = Rule(
    "CODI220",
    "clone-with-history",
    Severity.INFO,
    "Clone without the history that nothing uses (--depth 1)",
    check,
    candidates,
    triggers=("git",),
    reads=("rm", "find"),
    templates=(
        "depth-1: unsafe",
        "remove-history: unsafe",
        "add-git: display",
    ),
)
