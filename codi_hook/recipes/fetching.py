"""What curl and wget fetch, where they put it, and who reads what they print."""

from __future__ import annotations

from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern
from codi_hook.shell.ast import Command, Script, Word
from codi_hook.shell.flags import flag, has_flag, operands
from codi_hook.shell.wrappers import SHELLS, reads_stdin

FETCHERS = ("curl", "wget")
# Programs that run what they read, where no file is named.
INTERPRETERS = ("node", "nodejs", "perl", "php", "python", "python2", "python3", "ruby")
_address = pattern(r"[\"']?(?:[a-z][a-z0-9+.-]*://|\$|[\w-]+(?:\.[\w-]+)+(?:/|[\"']?\Z))").match
_plain_name = pattern(r"[\w@%+=:,.-]+\Z").match


@dataclass(frozen=True, eq=False)
class Download:
    """`target` is the file as written, "" for what goes to the standard output."""

    command: Command
    url: Word
    target: str

    @property
    def name(self) -> str:
        """The last part of the target."""
        return self.target.rstrip("/").rpartition("/")[2]


def download(command: Command) -> Download | None:
    """What one curl or wget fetches; None for several addresses, and for none."""
    if command.name not in FETCHERS:
        return None
    urls = [word for word in operands(command) if _address(word.text)]
    given = flag(command, "--url") if command.name == "curl" else None
    if given is not None and given.value_word is not None:
        urls.append(given.value_word)
    if len(urls) != 1:
        return None
    return Download(command, urls[0], _target(command, urls[0]))


def _target(command: Command, url: Word) -> str:
    names = ("-o", "--output") if command.name == "curl" else ("-O", "--output-document")
    named = flag(command, *names)
    if named is not None and named.value:
        return "" if named.value in ("-", "/dev/stdout") else named.value
    if command.name == "curl" and not has_flag(command, "-O", "--remote-name"):
        out = [one.target.text for one in command.redirects if one.target and ">" in one.operator]
        out = [text for text in out if text != "/dev/null" and not text.isdigit()]
        return out[0].strip("\"'") if out else ""
    folder = flag(command, "-P", "--directory-prefix", "--output-dir")
    name = url_name(url)
    if folder is not None and folder.value:
        return f"{folder.value.rstrip('/')}/{name}"
    return name


def url_name(url: Word) -> str:
    """The last part of the address, as wget names its file."""
    text = url.text.strip("\"'")
    return text.partition("?")[0].rstrip("/").rpartition("/")[2]


def host(url: Word) -> str:
    """The host of the address as written, without a port and a user."""
    rest = url.text.strip("\"'").rpartition("://")[2] if "://" in url.text else url.text
    return rest.strip("\"'").partition("/")[0].rpartition("@")[2].partition(":")[0]


def plain_file_name(url: Word, otherwise: str) -> str:
    """The name that the address ends in where it can be written without quotes."""
    name = url_name(url)
    return name if _plain_name(name) and name.strip(".") else otherwise


def run_by(script: Script, command: Command) -> Command:
    """The command that a wrapper (sudo, env …) runs in the end; itself where it is none."""
    at = command.position + 1
    while at < len(script.commands) and script.commands[at].wrapper is command:
        command = script.commands[at]
        at += 1
    return command


def runs_input(command: Command) -> bool:
    """True for a shell or an interpreter that is given no file, so that it runs its input."""
    if command.name in SHELLS:
        return reads_stdin(command.name, command.words)
    if command.name not in INTERPRETERS or has_flag(command, "-c", "-e", "-m", "-r", "-n", "-p"):
        return False
    values = [word.value for word in command.args]
    return not operands(command) or values[:1] in (["-"], ["--"])
