"""The fast parser and click give the same answers, or the fast one leaves it to click."""

from __future__ import annotations

import re

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codi_hook.cli import app as application
from codi_hook.cli.arguments import Arguments, parse
from codi_hook.config.schema import KEYS, Key
from tests.calling import codi


def by_click(arguments: list[str]) -> Arguments | None:
    """What click makes of the arguments; None where it refuses them or only prints."""
    taken: list[Arguments] = []

    def take(paths: tuple[str, ...], config: str | None, isolated: bool, **values: object) -> None:
        chosen = application.configuration(config, isolated)
        taken.append(Arguments(list(paths), application.given(values), chosen))

    command = click.Command("check", callback=take, params=application.check.params)
    try:
        command.main(list(arguments), standalone_mode=False)
    except click.ClickException:
        return None
    return taken[0] if taken else None


FLAGS = [flag for key in KEYS for flag in (key.flag, key.off) if flag]
WORDS = st.one_of(
    st.sampled_from([*FLAGS, "--config", "--isolated", "--", "-", "--nonsense", "-x", "--help"]),
    st.sampled_from(["Dockerfile", "a b", "", "DL3008,DL3009", "json", "warning", "3", "0.5", "x"]),
    st.sampled_from([f"{flag}=3" for flag in FLAGS] + ["--output-format=json", "--config=c"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=6))
def test_both_parsers_agree(arguments: list[str]) -> None:
    fast = parse(arguments)
    if fast is not None:
        assert fast == by_click(arguments)


@pytest.mark.parametrize("key", [key for key in KEYS if key.flag], ids=lambda key: key.name)
def test_the_fast_parser_understands_every_option(key: Key) -> None:
    value = {"int": "2", "float": "1.5", "list": "a,b", "labels": "a:url,b:text"}.get(key.kind, "")
    value = value or (key.choices[0] if key.choices else "x")
    given_as = [key.flag] if key.kind == "bool" else [key.flag, value]
    fast = parse([*given_as, "Dockerfile"])
    assert fast is not None
    assert fast.options.keys() == {key.name}
    assert fast == by_click([*given_as, "Dockerfile"])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["check", "--statistcs"], "no such option '--statistcs'. Did you mean '--statistics'?"),
        (["check", "--jobs"], "option '--jobs' requires an argument"),
        (["check", "--jobs", "many"], "--jobs: expected a whole number, not 'many'"),
        (["check", "--fail-on", "grave"], "invalid value for '--fail-on': 'grave' is not one of"),
        (["check", "--fix=yes"], "option '--fix' does not take a value"),
        (["chekc"], "unknown command 'chekc' (did you mean check?)"),
        (["rule"], "missing argument 'CODE'"),
        (["completion", "tcsh"], "invalid value for '{bash|zsh|fish}'"),
    ],
)
def test_mistakes_get_one_line_and_exit_code_2(arguments: list[str], line: str) -> None:
    result = codi(*arguments)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"error: {line}"), result.err
    assert re.fullmatch(r"error: [^\n]* \([^\n]*\)\n", result.err)


def test_a_file_in_place_of_a_command_is_understood(folder: object) -> None:
    open("Dockerfile", "w").close()
    assert codi("Dockerfile").err == (
        "error: no command 'Dockerfile' (did you mean codi-hook check Dockerfile?)\n"
    )
