"""The matcher of .dockerignore files, against the reference's examples and a slow model."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codi_hook.dockerignore import clean, parse_ignore


@pytest.mark.parametrize(
    ("text", "left_out", "kept"),
    [
        ("*/temp*", "a/temporary.txt a/temp a/temp/x", "temp a/b/temp temporary.txt"),
        ("*/*/temp*", "a/b/temporary.txt", "a/temp a/b/c/temp"),
        ("temp?", "tempa temp1/x", "temp tempab"),
        ("**/*.go", "x.go a/x.go a/b/x.go", "x.gox go"),
        ("*.md\n!README.md", "a.md", "README.md a/b.md"),
        ("*.md\n!README*.md\nREADME-secret.md", "a.md README-secret.md", "README-x.md"),
        ("*.md\nREADME-secret.md\n!README*.md", "a.md", "README-secret.md"),
        ("# a\nb #c\n  d  \n\n", "d", "a b c"),
        (" # e", "# e", "e"),
        ("/foo/bar", "foo/bar foo/bar/x", "bar foo x/foo/bar"),
        ("foo/bar/", "foo/bar foo/bar/x", "foo"),
        ("./a\nb/../c\nd//e", "a c d/e", "b d"),
        ("\ufeffa\r\nb\r\n", "a b", "c"),
        ("a/**", "a/b a/b/c", "a b"),
        ("a/**/b", "a/b a/x/b a/x/y/b/z", "a b x/b"),
        ("**", "a a/b", ""),
        ("**/", "a a/b", ""),
        ("a**", "a ab ab/c", "b"),
        ("a.b+(c)$|{d}", "a.b+(c)$|{d}", "aXb a.bb(c)$|{d}"),
        ("[a-c]x[^d]", "axe cxx", "dxe axd"),
        ("[!a]", "! a", "b"),
        ("\\*\n\\[b]\n!\\!", "* [b]", "a b !"),
        ("[\na[]\n[]a]\nb", "b", "[ a["),
        ("[[&&]x", "[x &x", "x"),
        ("*\n!a", "b b/c", "a a/b"),
        ("*\n! a", "b", "a"),
        ("a\n!a/b\na/b/c", "a a/x a/b/c", "a/b a/b/x"),
        ("!\n.\n/\nz", "z", "a"),
        ("../x", "x", "y"),
    ],
)
def test_patterns(text: str, left_out: str, kept: str) -> None:
    ignore = parse_ignore(text)
    for path in left_out.split() if "# e" not in left_out else [left_out]:
        assert ignore.decides(path) is not None, path
    for path in kept.split():
        assert ignore.decides(path) is None, path


def test_the_line_that_decides() -> None:
    found = parse_ignore("# all\n*\n!a\n\na/*.log\n").decides("a/b.log")
    assert found is not None and (found.line, found.text) == (5, "a/*.log")


@pytest.mark.parametrize(
    ("text", "folder", "expected"),
    [
        ("*\n!src/a", "src", True),
        ("*\n!src", "src/b", True),
        ("*\n!src", "other", False),
        ("*\n!**/x", "any", True),
        ("*\n!*/x", "any", True),
        ("*\n!s?c/x", "src/deep", False),
        ("*\nsrc/a", "src", False),
    ],
)
def test_may_readmit_below(text: str, folder: str, expected: bool) -> None:
    assert parse_ignore(text).may_readmit_below(folder) is expected
    assert parse_ignore(text).has_exceptions is ("!" in text)


PARTS = ["a", "b", "ab", "*", "?", "a*", "*b", "**", "[ab]", "[^a]", "?b"]
PATTERNS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "c", "aab"]), min_size=1, max_size=4)


def names(pattern: list[str], path: list[str]) -> bool:
    """Whether the pattern names the path: part by part, which a regular expression is not."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(names(pattern[1:], path[skip:]) for skip in range(len(path) + 1))
    if not path or not fnmatchcase(path[0], pattern[0].replace("[^", "[!")):
        return False
    return names(pattern[1:], path[1:])


def left_out(patterns: list[tuple[bool, list[str]]], path: list[str]) -> bool:
    result = False
    for readmits, pattern in patterns:
        if any(names(pattern, path[:depth]) for depth in range(1, len(path) + 1)):
            result = not readmits
    return result


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.booleans(), PATTERNS), max_size=4), PATHS)
def test_like_the_model(patterns: list[tuple[bool, list[str]]], path: list[str]) -> None:
    text = "\n".join(("!" if readmits else "") + "/".join(parts) for readmits, parts in patterns)
    ignore = parse_ignore(text)
    assert (ignore.decides("/".join(path)) is not None) is left_out(patterns, path), text
    below = [[*path, more] for more in ("a", "b", "ab", "c")]
    if left_out(patterns, path) and not all(left_out(patterns, other) for other in below):
        assert ignore.may_readmit_below("/".join(path)), text


@given(st.text(alphabet="ab*?[]!^\\/.# \n-&|~", max_size=40), st.text("ab/*[", max_size=10))
def test_any_text(text: str, path: str) -> None:
    ignore = parse_ignore(text)
    ignore.decides(clean(path))
    ignore.may_readmit_below(clean(path))
