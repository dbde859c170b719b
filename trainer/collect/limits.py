"""GitHub's rate limits: when to wait, and how long.

Primary limits are told in ``x-ratelimit-remaining`` and ``x-ratelimit-reset`` (seconds since 1970)
for each ``x-ratelimit-resource``. Secondary limits are answers 403 or 429: with ``retry-after``
that many seconds; where no header says, at least a minute and longer each time. Source: "Rate
limits for the REST API" and "Best practices for using the REST API", docs.github.com.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from codi_hook.errors import CodiError
from trainer.collect.clock import Clock

MINUTE = 60.0
LONGEST = 2 * 60 * MINUTE  # a primary limit is reset every hour
FIRST, MOST = 1.0, 30.0  # seconds between attempts after an error that is no limit
_SECONDARY = ("secondary rate limit", "abuse detection", "rate limit exceeded")

Count = Callable[[str, float], None]
Tell = Callable[[str], None]


class Limits:
    """Waits where GitHub asks to, and counts how long."""

    def __init__(self, clock: Clock, count: Count, tell: Tell) -> None:
        self._clock, self._count, self._tell = clock, count, tell
        self._resets: dict[str, float] = {}  # by resource, those that are used up

    def before(self, resource: str) -> None:
        """Wait until the resource may be asked again, if it is known to be used up."""
        reset = self._resets.pop(resource, None)
        if reset is not None and reset > self._clock.now():
            self.wait(reset - self._clock.now() + 1, "primary limit")

    def note(self, resource: str, headers: Mapping[str, str]) -> None:
        """Remember what an answer says of its resource."""
        reset = _number(headers.get("x-ratelimit-reset"))
        if headers.get("x-ratelimit-remaining") == "0" and reset is not None:
            self._resets[resource] = reset

    def refused(
        self, status: int, headers: Mapping[str, str], body: bytes, attempt: int
    ) -> tuple[float, str] | None:
        """How long to wait after an answer 403 or 429, and why; None where it is no limit.

        `attempt` counts the refusals of this request, from 0.
        """
        if status not in (403, 429):
            return None
        after = self._after(headers.get("retry-after"))
        if after is not None:
            return after + self._clock.jitter(), "secondary limit"
        reset = _number(headers.get("x-ratelimit-reset"))
        if headers.get("x-ratelimit-remaining") == "0" and reset is not None:
            least = MINUTE * attempt  # asked again too early: the clocks differ
            return max(reset - self._clock.now() + 1, 1.0, least), "primary limit"
        if status == 429 or any(word in message(body).lower() for word in _SECONDARY):
            return MINUTE * 2 ** min(attempt, 6) * (1 + self._clock.jitter() / 4), "secondary limit"
        return None

    def _after(self, value: str | None) -> float | None:
        """``retry-after`` in seconds: a number, or a date."""
        seconds = _number(value)
        if value is None or seconds is not None:
            return seconds
        try:
            return max(parsedate_to_datetime(value).timestamp() - self._clock.now(), 1.0)
        except (TypeError, ValueError, OverflowError):
            return None

    def pause(self, attempt: int) -> None:
        """Wait before the next attempt after an error that is no limit."""
        least = min(FIRST * 2**attempt, MOST)
        self.wait(least * (1 + self._clock.jitter()), "")

    def wait(self, seconds: float, why: str) -> None:
        """Raises:
        CodiError: it would be longer than a primary limit lasts.
        """
        if seconds > LONGEST:
            hint = "run it again later: it goes on where it is now"
            raise CodiError(f"GitHub asks to wait {seconds / MINUTE:.0f} minutes", hint)
        if why:
            until = time.strftime("%H:%M:%S", time.localtime(self._clock.now() + seconds))
            self._tell(f"GitHub's {why}: waiting {seconds:.0f} s, until {until}")
            self._count(f"waits: {why}", 1)
            self._count(f"seconds waited: {why}", seconds)
        else:
            self._count("seconds waited: errors", seconds)
        self._clock.sleep(seconds)


def message(body: bytes) -> str:
    """What an error says in words, one short line; "" where it says nothing."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    text = value.get("message") if isinstance(value, dict) else None
    return " ".join(text.split())[:200] if isinstance(text, str) else ""


def _number(value: str | None) -> float | None:
    text = (value or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
