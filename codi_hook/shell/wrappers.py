"""Commands that run another command: which of their words belong to themselves."""

from __future__ import annotations

from collections.abc import Sequence

from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern
from codi_hook.shell.ast import Word

SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"})
_assignment = pattern(r"[A-Za-z_]\w*=").match


@dataclass(frozen=True, slots=True)
class Wrapper:
    """`values`: options that take the next word. `operands`: words that stand between the options
    and the command. `verb`: the operand that makes it a wrapper (``poetry run``). `stops`:
    options with which it runs nothing (``command -v``)."""

    values: frozenset[str] = frozenset()
    operands: int = 0
    assignments: bool = False
    verb: str = ""
    stops: frozenset[str] = frozenset()


def _wrapper(
    values: str = "", operands: int = 0, assignments: bool = False, verb: str = "", stops: str = ""
) -> Wrapper:
    return Wrapper(frozenset(values.split()), operands, assignments, verb, frozenset(stops.split()))


_CONDA = _wrapper("-n --name -p --prefix --cwd", verb="run")
_PLAIN = _wrapper()

WRAPPERS: dict[str, Wrapper] = {
    "sudo": _wrapper(
        "-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --close-from --role "
        "--type --command-timeout --other-user --chdir --chroot",
        assignments=True,
        stops="-l --list -v --validate -k -K -e --edit",
    ),
    "doas": _wrapper("-u -C -a"),
    "exec": _wrapper("-a"),
    "time": _wrapper("-o -f --output --format"),
    "env": _wrapper("-u -C --unset --chdir", assignments=True),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n --class --classdata", stops="-p --pid"),
    "chrt": _wrapper(operands=1, stops="-p --pid"),
    "taskset": _wrapper(operands=1, stops="-p --pid"),
    "nohup": _PLAIN,
    "setsid": _PLAIN,
    "xargs": _wrapper(
        "-a -d -E -I -L -n -P -s --arg-file --delimiter --max-args --max-chars --max-procs "
        "--max-lines --process-slot-var"
    ),
    "command": _wrapper(stops="-v -V"),
    "builtin": _PLAIN,
    "gosu": _wrapper(operands=1),
    "su-exec": _wrapper(operands=1),
    "s6-setuidgid": _wrapper(operands=1),
    "setuser": _wrapper(operands=1),
    "chpst": _wrapper("-u -U -b -e -/ -C -n -l -L -m -d -o -p -f -c -r -t"),
    "runuser": _wrapper("-g -G -s -w --group --supp-group --shell -u --user", stops="-c -l"),
    "setpriv": _wrapper(
        "--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits"
    ),
    "chroot": _wrapper("--userspec --groups", operands=1),
    "timeout": _wrapper("-s -k --signal --kill-after", operands=1),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "flock": _wrapper("-w -E --wait --timeout --conflict-exit-code", operands=1, stops="-c"),
    "eatmydata": _PLAIN,
    "unbuffer": _PLAIN,
    "chronic": _PLAIN,
    "fakeroot": _wrapper("-l -s -i -b --lib --faked"),
    "faketime": _wrapper("-f", operands=1),
    "xvfb-run": _wrapper("-e -f -n -p -s -w"),
    "dbus-run-session": _wrapper("--config-file --dbus-daemon"),
    "tini": _wrapper("-p -e"),
    "dumb-init": _wrapper("-r --rewrite"),
    "catatonit": _PLAIN,
    "busybox": _PLAIN,
    "linux32": _PLAIN,
    "linux64": _PLAIN,
    "setarch": _wrapper(operands=1),
    "strace": _wrapper("-e -o -p -s -u -E -a -O -S -P"),
    "conda": _CONDA,
    "mamba": _CONDA,
    "micromamba": _wrapper("-n --name -p --prefix --cwd -r --root-prefix", verb="run"),
    "poetry": _wrapper("-C --directory -P --project", verb="run"),
    "pipenv": _wrapper(verb="run"),
    "bundle": _wrapper("--gemfile", verb="exec"),
}


def wrapped(name: str, words: Sequence[Word]) -> tuple[int, int]:
    """The words of the wrapped command, from and to; from 0 where nothing is wrapped."""
    wrapper = WRAPPERS.get(name)
    if wrapper is not None:
        return _wrapped(wrapper, words), len(words)
    return _executed(words) if name == "find" else (0, 0)


def _executed(words: Sequence[Word]) -> tuple[int, int]:
    """What ``find … -exec`` runs; only the first one."""
    values = [word.value for word in words]
    for at, value in enumerate(values):
        if value in ("-exec", "-execdir", "-ok", "-okdir") and at + 1 < len(values):
            ends = [end for end in range(at + 2, len(values)) if values[end] in (";", "+")]
            return at + 1, ends[0] if ends else len(values)
    return 0, 0


def _wrapped(wrapper: Wrapper, words: Sequence[Word]) -> int:
    at, count, operands, verb = 1, len(words), wrapper.operands, wrapper.verb
    while at < count:
        text = words[at].value
        if text is None:
            text = words[at].text
        if text == "--":
            at += 1
            if not verb:
                break
        elif len(text) > 1 and text[0] == "-":
            if _stops(wrapper, text):
                return 0
            at += 2 if _takes_next(wrapper, text) else 1
        elif verb:
            if text != verb:
                return 0
            verb = ""
            at += 1
        elif operands and not (wrapper.assignments and _assignment(text)):
            operands -= 1
            at += 1
        elif wrapper.assignments and _assignment(text):
            at += 1
        else:
            break
    at += operands
    return at if at < count and not verb else 0


def _takes_next(wrapper: Wrapper, text: str) -> bool:
    if text.startswith("--") or text in wrapper.values:
        return text in wrapper.values
    for index, letter in enumerate(text[1:], start=1):
        if f"-{letter}" in wrapper.values:
            return index == len(text) - 1
    return False


def _stops(wrapper: Wrapper, text: str) -> bool:
    if not wrapper.stops:
        return False
    return text in wrapper.stops or (text[1] != "-" and f"-{text[1]}" in wrapper.stops)


def script_word(name: str, words: Sequence[Word]) -> int:
    """Index of the word that holds a script (``sh -c '…'``, ``su -c '…'``); 0 if none does."""
    if name in SHELLS:
        return _shell_script(words)
    if name in ("su", "runuser", "flock"):
        for index, word in enumerate(words[1:-1], start=1):
            if word.value in ("-c", "--command", "-lc"):
                return index + 1
    return 0


def reads_stdin(name: str, words: Sequence[Word]) -> bool:
    """True for a shell that is given neither a script nor a file, so it runs its input."""
    if name not in SHELLS:
        return False
    at = _first_operand(words)[0]
    return at >= len(words) or words[at].value == "-" or "-s" in [word.value for word in words[:at]]


def _shell_script(words: Sequence[Word]) -> int:
    at, is_script = _first_operand(words)
    return at if is_script and at < len(words) else 0


def _first_operand(words: Sequence[Word]) -> tuple[int, bool]:
    at, is_script = 1, False
    while at < len(words):
        text = words[at].value or ""
        if text == "--":
            return at + 1, is_script
        if len(text) < 2 or text[0] not in "-+":
            break
        if text.startswith("--"):
            at += 2 if text in ("--rcfile", "--init-file") else 1
            continue
        is_script = is_script or (text[0] == "-" and "c" in text)
        at += 2 if text[-1] in "oO" else 1
    return at, is_script
