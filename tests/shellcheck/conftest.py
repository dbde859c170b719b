"""Every test here runs in a folder of its own, without the machine's settings and caches."""

from __future__ import annotations

from tests.isolated import folder as folder
