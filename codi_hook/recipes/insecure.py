"""Where checks of certificates and signatures are switched off. Data, with its sources.

Sources: the manuals of the programs named.
"""

from __future__ import annotations

from codi_hook.frozen import dataclass
from codi_hook.patterns import pattern

_off = pattern(r"(?:0|false|no|off|none)\Z").match
_on = pattern(r"(?:1|true|yes|on)\Z").match


@dataclass(frozen=True, slots=True)
class Switch:
    """`what` is no longer checked; `instead` is how the tool is told of another authority."""

    what: str
    instead: str


CERTIFICATES = "certificates"
SIGNATURES = "signatures of packages"
_SYSTEM = "Add your own authority's certificate to the image with update-ca-certificates"
_NODE = "Name your own authority's certificate in NODE_EXTRA_CA_CERTS"
_NPM = "Name your own authority's certificate with npm config set cafile"
_PIP = "Name your own authority's certificate with --cert or PIP_CERT"
_GIT = "Name your own authority's certificate in http.sslCAInfo"
_KEY = "Add the key that signs the repository, and name it with signed-by"
_APK = "Add the key that signs the package to /etc/apk/keys"
_RPM = "Import the key that signs the packages with rpm --import"

# Command: its options that switch the check off. A value after "=" is part of the option.
OPTIONS: dict[str, tuple[tuple[str, ...], Switch]] = {
    "curl": (("-k", "--insecure", "--proxy-insecure"), Switch(CERTIFICATES, _SYSTEM)),
    "wget": (("--no-check-certificate",), Switch(CERTIFICATES, _SYSTEM)),
    "aria2c": (("--check-certificate=false",), Switch(CERTIFICATES, _SYSTEM)),
    "npm": (("--strict-ssl=false", "--no-strict-ssl"), Switch(CERTIFICATES, _NPM)),
    "yarn": (("--strict-ssl=false", "--no-strict-ssl"), Switch(CERTIFICATES, _NPM)),
    "uv": (("--allow-insecure-host", "--trusted-host"), Switch(CERTIFICATES, _SYSTEM)),
    "apk": (("--allow-untrusted",), Switch(SIGNATURES, _APK)),
    "zypper": (("--no-gpg-checks",), Switch(SIGNATURES, _RPM)),
    "rpm": (("--nosignature",), Switch(SIGNATURES, _RPM)),
    "kubectl": (("--insecure-skip-tls-verify",), Switch(CERTIFICATES, _SYSTEM)),
    "helm": (("--insecure-skip-tls-verify",), Switch(CERTIFICATES, _SYSTEM)),
}
_apt = Switch(SIGNATURES, _KEY)
for _name in ("apt-get", "apt", "aptitude"):
    OPTIONS[_name] = (
        ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
        _apt,
    )
for _name in ("yum", "dnf", "microdnf", "dnf5", "tdnf"):
    OPTIONS[_name] = (("--nogpgcheck", "--no-gpgchecks"), Switch(SIGNATURES, _RPM))
for _name in ("mvn", "mvnw"):
    OPTIONS[_name] = (("-Dmaven.wagon.http.ssl.insecure=true",), Switch(CERTIFICATES, _SYSTEM))
TRUSTED_HOST = Switch(CERTIFICATES, _PIP)
APT_CERTIFICATES = Switch(CERTIFICATES, _SYSTEM)
# apt-get -o NAME=VALUE, in lower case.
APT_SETTINGS = frozenset({
    "apt::get::allowunauthenticated=true", "apt::get::allowunauthenticated=1",
    "acquire::https::verify-peer=false", "acquire::https::verify-host=false",
    "acquire::allowinsecurerepositories=true",
})  # fmt: skip

