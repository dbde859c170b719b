"""Scripts of package.json that a container starts, and the program behind them."""

from __future__ import annotations

from codi_hook.dockerfile import Instruction
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.layers import preceding
from codi_hook.recipes.values import unquoted
from codi_hook.recipes.workdirs import effective, join
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import flags, operands

_RUN = frozenset({"run", "run-script", "rum", "urn"})
_ELSEWHERE = ("--prefix", "--cwd", "-C", "--dir", "-w", "--workspace", "--filter", "-F")
_plain = pattern(r"node(?: [\w@%+:,./=-]+)+\Z").match
_MANIFEST = ("package.json", "package*.json", "package*", "*.json", ".", "./", "*")


def script_name(command: Command) -> str | None:
    """The script of package.json that npm, yarn or pnpm runs; None for anything else."""
    if command.name not in ("npm", "yarn", "pnpm"):
        return None
    words = [word.value for word in operands(command)]
    if words and words[0] in _RUN:
        return words[1] if len(words) > 1 else None
    if not words or words[0] is None:
        return None
    return words[0] if words[0] == "start" or command.name != "npm" else None


def program(
    document: Document, item: Instruction, command: Command, script: str
) -> list[str] | None:
    """The words that the script runs, where package.json is in the build context, is what COPY
    puts where the container starts, and says them plainly."""
    context = document.project.context
    others = [word for word in operands(command) if word.value not in (*_RUN, script)]
    if context is None or others or any(one.name in _ELSEWHERE for one in flags(command)):
        return None
    if not _copied(document, item):
        return None
    text = context.text("package.json")
    if text is None:
        return None
    from json import loads

    try:
        scripts = loads(text)["scripts"]
        found = scripts[script]
        hooked = f"pre{script}" in scripts or f"post{script}" in scripts
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found.split() if isinstance(found, str) and not hooked and _plain(found) else None


def _copied(document: Document, item: Instruction) -> bool:
    """True where the context's package.json is copied into the folder that the container starts
    in."""
    here = effective(document, item)
    for other in preceding(document, item):
        if other.keyword in ("COPY", "ADD") and other.flag("from") is None and not other.heredocs:
            *sources, last = (unquoted(value) for value in other.values or ("",))
            base = effective(document, other)
            place = join(base, last) if base else None
            names = {source.removeprefix("./") or "./" for source in sources}
            same = place and here and place.rstrip("/") == here.rstrip("/")
            if same and not names.isdisjoint(_MANIFEST):
                return True
    return False
