"""Which Java releases see the limits of their container, and options that set the heap.

Facts: JDK 8u191 and 10 read memory and CPU limits of cgroup v1 by themselves (JDK-8146115). 8u131
and 9 have -XX:+UseCGroupMemoryLimitForHeap, to be unlocked (JDK-8170888). cgroup v2, which hosts
with a current systemd have, is read by 8u372, 11.0.16, 15 and later (JDK-8230305). Docker Hub's
`java` stopped at 8u111, and `openjdk` at 8u342 (for Alpine at 8u212).
"""

from __future__ import annotations

from codi_hook.frozen import dataclass
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.starts import SPEAKS

_update = pattern(r"(?:^|jdk-|jre-|openjdk-|[^\d])8u(\d+)").search
_major = pattern(r"(?:openjdk-|jdk-|jre-)?(\d+)(?![\du])").match
_heap = pattern(
    r"-Xmx|MaxHeapSize|MaxRAM|UseCGroupMemoryLimitForHeap|-XX:Flags=|JAVA_MAX_MEM|MEMORY_LIMIT"
    r"|HEAP|XMX|Xmx"
).search


@dataclass(frozen=True)
class Old:
    """`release` as it is spoken of; `flag`: the experimental option exists; `hosts`: on which
    hosts the limits are not seen."""

    release: str
    flag: bool
    everywhere: bool


def old(name: str, tag: str) -> Old | None:
    """The old release that an image of a JRE or JDK brings, or None."""
    last = name.rpartition("/")[2]
    if name == "java":
        match = _update(tag)
        return (
            Old(f"Java of java:{tag or 'latest'}", False, True) if not match else _by(int(match[1]))
        )
    if last not in ("openjdk", "jdk", "oracle-jdk", "adoptopenjdk", "server-jre"):
        return None
    match = _update(tag)
    if match:
        return _by(int(match[1]))
    major = _major(tag)
    if name != "openjdk" or major is None:
        return None
    number = int(major[1])
    if number in (6, 7):
        return Old(f"Java {number}", False, True)
    if number == 8:
        return Old("Java 8 of openjdk (8u342 at most)", False, False)
    return Old("Java 9", True, True) if number == 9 else None


def _by(update: int) -> Old | None:
    if update < 191:
        return Old(f"Java 8u{update}", update >= 131, True)
    return Old(f"Java 8u{update}", False, False) if update < 372 else None


def sets_heap(document: Document) -> bool:
    """True where the file says how big the heap may be, or leaves it to a variable."""
    return any(_heap(item.text) for item in document.instructions if item.keyword in SPEAKS)
