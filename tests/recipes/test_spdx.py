"""SPDX expressions and loose names of licences, and that the list is loaded only when needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from codi_hook.recipes import spdx, spdx_data


@pytest.mark.parametrize(
    "text",
    [
        "MIT",
        "Apache-2.0+",
        "MIT OR Apache-2.0 AND (ISC OR 0BSD)",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "DocumentRef-a:LicenseRef-b",
    ],
)
def test_valid(text: str) -> None:
    assert spdx.is_expression(text)


@pytest.mark.parametrize(
    "text", ["", "mit", "MIT or ISC", "MIT ISC", "MIT WITH MIT", "MIT)", "()", "GPL-2.0", "MIT OR"]
)
def test_invalid(text: str) -> None:
    assert not spdx.is_expression(text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Apache License - Version 2.0", ("Apache-2.0",)),
        ("The MIT License", ("MIT",)),
        ("LGPLv2.1", ("LGPL-2.1-only", "LGPL-2.1-or-later")),
        ("GNU GENERAL PUBLIC LICENSE Version 3", ("GPL-3.0-only", "GPL-3.0-or-later")),
        ("Proprietary", ()),
    ],
)
def test_loose_names(text: str, names: tuple[str, ...]) -> None:
    assert spdx.meant(text) == names
    assert spdx.current().issuperset(names)


def test_capitals_and_successors() -> None:
    assert spdx.canonical("apache-2.0 or (mit)") == "Apache-2.0 OR (MIT)"
    assert spdx.canonical("MIT") is None
    assert spdx.successors("lgpl-2.1+") == ("LGPL-2.1-or-later",)
    assert spdx.successors("Nunit") == ()


def test_what_is_deprecated_is_not_current() -> None:
    assert spdx.current().isdisjoint(spdx_data.DEPRECATED.split())


def test_the_list_is_not_loaded_with_the_rules() -> None:
    code = (
        "import sys; from codi_hook import registry; registry.rules();"
        "sys.exit('codi_hook.recipes.spdx_data' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
