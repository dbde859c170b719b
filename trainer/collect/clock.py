"""Time and chance, as the client asks for them; a test gives one of its own and never sleeps."""

from __future__ import annotations

import random
import time


class Clock:
    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def jitter(self) -> float:
        """A number from 0 to 1, so that clients that failed together do not return together."""
        return random.random()
