"""Aliases that several rules share, and BuildKit's ``# check=`` directive."""

from __future__ import annotations

from pathlib import Path

import pytest

from codi_hook import registry
from codi_hook.checks import BUILDKIT, CheckDirective, asked_for, check_directive, is_buildkit
from codi_hook.config.selection import choose, severities
from codi_hook.config.settings import Selection
from codi_hook.lint import lint
from codi_hook.model import Finding, Rule, Severity
from codi_hook.shell import Document, parse
from codi_hook.source import Source
from tests.calling import codi


def made(code: str, keyword: str, *aliases: str) -> Rule:
    def check(document: Document) -> list[Finding]:
        return [Finding(item.keyword_span) for item in document.of(keyword)]

    return Rule(code, code.lower(), Severity.INFO, "…", check, aliases=aliases)


CMD = made("DL4003", "CMD", "MultipleInstructionsDisallowed")
ENTRYPOINT = made("DL4004", "ENTRYPOINT", "MultipleInstructionsDisallowed")
EXPOSE = made("CODI900", "EXPOSE")
RULES = (CMD, ENTRYPOINT, EXPOSE)


@pytest.fixture(autouse=True)
def _known(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "command_line" in request.node.name:
        return
    monkeypatch.setattr("codi_hook.lint.by_name", lambda: registry._index(list(RULES)))


def found(head: str, **options: object) -> dict[str, str]:
    text = f"{head}FROM a\nCMD a\nENTRYPOINT b\nEXPOSE 1\n"
    findings = lint(parse(Source(text.encode())), RULES, **options)  # type: ignore[arg-type]
    return {finding.code: finding.severity.label for finding in findings}


def test_rules_may_share_an_alias_and_nothing_else() -> None:
    index = registry._index(list(RULES))
    assert index["multipleinstructionsdisallowed"] == (CMD, ENTRYPOINT)
    assert index["dl4004"] == (ENTRYPOINT,)
    for clash in (
        made("DL4003", "RUN"),
        made("DL1", "RUN", "DL4003"),
        made("DL4", "RUN", "codi900"),
    ):
        with pytest.raises(registry.RegistryError):
            registry._index([*RULES, clash])


def test_an_alias_selects_grades_and_ignores_all_that_carry_it() -> None:
    name = "multipleinstructionsDisallowed"
    assert choose(RULES, [Selection((name,))]) == (CMD, ENTRYPOINT)
    assert choose(RULES, [Selection(ignore=(name,))]) == (EXPOSE,)
    assert choose(RULES, [Selection((name,), ignore=("DL4003",))]) == (ENTRYPOINT,)
    assert severities(RULES, {name: Severity.ERROR}) == dict.fromkeys(
        ("DL4003", "DL4004"), Severity.ERROR
    )
    assert choose(RULES, severity={name: None}) == (EXPOSE,)
    for comment in (f"check=skip={name}", f"codi-hook global ignore={name}"):
        assert set(found(f"# {comment}\n")) == {"CODI900"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("skip=A,B;error=true", CheckDirective(("A", "B"), True)),
        ("error = True ; skip = A , B", CheckDirective(("A", "B"), True)),
        ("experimental=all", CheckDirective(experimental=("all",))),
        ("experimental=A,B;skip=all", CheckDirective(("all",), False, ("A", "B"))),
        ("error=false", CheckDirective()),
        ("error=1", CheckDirective(error=True)),
        ("skip=", CheckDirective()),
        ("skip", CheckDirective()),
        ("nonsense", CheckDirective()),
    ],
)
def test_the_directive(value: str, expected: CheckDirective) -> None:
    document = parse(Source(f"# check={value}\nFROM a\n".encode()))
    assert check_directive(document) == expected
    late = parse(Source(f"FROM a\n# check={value}\n".encode()))
    assert check_directive(late) == CheckDirective()


def test_skip_all_means_the_checks_of_buildkit() -> None:
    assert found("# check=skip=all\n") == {"CODI900": "info"}
    assert len(found("# check=skip=all\n", ignores=False)) == 3
    assert found("# check=skip=all,CODI900\n") == {}


def test_error_true_makes_errors_of_what_the_checks_find() -> None:
    assert found("# check=error=true\n") == {
        "DL4003": "error",
        "DL4004": "error",
        "CODI900": "info",
    }
    assert found("# check=skip=DL4003;error=true\n") == {"DL4004": "error", "CODI900": "info"}
    own = {"DL4003": Severity.STYLE}
    assert found("# check=error=true\n", severities=own)["DL4003"] == "style"


def test_experimental_checks_run_where_the_file_asks() -> None:
    rules = (made("CODI901", "FROM", "InvalidDefinitionDescription"),)

    def asked(value: str) -> tuple[Rule, ...]:
        return asked_for(parse(Source(f"# check={value}\nFROM a\n".encode())), rules)

    assert asked("experimental=all") == asked("experimental=invalidDefinitionDescription") == rules
    assert asked("experimental=Other") == asked("error=true") == ()


def test_every_name_is_a_check_of_a_rule_at_most() -> None:
    aliases = {alias for rule in registry.rules() for alias in rule.aliases}
    assert len(BUILDKIT) == 22
    assert {"MaintainerDeprecated", "JSONArgsRecommended"} <= aliases & BUILDKIT
    assert is_buildkit(registry.find("DL4000")) and not is_buildkit(registry.find("DL3004"))


def test_the_command_line_runs_what_a_file_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("# check=experimental=all;error=true\n# x\nFROM alpine:3.20 AS b\n")
    asked = codi(
        "check", "--isolated", "--ignore", "CODI0,DL", "--output-format", "json", str(path)
    )
    assert asked.codes == ["CODI111"]
    assert asked.json["files"][0]["findings"][0]["severity"] == "error"
    assert [one["id"] for one in asked.json["files"][0]["findings"][0]["candidates"]]
    ignored = codi(
        "check", "--isolated", "--ignore", "CODI111,CODI0,DL", "--output-format", "json", str(path)
    )
    assert ignored.codes == []
    path.write_text("# check=error=true\n# x\nFROM alpine:3.20 AS b\n")
    assert (
        codi(
            "check", "--isolated", "--ignore", "CODI0,DL", "--output-format", "json", str(path)
        ).codes
        == []
    )
