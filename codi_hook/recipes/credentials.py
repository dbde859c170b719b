"""Files that hold credentials, by their names; what is in them decides where it can be read.

Sources: the manuals of the programs that read the files.
"""

from __future__ import annotations

import re

from codi_hook.frozen import dataclass
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.contexts import fits
from codi_hook.recipes.secrets import is_secret_name, secret_value


@dataclass(frozen=True, slots=True)
class Kind:
    """`what` the file is. `readers` are the commands that read it in a build. `holds` finds a
    credential in its text; without it every such file is one. `unseen` says whether a file that
    cannot be looked at is taken for one."""

    what: str
    readers: tuple[str, ...] = ()
    holds: re.Pattern[str] | None = None
    unseen: bool = True


_re = re.compile
_SSH = Kind("a private SSH key", ("git", "ssh", "scp", "npm", "yarn", "go", "pip", "composer"))
_KEY = Kind("a private key", (), _re(r"PRIVATE KEY"))
_NPM = Kind(
    "npm's credentials",
    ("npm", "yarn", "pnpm", "bun", "npx"),
    _re(r"_(?:auth|authToken|password)\s*=\s*(?!\s*[\"']?\$\{)\S"),
    unseen=False,
)
_NETRC = Kind("passwords for hosts", ("git", "curl", "wget", "go", "pip", "pip3"))
_MAVEN = Kind(
    "Maven's servers",
    ("mvn", "mvnw"),
    _re(r"<(?:password|passphrase)>(?!\s*\$\{)[^<\s]"),
    unseen=False,
)
_COMPOSER = Kind("composer's credentials", ("composer",))
_CLOUD = Kind("credentials of a cloud", ("aws", "gcloud", "gsutil"))
_ENV = Kind("the settings of an environment")
_KUBE = Kind("a cluster's credentials", ("kubectl", "helm"))

_NAMES: dict[str, Kind] = {
    "id_rsa": _SSH, "id_dsa": _SSH, "id_ecdsa": _SSH, "id_ed25519": _SSH, ".ssh": _SSH,
    ".npmrc": _NPM, ".netrc": _NETRC, "_netrc": _NETRC, ".git-credentials": _NETRC,
    ".pypirc": Kind("PyPI's credentials", ("twine", "pip", "pip3", "poetry")),
    ".pgpass": Kind("passwords of PostgreSQL", ("psql",)),
    ".dockercfg": Kind("a registry's credentials"), ".aws": _CLOUD, ".boto": _CLOUD,
    ".s3cfg": _CLOUD, "kubeconfig": _KUBE, ".kube": _KUBE, "auth.json": _COMPOSER,
    "terraform.tfvars": _CLOUD, ".vault-token": Kind("a token of Vault", ("vault",)),
    "service-account.json": _CLOUD, "serviceaccount.json": _CLOUD,
    "service_account.json": _CLOUD, "gcloud-service-key.json": _CLOUD,
}  # fmt: skip
_ENDINGS: tuple[tuple[str, Kind], ...] = (
    ("/.docker/config.json", Kind("a registry's credentials")),
    ("/.aws/credentials", _CLOUD),
    ("/.kube/config", _KUBE),
    (".ppk", _SSH),
)
_private = pattern(r"(?:^|[._-])(?:priv(?:ate)?|key)(?:[._-]|$)|privkey|privatekey").search
_public = pattern(
    r"pub(?:lic)?|cert|chain|bundle|(?:^|[._-])ca(?:[._-]|$)|gpg|pgp|apt|repo|rpm|dh|sign"
).search
_environment = pattern(r"\.env(?:\.(?:local|.+\.local))?\Z").match
_setting = pattern(r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(.*)$")
_placeholder = pattern(
    r"(?i)[\"']?(?:|\$.*|<.*|x+|change.?me.*|your.*|example.*|null|none|true|false|dummy.*|test.*"
    r"|todo|secret|password|placeholder.*|\.\.\.)[\"']?\s*\Z"
).match


def kind_of(path: str) -> Kind | None:
    """What credentials a file of that name holds, if it is one of those."""
    plain = path.rstrip("/")
    name = plain.rpartition("/")[2].lower()
    if name in _NAMES:
        return _NAMES[name]
    for ending, kind in _ENDINGS:
        if f"/{plain}".lower().endswith(ending):
            return kind
    if name == "settings.xml" and "m2" in plain.lower().replace("/", "."):
        return _MAVEN
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix == "key" and not _public(stem):
        return _KEY
    if dot and suffix == "pem" and _private(stem) and not _public(stem):
        return _KEY
    return _ENV if _environment(name) else None


def maven_settings(path: str, target: str) -> Kind | None:
    """Maven's settings, known by where they are copied to."""
    to_maven = ".m2" in target or "maven" in target
    return _MAVEN if path.rpartition("/")[2] == "settings.xml" and to_maven else None


def holds_some(kind: Kind, path: str, document: Document) -> bool:
    """False where the file can be looked at and holds no credential, and where it cannot and
    files of that name often hold none."""
    context = document.project.context
    text = context.text(path) if context is not None else None
    if context is None:
        return kind.unseen
    if text is None:
        missing = not context.exists(path)
        return kind.unseen or (missing and fits(document, context, path))
    if kind is _ENV:
        return any(_is_secret(name, value.strip()) for name, value in _setting.findall(text))
    return kind.holds is None or kind.holds.search(text) is not None


def _is_secret(name: str, value: str) -> bool:
    return bool(secret_value(value)) or (is_secret_name(name) and not _placeholder(value))
