"""wget and curl, each said with the other: only what has an exact counterpart."""

from __future__ import annotations

from codi_hook.shell.ast import Command
from codi_hook.shell.flags import flags, operands
from codi_hook.source import Span

# Option of the one: what it is for the other. None drops it; a value follows where {} stands.
_WGET_TO_CURL = {
    "-q": "",
    "--quiet": "",
    "-nv": "",
    "--no-verbose": "",
    "--progress": "",
    "--show-progress": "",
    "--no-check-certificate": "-k",
    "--header": "-H {}",
    "-O": "-o {}",
    "--output-document": "-o {}",
}
_CURL_TO_WGET = {
    "-s": "",
    "--silent": "",
    "-S": "",
    "--show-error": "",
    "-f": "",
    "--fail": "",
    "-L": "",
    "--location": "",
    "-k": "--no-check-certificate",
    "--insecure": "--no-check-certificate",
    "-H": "--header={}",
    "--header": "--header={}",
    "-o": "-O {}",
    "--output": "-O {}",
    "-O": "",
    "--remote-name": "",
}


def as_curl(command: Command) -> str | None:
    """A wget as the curl that fetches the same, or None where there is no exact one.

    -f, -L and the error message are what wget does by itself; without -O wget names the file
    after the URL, which curl does the same way only where the URL has no query.
    """
    address = _address(command)
    options = _translated(command, _WGET_TO_CURL)
    if address is None or options is None:
        return None
    target = _target(command, "-O", "--output-document")
    if target is None:
        if "?" in address or address.endswith("/") or address.count("/") < 3:
            return None
        options.append("-O")
    elif target == "-":
        options = [option for option in options if option != "-o -"]
    return " ".join(["curl", "-fsSL", *options, address])


def as_wget(command: Command) -> str | None:
    """A curl as the wget that fetches the same, or None where there is no exact one.

    wget always follows redirects and fails on an HTTP error: a curl without -f or -L did not,
    and would then have written the error page.
    """
    address = _address(command)
    options = _translated(command, _CURL_TO_WGET)
    if address is None or options is None:
        return None
    names = {flag.name for flag in flags(command)}
    if not names & {"-o", "--output", "-O", "--remote-name"}:
        options.append("-O -")
    elif names & {"-O", "--remote-name"} and "?" in address:
        return None
    return " ".join(["wget", "-q", *options, address])


def _address(command: Command) -> str | None:
    found = operands(command)
    if len(found) != 1 or command.wrapper is not None or command.instruction.form == "json":
        return None
    whole = Span(command.word.span.start, command.words[-1].span.end)
    lost = [one.span for one in command.redirects]
    lost += [one.span for one in command.instruction.comments]
    if any(map(whole.contains, lost)):
        return None
    text = found[0].text
    return text if text.strip("\"'").startswith(("http://", "https://", "$")) else None


def _target(command: Command, *names: str) -> str | None:
    return next((flag.value for flag in reversed(flags(command)) if flag.name in names), None)


def _translated(command: Command, table: dict[str, str]) -> list[str] | None:
    options = []
    for flag in flags(command):
        known = table.get(flag.name)
        if known is None:
            return None
        if "{}" in known:
            value = flag.value_word.text if flag.value_word else flag.value
            if not value or (flag.value_word is None and not value.isascii()):
                return None
            options.append(known.format(value))
        elif known:
            options.append(known)
    return options
