"""Download hosts: which serve by https what they serve by http, and which redirect.

Sources: the hosts' own download pages and documentation, which name the https address (GitHub
docs on release links and archives; apache.org's and sourceforge.net's download pages; Maven
Central's announcement that http ended on 15 January 2020; cloud.google.com, docs.aws.amazon.com
on storage endpoints; the official images of docker-library for the others).
"""

from __future__ import annotations

from codi_hook.patterns import pattern

# The same path answers by https.
HTTPS = frozenset((
    "archive.apache.org", "www.apache.org", "apache.org", "www.us.apache.org", "www-us.apache.org",
    "www-eu.apache.org", "dlcdn.apache.org", "downloads.apache.org", "kafka.apache.org",
    "bitbucket.org", "bootstrap.pypa.io", "cache.ruby-lang.org", "cdn.azul.com",
    "chromedriver.storage.googleapis.com", "codeload.github.com", "cpanmin.us", "curl.haxx.se",
    "deb.nodesource.com", "dev.mysql.com", "developer.download.nvidia.com", "dl.fedoraproject.org",
    "dl.google.com", "dl.yarnpkg.com", "download.docker.com", "download.java.net",
    "download.jetbrains.com", "download.mono-project.com", "download.opensuse.org",
    "download.redis.io", "downloads.rclone.org", "downloads.sourceforge.net", "ffmpeg.org",
    "ftp.gnu.org", "get.docker.com", "getcomposer.org", "gist.github.com", "github.com",
    "gitlab.com", "golang.org", "launchpad.net", "luarocks.org", "luajit.org", "nginx.org",
    "nodejs.org", "openresty.org", "packages.microsoft.com", "packages.gitlab.com",
    "packages.chef.io", "pecl.php.net", "php.net", "www.php.net", "pkg.jenkins-ci.org",
    "pypi.python.org", "python.org", "www.python.org", "raw.github.com",
    "raw.githubusercontent.com", "releases.hashicorp.com", "releases.llvm.org",
    "repo1.maven.org", "repo.maven.apache.org", "repo.continuum.io", "repo.anaconda.com",
    "rubygems.org", "s3.amazonaws.com", "search.maven.org", "services.gradle.org",
    "sourceforge.net", "static.rust-lang.org", "stedolan.github.io", "storage.googleapis.com",
    "commondatastorage.googleapis.com", "wordpress.org", "downloads.wordpress.org",
    "www.kernel.org", "cdn.kernel.org", "mirrors.kernel.org", "www.lua.org", "www.openssl.org",
    "zlib.net", "znc.in", "www.haproxy.org", "www.nasm.us", "www.scala-lang.org",
    "www.postgresql.org", "ftp.postgresql.org", "apt.postgresql.org", "yum.postgresql.org",
    "downloads.lightbend.com", "download.osgeo.org", "mirrors.ctan.org", "www.rabbitmq.com",
    "deb.debian.org", "get.sdkman.io", "packages.cloud.google.com", "cran.r-project.org",
    "www.cpan.org", "ftp.ruby-lang.org", "pngquant.org", "download.savannah.gnu.org",
    "central.maven.org",
))  # fmt: skip
# The same path is served by another name.
_RENAMED = {"central.maven.org": "repo1.maven.org", "ftp.ruby-lang.org": "cache.ruby-lang.org"}

_http = pattern(r"http://([\w.-]+)(?=[/:]|\Z)").match
_redirects = pattern(
    r"https?://(?:www\.)?github\.com/[^/]+/[^/]+/"
    r"(?:releases/(?:latest/)?download|archive|raw|zipball|tarball|blob/[^?]*\?raw)[/=]"
    r"|http://(?:www\.)?github\.com/"
    r"|https?://api\.github\.com/repos/[^/]+/[^/]+/(?:tar|zip)ball"
    r"|https?://raw\.github\.com/"
    r"|https?://(?:downloads|prdownloads)\.sourceforge\.net/"
    r"|https?://sourceforge\.net/projects/.*/download\b"
    r"|https?://(?:git\.io|aka\.ms|bit\.ly|goo\.gl|tinyurl\.com)/"
    r"|https?://pypi\.python\.org/packages/"
    r"|https?://golang\.org/dl/."
    r"|https?://archive\.org/download/"
    r"|https?://bitbucket\.org/[^/]+/[^/]+/downloads/."
    r"|https?://www\.nuget\.org/api/v2/package/"
    r"|https?://search\.maven\.org/remotecontent\?"
    r"|https?://gitlab\.com/[^/]+/[^/]+/-/releases/.*/downloads/"
).match
_archive = pattern(
    r"https?://github\.com/([^/]+/[^/]+)/archive/(?:(refs/(?:tags|heads)/))?(.+)\.(tar\.gz|zip)\Z"
).match
_raw = pattern(
    r"https?://(?:github\.com/([^/]+/[^/]+)/raw|raw\.github\.com/([^/]+/[^/]+))/(.+)\Z"
).match


def secure(address: str) -> str | None:
    """The https address of the same file, or None where none is known."""
    match = _http(address)
    if match is None or match[1].lower() not in HTTPS:
        return None
    rest = address[match.end() :]
    if rest.startswith(":"):
        port, slash, path = rest[1:].partition("/")
        if port != "80":
            return None
        rest = slash + path
    host = match[1].lower()
    return f"https://{_RENAMED.get(host, host)}{rest}"


def redirects(text: str) -> bool:
    """True for an address whose host answers with a redirect to another one."""
    return _redirects(text.strip("\"'")) is not None


def direct(address: str) -> str | None:
    """Where such an address leads to, for those of which it can be told."""
    if match := _archive(address):
        kind = "tar.gz" if match[4] == "tar.gz" else "zip"
        return f"https://codeload.github.com/{match[1]}/{kind}/{match[2] or ''}{match[3]}"
    if match := _raw(address):
        return f"https://raw.githubusercontent.com/{match[1] or match[2]}/{match[3]}"
    return None
