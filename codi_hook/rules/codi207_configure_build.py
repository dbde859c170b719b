"""configure has to guess the machine that it builds for.

Why it matters: without `--build` a configure script asks `config.guess`, which is often years old
and does not know newer machines (arm64, riscv64), or takes a 32-bit system on a 64-bit kernel for
a 64-bit one. The official images therefore name the machine in every configure.

Which alternative: on Debian, `dpkg-architecture` from dpkg-dev tells the distribution's own name;
it is there with build-essential. `gcc -dumpmachine` tells what the compiler builds for, on every
distribution.

Why the fixes are unsafe: with another name a package may choose other code. They are offered for
scripts made by autoconf only as far as the step tells: the hand-written ones that are known to
refuse or to misread `--build` (ffmpeg, nginx, zlib, Node.js and others) are left alone.

Off by default: an image that is built for one architecture never notices.

When to ignore: where nothing but amd64 is built.

Evidence: 14 of 1,000 public Dockerfiles (308 findings; 7 of 1,000 written by experts); 173 files,
nearly all of official images, name the machine. Looked at: Ruby, LibRaw, Bitcoin's daemon and the
PHP extensions memcached and geoip, all made by autoconf, which take the option.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.model import Applicability, Candidate, Document, Finding, Reason, Rule, Severity
from codi_hook.recipes.facts import DEBIAN, family
from codi_hook.recipes.installs import insert_option, is_json
from codi_hook.recipes.tools import installed_before
from codi_hook.shell.ast import Command
from codi_hook.shell.flags import has_flag

# Their configure is written by hand, or means something else by --build.
_BY_HAND = (
    "ffmpeg", "nginx", "openresty", "tengine", "x264", "libvpx", "aom", "zlib", "openssl", "node",
    "qt", "mesa", "qemu", "haproxy", "musl", "librdkafka", "rakudo", "nqp", "moar", "mplayer",
    "mpv", "libav", "angel", "freeradius", "znc", "inspircd", "unreal", "handbrake", "cmake",
    "petsc", "slepc", "grass", "wine", "opam", "ocaml", "erlang", "otp", "perl", "darknet", "haka",
)  # fmt: skip
_DEV = ("build-essential", "dpkg-dev", "debhelper", "devscripts")


def check(document: Document) -> Iterator[Finding]:
    for command in document.commands("configure"):
        if command.word.text not in ("./configure", "../configure") or not command.args:
            continue
        if has_flag(command, "--build", "--host", "--target", "--help") or _by_hand(command):
            continue
        yield Finding(command.word.span, command)


def _by_hand(command: Command) -> bool:
    text = command.instruction.text.lower()
    return any(name in text for name in _BY_HAND)


def candidates(finding: Finding) -> Iterator[Candidate]:
    command: Command = finding.subject
    document = finding.document
    if is_json(command):
        return
    stage = document.stage_of(command.instruction)
    arch = Reason("other-machines", "the build then works on machines that config.guess predates")
    if family(document, stage) == DEBIAN and any(
        installed_before(document, command, name) for name in _DEV
    ):
        value = '--build="$(dpkg-architecture --query DEB_BUILD_GNU_TYPE)"'
        yield Candidate(
            "build-by-dpkg",
            "Name the machine as Debian does (dpkg-architecture)",
            (insert_option(command, command.word, value),),
            Applicability.UNSAFE,
            (Reason("own-name", "dpkg-dev, which the file installs, knows the machine"), arch),
        )
    if not document.names.isdisjoint(("make", "gmake")):
        yield Candidate(
            "build-by-gcc",
            "Name the machine as the compiler does (gcc -dumpmachine)",
            (insert_option(command, command.word, '--build="$(gcc -dumpmachine)"'),),
            Applicability.UNSAFE,
            (Reason("compiler", "the compiler that builds it says what it builds for"), arch),
        )


RULE = Rule(
    "CODI207",
    "configure-build",
    Severity.INFO,
    "Name the machine that configure builds on (--build)",
    check,
    candidates,
    triggers=("configure",),
    reads=("apt-get", "apt", "make", "gmake"),
    local=True,
    default=False,
    templates=(
        "build-by-dpkg: unsafe",
        "build-by-gcc: unsafe",
    ),
)
