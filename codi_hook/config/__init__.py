"""Settings of a run, from the command line, the environment and configuration files."""

from __future__ import annotations

from codi_hook.config.settings import Selection, Settings

__all__ = ["Selection", "Settings"]