# Variable: whether its value has to say yes or no, and what that does.
_VARIABLES: dict[str, tuple[bool, Switch]] = {
    "NODE_TLS_REJECT_UNAUTHORIZED": (False, Switch(CERTIFICATES, _NODE)),
    "NPM_CONFIG_STRICT_SSL": (False, Switch(CERTIFICATES, _NPM)),
    "YARN_ENABLE_STRICT_SSL": (False, Switch(CERTIFICATES, _NPM)),
    "PYTHONHTTPSVERIFY": (False, Switch(CERTIFICATES, _SYSTEM)),
    "CONDA_SSL_VERIFY": (False, Switch(CERTIFICATES, _SYSTEM)),
    "GIT_SSL_NO_VERIFY": (True, Switch(CERTIFICATES, _GIT)),
    "COMPOSER_DISABLE_TLS": (True, Switch(CERTIFICATES, _SYSTEM)),
    "HEX_UNSAFE_HTTPS": (True, Switch(CERTIFICATES, _SYSTEM)),
    "BUNDLE_SSL_VERIFY_MODE": (False, Switch(CERTIFICATES, _SYSTEM)),
}
_HOSTS = {
    "PIP_TRUSTED_HOST": TRUSTED_HOST,
    "UV_INSECURE_HOST": Switch(CERTIFICATES, _SYSTEM),
    "GOINSECURE": Switch(CERTIFICATES, _SYSTEM),
}


def variable(name: str, value: str) -> Switch | None:
    """What setting the environment variable switches off, if anything."""
    upper = name.upper()
    if upper in _HOSTS:
        return _HOSTS[upper] if value else None
    known = _VARIABLES.get(upper)
    return known[1] if known and _says(known[0], value) else None


def _says(wanted: bool, value: str) -> bool:
    return bool(_on(value.lower()) if wanted else _off(value.lower()))


# Program, name of the setting in lower case, whether its value has to say yes, what that does.
SETTINGS: tuple[tuple[str, str, bool, Switch], ...] = (
    ("git", "http.sslverify", False, Switch(CERTIFICATES, _GIT)),
    ("npm", "strict-ssl", False, Switch(CERTIFICATES, _NPM)),
    ("yarn", "strict-ssl", False, Switch(CERTIFICATES, _NPM)),
    ("pnpm", "strict-ssl", False, Switch(CERTIFICATES, _NPM)),
    ("conda", "ssl_verify", False, Switch(CERTIFICATES, _SYSTEM)),
    ("bundle", "ssl_verify_mode", False, Switch(CERTIFICATES, _SYSTEM)),
    ("composer", "disable-tls", True, Switch(CERTIFICATES, _SYSTEM)),
)


CONFIGURED = frozenset(program for program, *_ in SETTINGS)


def setting(program: str, name: str, value: str) -> Switch | None:
    """What ``program config … name value`` switches off, if anything."""
    for who, what, wanted, switch in SETTINGS:
        if who == program and name.lower() == what:
            return switch if _says(wanted, value) else None
    return None


_may_say = pattern(r"(?i)trusted=|unauth|gpgcheck|ssl|check_cert|verify").search
# What is written into the configuration of a tool.
_WRITTEN = (
    (pattern(r"\[[^\]]*\btrusted=yes\b[^\]]*\](?!\s*(?:file|copy|cdrom):)").search, _apt),
    (pattern(r"(?i)AllowUnauthenticated\W+(?:true|1)\b").search, _apt),
    (pattern(r"\bgpgcheck ?= ?0\b").search, Switch(SIGNATURES, _RPM)),
    (pattern(r"\bstrict-ssl[= ]+\"?false\b").search, Switch(CERTIFICATES, _NPM)),
    (pattern(r"\bcheck_certificate ?= ?off\b").search, Switch(CERTIFICATES, _SYSTEM)),
    (pattern(r"(?i)\bsslverify ?= ?(?:0|false)\b").search, Switch(CERTIFICATES, _SYSTEM)),
    (pattern(r"(?i)Verify-Peer\W+false\b").search, Switch(CERTIFICATES, _SYSTEM)),
)


def written(text: str) -> Switch | None:
    """What the text switches off where it is written into a tool's configuration, if anything."""
    if not _may_say(text):
        return None
    return next((switch for says, switch in _WRITTEN if says(text)), None)


_PIP_NAMES = ("pip", "pip2", "pip3", *(f"pip3.{minor}" for minor in range(5, 16)), "pipx")
# The commands that can switch something off, or that a variable in front of them can be for.
PROGRAMS: tuple[str, ...] = (
    *OPTIONS, *_PIP_NAMES, "bundle", "composer", "conda", "echo", "export", "gem", "git", "go",
    "mix", "node", "pnpm", "printf", "python", "python3",
)  # fmt: skip
