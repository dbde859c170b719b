"""`python -m codi_hook` is `codi-hook`."""

from __future__ import annotations

from codi_hook.cli.main import main

main()
