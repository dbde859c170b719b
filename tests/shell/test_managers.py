"""Calls of package managers."""

from __future__ import annotations

import pytest

from codi_hook.shell.managers import MANAGERS, Manager, call
from tests.shell.views import document, script

ACTIONS = {
    *("install", "remove", "update-index", "upgrade", "dist-upgrade", "clean"),
    *("build", "run", "publish"),
}

CALLS = {
    # body: manager, action, packages (! before one that has a version), sources
    "apt-get update": ("apt-get", "update-index", "", ""),
    "apt-get -qq -y install a b=1 ./c.deb": ("apt-get", "install", "a !b=1", "./c.deb"),
    "apt-get install -y $P a-$V b=$V": ("apt-get", "install", "!$P a-$V !b=$V", ""),
    "apt-get dist-upgrade": ("apt-get", "dist-upgrade", "", ""),
    "apt-get purge a": ("apt-get", "remove", "a", ""),
    "apt-get clean": ("apt-get", "clean", "", ""),
    "apt install a/b": ("apt", "install", "a/b", ""),
    "aptitude safe-upgrade": ("aptitude", "upgrade", "", ""),
    "apk add --no-cache -t .d a=1 b~=2 'c>3' d": ("apk", "install", "!a=1 !b~=2 !c>3 d", ""),
    "apk del .d": ("apk", "remove", ".d", ""),
    "apk cache clean": ("apk", "clean", "", ""),
    "yum install -y a-1.2-3.el7 java-1.8.0-openjdk https://x/y.rpm": (
        "yum",
        "install",
        "!a-1.2-3.el7 java-1.8.0-openjdk",
        "https://x/y.rpm",
    ),
    "dnf --setopt=a=b install -y a": ("dnf", "install", "a", ""),
    "dnf clean all": ("dnf", "clean", "", ""),
    "microdnf update": ("microdnf", "upgrade", "", ""),
    "tdnf install -y a": ("tdnf", "install", "a", ""),
    "zypper -n in a=1 b": ("zypper", "install", "!a=1 b", ""),
    "zypper dup": ("zypper", "dist-upgrade", "", ""),
    "pip install a==1 'b>=2' c . ./d e.whl git+https://x": (
        "pip",
        "install",
        "!a==1 !b>=2 c",
        ". ./d e.whl git+https://x",
    ),
    "pip install --upgrade 'a[b]'": ("pip", "install", "a[b]", ""),
    "pip3 install -r a.txt -c b.txt": ("pip3", "install", "", ""),
    "pip install -e .": ("pip", "install", "", ""),
    "pip3.11 install a": ("pip3", "install", "a", ""),
    "python3 -m pip install -U a": ("pip", "install", "a", ""),
    "/usr/bin/python -m pip --no-cache-dir install a==1": ("pip", "install", "!a==1", ""),
    "pipx install a": ("pipx", "install", "a", ""),
    "uv pip install a": ("uv", "install", "a", ""),
    "uv sync --frozen": ("uv", "install", "", ""),
    "poetry add a@^1": ("poetry", "install", "!a@^1", ""),
    "npm install -g a@1 @b/c @b/d@2 e@latest f/g ./h": (
        "npm",
        "install",
        "!a@1 @b/c !@b/d@2 e@latest",
        "f/g ./h",
    ),
    "npm ci": ("npm", "install", "", ""),
    "npm cache clean --force": ("npm", "clean", "", ""),
    "npm run build": ("npm", "run", "", ""),
    "yarn": ("yarn", "install", "", ""),
    "yarn --production": ("yarn", "install", "", ""),
    "yarn global add a": ("yarn", "install", "a", ""),
    "yarn cache clean": ("yarn", "clean", "", ""),
    "pnpm i --prod": ("pnpm", "install", "", ""),
    "bun install": ("bun", "install", "", ""),
    "gem install a:1 b c.gem": ("gem", "install", "!a:1 b", "c.gem"),
    "gem install a -v 1": ("gem", "install", "!a", ""),
    "bundle": ("bundle", "install", "", ""),
    "bundle install --jobs 4": ("bundle", "install", "", ""),
    "composer require a/b:1 c/d": ("composer", "install", "!a/b:1 c/d", ""),
    "go install a.b/c@v1 a.b/d ./e": ("go", "install", "!a.b/c@v1 a.b/d", "./e"),
    "go mod download": ("go", "install", "", ""),
    "go build -o a ./b": ("go", "build", "", ""),
    "cargo install a --version 1": ("cargo", "install", "!a", ""),
    "cargo install --path .": ("cargo", "install", "", ""),
    "cargo build --release": ("cargo", "build", "", ""),
    "conda install -y -c x a=1 b": ("conda", "install", "!a=1 b", ""),
    "conda env create -f a.yml": ("conda", "install", "", ""),
    "conda clean -afy": ("conda", "clean", "", ""),
    "micromamba install a": ("micromamba", "install", "a", ""),
    "mvn -B dependency:go-offline": ("mvn", "install", "", ""),
    "./mvnw package -DskipTests": ("mvnw", "build", "", ""),
    "./gradlew build -x test": ("gradlew", "build", "", ""),
    "apt-get --version": ("apt-get", "", "", ""),
}


