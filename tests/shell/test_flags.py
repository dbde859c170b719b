"""Options in every spelling."""

from __future__ import annotations

import pytest

from codi_hook.shell.flags import flag, flags, has_flag, operands
from tests.shell.views import script

SPELLINGS = {
    "short": ("apt-get -y install a", "-y", "install a"),
    "cluster": ("apt-get -qy install a", "-q -y", "install a"),
    "repeated": ("apt-get -qq update", "-q -q", "update"),
    "long": ("apt-get --yes install a", "--yes", "install a"),
    "value behind it": ("apt-get -o a=b install c", "-o:a=b", "install c"),
    "value within it": ("apt-get -oa=b install c", "-o:a=b", "install c"),
    "value in a cluster": ("apt-get -qoa=b update", "-q -o:a=b", "update"),
    "value behind a cluster": ("apt-get -qyo a=b update", "-q -y -o:a=b", "update"),
    "equals": ("apt-get --option=a=b update", "--option:a=b", "update"),
    "equals after a letter": ("apt-get -q=2 update", "-q:2", "update"),
    "long with a value": ("apt-get --option a=b update", "--option:a=b", "update"),
    "long without one": ("apt-get --yes update", "--yes", "update"),
    "after operands": ("apt-get install a -y", "-y", "install a"),
    "end of options": ("rm -r -- -f x", "-r", "-f x"),
    "one dash": ("cat - x", "", "- x"),
    "a number": ("head -5 x", "-5", "x"),
    "one dash, long": ("find . -name x -type f", "-name:x -type:f", "."),
    "go": ("go build -ldflags -s -o /x ./y", "-ldflags:-s -o:/x", "build ./y"),
    "tar without a dash": ("tar xzf a.tgz -C /b", "-x -z -f:a.tgz -C:/b", ""),
    "tar": ("tar -xzf a.tgz --strip-components=1", "-x -z -f:a.tgz --strip-components:1", ""),
    "curl": ("curl -fsSLo /a https://b", "-f -s -S -L -o:/a", "https://b"),
    "set": ("set -eux -o pipefail", "-e -u -x -o:pipefail", ""),
    "useradd": ("useradd -r -g a -u 1 b", "-r -g:a -u:1", "b"),
    "pip": ("pip install -r a.txt -i u b", "-r:a.txt -i:u", "install b"),
    "apk virtual": ("apk add -t .x a", "-t:.x", "add a"),
    "unknown value": (
        'pip install --index-url="$U" -i $V b',
        '--index-url:"$U" -i:$V',
        "install b",
    ),
    "value at the end": ("apt-get -o", "-o", ""),
    "quoted": ("""apt-get "-y" 'install' a""", "-y", "install a"),
    "npm": ("npm ci --only=production --omit dev", "--only:production --omit:dev", "ci"),
}


@pytest.mark.parametrize(("body", "expected", "rest"), SPELLINGS.values(), ids=SPELLINGS)
def test_spellings(body: str, expected: str, rest: str) -> None:
    (command,) = script(body).commands[-1:]
    seen = [
        item.name if item.value is None else f"{item.name}:{item.value}" for item in flags(command)
    ]
    assert " ".join(seen) == expected
    assert " ".join(word.value or word.text for word in operands(command)) == rest


def test_a_flag_knows_its_words() -> None:
    (command,) = script("apt-get -qyo a=b install --target-release=x c").commands
    value = flag(command, "-o")
    assert value is not None
    assert value.cluster
    assert value.word.text == "-qyo"
    assert value.value_word is not None
    assert value.value_word.text == "a=b"
    release = flag(command, "-t", "--target-release")
    assert release is not None
    assert (release.value, release.value_word, release.cluster) == ("x", None, False)


def test_the_last_one_counts() -> None:
    (command,) = script("pip install --timeout 1 --timeout 2 a").commands
    found = flag(command, "--timeout")
    assert found is not None
    assert found.value == "2"
    assert has_flag(command, "-x", "--timeout")
    assert not has_flag(command, "-x")


def test_flags_are_read_once() -> None:
    (command,) = script("apt-get -y update").commands
    assert flags(command) is flags(command)
