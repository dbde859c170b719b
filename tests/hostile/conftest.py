"""Every test here runs in a folder of its own, without the machine's models and settings."""

from __future__ import annotations

from tests.isolated import folder as folder