@pytest.mark.parametrize(("body", "expected"), CALLS.items(), ids=list(CALLS))
def test_calls(body: str, expected: tuple[str, str, str, str]) -> None:
    (found,) = document(f"FROM x\nRUN {body}\n").calls()
    marked = [("!" if found.pinned(w) else "") + (w.value or w.text) for w in found.packages]
    sources = [word.value or word.text for word in found.sources]
    assert (found.name, found.action, " ".join(marked), " ".join(sources)) == expected


def test_calls_by_manager_and_behind_wrappers() -> None:
    found = document("FROM x\nRUN apt-get update && sudo pip install a | xargs npm i b\n")
    assert [item.name for item in found.calls()] == ["apt-get", "pip", "npm"]
    assert [item.name for item in found.calls("pip", "npm")] == ["pip", "npm"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("apt-get install -y a", True),
        ("apt-get -qqy install a", True),
        ("apt-get -qq install a", True),
        ("apt-get -q=2 install a", True),
        ("apt-get --assume-yes install a", True),
        ("apt-get -q install a", False),
        ("apt-get -o y=1 install a", False),
        ("yum install a --assumeyes", True),
        ("zypper --non-interactive in a", True),
        ("zypper in a", False),
    ],
)
def test_asking_no_question(body: str, expected: bool) -> None:
    (found,) = document(f"FROM x\nRUN {body}\n").calls()
    assert found.says_yes is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("npm ci --omit=dev", True),
        ("npm install --only production", True),
        ("npm ci --only=dev", False),
        ("npm ci", False),
        ("yarn --prod", True),
        ("composer install --no-dev", True),
        ("poetry install --only main", True),
        ("uv sync --no-dev", True),
        ("bundle install --without development", True),
    ],
)
def test_without_development_dependencies(body: str, expected: bool) -> None:
    (found,) = document(f"FROM x\nRUN {body}\n").calls()
    assert found.has_flag(*found.manager.no_dev) is expected


def test_requirements_and_manifests() -> None:
    (found,) = document("FROM x\nRUN pip install -r a.txt --requirement=b.txt -r $C\n").calls()
    assert [word.text for word in found.requirements] == ["a.txt", "--requirement=b.txt", "$C"]
    (npm,) = document("FROM x\nRUN npm ci\n").calls()
    assert npm.takes_manifest
    assert "package-lock.json" in npm.manager.locks


def test_other_commands_are_no_calls() -> None:
    for body in ("ls", "python3 x.py", "python -m http.server", "echo apt-get install"):
        assert all(call(command) is None for command in script(body).commands)


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=list(MANAGERS))
def test_data_is_complete(manager: Manager) -> None:
    """Every manager installs something, and what it names can be used as it is."""
    assert "install" in manager.verbs.values()
    assert all(path.startswith("/") for path in manager.caches)
    assert all(value.startswith("-") and "=" not in value for value in manager.values)
    assert set(manager.verbs.values()) <= ACTIONS
    assert "" not in manager.verbs
