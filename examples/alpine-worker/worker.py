"""Takes one job after another from a queue."""

from __future__ import annotations

import os
import sys

import redis


def main() -> None:
    queue = redis.Redis(host=os.environ.get("QUEUE_HOST", "queue"), password=os.environ["QUEUE_PASSWORD"])
    while job := queue.blpop(["jobs"], timeout=0 if "--once" not in sys.argv else 5):
        print(job[1].decode(), flush=True)
        if "--once" in sys.argv:
            break


if __name__ == "__main__":
    main()
