"""Options taken away from commands: the inverse of templates that add a word."""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Document, Edit
from codi_hook.recipes.scripts import drop_word
from codi_hook.shell.ast import Command, Flag
from codi_hook.shell.flags import flags
from trainer.inject.injection import Edits, Injection, injection


def without(document: Document, command: Command, flag: Flag) -> Edits:
    """The command without an option: its word, its letter in a cluster, and its value."""
    source = document.source
    if flag.cluster and not flag.word.text.startswith("--"):
        letters = flag.word.text[1:].replace(flag.name[1:], "", 1)
        return (Edit(flag.word.span, f"-{letters}"),) if letters else ()
    edits = [drop_word(source, flag.word)]
    if flag.value_word is not None:
        edits.append(drop_word(source, flag.value_word))
    return tuple(edits)


def _of_commands(document: Document, commands: str, names: str) -> Iterator[Edits]:
    wanted = frozenset(names.split())
    for command in document.commands(*commands.split()):
        for flag in flags(command):
            if flag.name in wanted or (flag.value and f"{flag.name}={flag.value}" in wanted):
                edits = without(document, command, flag)
                if edits:
                    yield edits


def _of_calls(document: Document, managers: str, names: str) -> Iterator[Edits]:
    wanted = frozenset(names.split())
    for call in document.calls(*managers.split()):
        for flag in call.flags:
            if flag.name in wanted:
                edits = without(document, call.command, flag)
                if edits:
                    yield edits


def _option(name: str, codes: str, commands: str, names: str) -> Injection:
    def make(document: Document) -> Iterator[Edits]:
        return _of_commands(document, commands, names)

    return injection(name, codes, commands)(make)


def _call_option(name: str, codes: str, needs: str, managers: str, names: str) -> Injection:
    def make(document: Document) -> Iterator[Edits]:
        return _of_calls(document, managers, names)

    return injection(name, codes, needs)(make)


_APT = "apt-get apt aptitude"
_PIP = "pip pip2 pip3 python python3"

apt_yes = _call_option("apt-without-yes", "DL3014", _APT, "apt", "-y --yes --assume-yes")
apt_lean = _call_option("apt-with-recommends", "DL3015", _APT, "apt", "--no-install-recommends")
pip_cache = _call_option("pip-with-cache", "DL3042 CODI005", _PIP, "pip", "--no-cache-dir")
apk_cache = _call_option("apk-with-cache", "DL3019 CODI005", "apk", "apk", "--no-cache")
yum_yes = _call_option(
    "rpm-without-yes",
    "DL3030 DL3038 DL3034",
    "yum dnf microdnf zypper",
    "yum dnf microdnf zypper",
    "-y --assumeyes --non-interactive -n",
)
npm_production = _call_option(
    "npm-with-dev",
    "CODI004",
    "npm yarn pnpm",
    "npm yarn pnpm",
    "--production --omit --only --prod --frozen-lockfile",
)
npm_force = _call_option("npm-clean-unforced", "CODI204", "npm", "npm", "--force -f")
gem_document = _call_option(
    "gem-with-document", "CODI208", "gem", "gem", "--no-document -N --no-ri --no-rdoc"
)
composer_dev = _call_option("composer-with-dev", "CODI004", "composer", "composer", "--no-dev")

wget_progress = _option(
    "wget-with-progress", "DL3047", "wget", "-q --quiet -nv --no-verbose --progress"
)
curl_fail = _option("curl-without-fail", "CODI201", "curl", "-f --fail --fail-with-body")
curl_location = _option("curl-without-location", "CODI202", "curl", "-L --location")
useradd_log = _option("useradd-with-log", "DL3046", "useradd", "-l --no-log-init")
git_depth = _option("clone-whole-history", "CODI220", "git", "--depth")
gpg_batch = _option("gpg-without-batch", "CODI212", "gpg gpg2", "--batch")
python_unbuffered = _option("python-buffered", "CODI032", "python python3", "-u")
rpm_lean = _call_option(
    "rpm-with-weak",
    "DL3015",
    "dnf yum microdnf zypper",
    "dnf yum microdnf zypper",
    "--setopt --no-recommends --nodocs",
)


@injection("checksum-one-space", "CODI210", "sha256sum sha512sum sha1sum md5sum shasum")
def checksum(document: Document) -> Iterator[Edits]:
    """``sum  file`` and ``sum *file`` with one blank."""
    for command in document.commands("echo", "printf"):
        if command.pipeline is None:
            continue
        for word in command.args:
            for mark in ("  ", " *"):
                at = word.text.find(mark)
                if at > 0:
                    text = word.text[:at] + " " + word.text[at + 2 :]
                    yield (Edit(word.span, text),)


@injection("apt-for-apt-get", "DL3027", "apt-get", 0.3)
def apt(document: Document) -> Iterator[Edits]:
    """``apt`` where the author writes ``apt-get``."""
    for command in document.commands("apt-get"):
        if command.word.text == "apt-get":
            yield (Edit(command.word.span, "apt"),)


@injection("shell-stays", "CODI023", "ENTRYPOINT CMD")
def shell_stays(document: Document) -> Iterator[Edits]:
    """ENTRYPOINT in shell form without the exec that its author wrote."""
    for item in document.instructions:
        if item.keyword in ("ENTRYPOINT", "CMD") and item.form == "shell":
            text = item.source.text(item.body_span)
            if text.startswith("exec "):
                yield (Edit(item.body_span, text[5:]),)
