"""Where `codi-hook` starts. Whatever happens ends in one clear line and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

COMPLETION = "_CODI_HOOK_COMPLETE"
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 clean, 1 findings, 2 usage or internal error.

    As the program itself (`argv` is None) the process ends at once: taking the interpreter
    apart would cost a tenth of a short run, and everything is written and closed by then.
    """
    gc.set_threshold(100_000, 50, 50)  # most of what is made here lives as long as the process
    code = _guarded(list(sys.argv[1:] if argv is None else argv))
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        _to_nowhere()
    if argv is None and not os.environ.get("CODI_DEBUG"):
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _guarded(arguments: list[str]) -> int:
    from codi_hook.errors import CodiError

    try:
        return _dispatch(arguments)
    except CodiError as error:
        from codi_hook.cli.check import say

        say("error", str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough
        _to_nowhere()
        return 1
    except Exception as error:
        if os.environ.get("CODI_DEBUG"):
            raise
        from codi_hook.cli.check import say

        what = f"{type(error).__name__}: {error}".split("\n")[0][:300]
        say("error", f"internal error: {what} (please report it; CODI_DEBUG=1 shows more)")
    return 2


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["check"] and COMPLETION not in os.environ:
        from codi_hook.cli.arguments import parse

        parsed = parse(arguments[1:])
        if parsed is not None:
            from codi_hook.cli.check import check

            return check(parsed)
    from codi_hook.cli.app import run

    return run(arguments)


def _to_nowhere() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
