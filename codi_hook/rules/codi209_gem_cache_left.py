"""The packages that gem has downloaded stay in the layer.

Why it matters: RubyGems keeps each downloaded package beside what it has unpacked from it, in
`cache` below its folder. In an image that is a second, packed copy of every gem.

Which alternative: removing `cache` in the same step, with the folder asked from gem itself or,
where the distribution's path is known, named. `gem cleanup` removes old versions, not this cache.

Why the fix is safe where nothing but `gem install` runs later: the packages are read by
`gem pristine` and by nothing else. It is `unsafe` all the same where a later instruction calls gem
or bundle.

In the official Ruby images the folder is another one, and CODI005 looks after it.

Off by default: for a few small gems the cache is hardly worth a line.

When to ignore: where `gem pristine` is run in the container.

Evidence: 16 of 1,000 public Dockerfiles (347 findings; 11 of 1,000 written by experts). Looked
at: foreman and bundler in an application image; iruby with its dependencies beside Jupyter;
package_cloud beside yum; lolcat in an image of one command; four generations of rack and rake in
one image, each packed and unpacked.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.cache_clean import may_remove
from codi_hook.recipes.facts import DEBIAN, family
from codi_hook.recipes.layers import later_runs
from codi_hook.recipes.scripts import append_after, append_command
from codi_hook.recipes.trails import shipped
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import call

_CLEANED = ("cache", "/gems", ".gem", "gemdir")
_ELSEWHERE = frozenset({"ruby", "jruby", "truffleruby"})


def check(document: Document) -> Iterator[Finding]:
    for script in shipped(document, "gem"):
        stage = document.stage_of(script.instruction)
        if stage is None or list(stage.lineage())[-1].image.short_name in _ELSEWHERE:
            continue
        installs = [one for one in script.commands if one.name == "gem" and _installs(one)]
        if installs and not _is_cleaned(script, installs[-1].position):
            yield Finding(installs[-1].word.span, (script, installs[-1]))


def _installs(command: Command) -> bool:
    found = call(command)
    return (
        found is not None
        and found.action == "install"
        and bool(found.packages)
        and not command.context
        and not found.has_flag("--install-dir", "-i", "--help", "--explain", "--user-install")
    )


def _is_cleaned(script: Script, after: int) -> bool:
    mounted = any(flag.name == "mount" for flag in script.instruction.flags)
    return mounted or any(
        one.name in ("rm", "find") and any(part in word.text for part in _CLEANED)
        for one in script.commands[after:]
        for word in one.args
    )


def candidates(finding: Finding) -> Iterator[Candidate]:
    script: Script
    script, last = finding.subject
    document = finding.document
    again = [document.script(run) for run in later_runs(document, script.instruction)]
    used = any(other and not other.names.isdisjoint(("gem", "bundle")) for other in again)
    level = Applicability.UNSAFE if used else Applicability.SAFE
    twice = Reason("second-copy", "each package is there unpacked, the packed copy is a second one")
    for key, title, folder, reason in _ways(document, script):
        gone = any(may_remove(one, "ruby") for one in script.commands[last.position + 1 :])
        text = f"rm -rf {folder}"
        edit = append_after(script, last, text) if gone else append_command(script, text)
        if edit is not None:
            yield Candidate(key, title, (edit,), level, (twice, reason))


def _ways(document: Document, script: Script) -> Iterator[tuple[str, str, str, Reason]]:
    yield (
        "ask-gem",
        "Remove the cache, its folder as gem names it",
        '"$(gem env gemdir)/cache"',
        Reason("any-ruby", "gem itself says where it is, for every version and distribution"),
    )
    if family(document, document.stage_of(script.instruction)) == DEBIAN:
        yield (
            "debian-folder",
            "Remove the cache from where Debian's gem keeps it",
            "/var/lib/gems/*/cache",
            Reason("no-gem-call", "the path is that of Debian's and Ubuntu's own Ruby"),
        )


RULE = Rule(
    "CODI209",
    "gem-cache-left",
    Severity.INFO,
    "Remove the packages that gem has downloaded",
    check,
    candidates,
    triggers=("gem",),
    local=True,
    default=False,
    reads=("rm", "find", "bundle", "apt-get", "apt", "apk", "yum", "dnf"),
    templates=(
        "ask-gem: safe, unsafe",
        "debian-folder: safe, unsafe",
    ),
)
