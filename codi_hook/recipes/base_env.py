"""Which environment variables official images set, by their short names.

Sources: the images' Dockerfiles as published on Docker Hub and their pages; names that only older
tags set are listed too, so that a variable is called undefined only where no tag defines it.
"""

from __future__ import annotations

from functools import lru_cache

from codi_hook.dockerfile import Stage

_SYSTEMS = """
    alpine amazonlinux almalinux archlinux busybox buildpack-deps centos clearlinux debian fedora
    opensuse opensuse/leap opensuse/tumbleweed oraclelinux photon rockylinux ubuntu
"""
_JAVA = """JAVA_HOME JAVA_VERSION LANG LANGUAGE LC_ALL JAVA_ALPINE_VERSION JAVA_DEBIAN_VERSION
    JAVA_URL_VERSION JAVA_BASE_URL JAVA_UPDATE JAVA_BUILD CA_CERTIFICATES_JAVA_VERSION JRE_HOME
    JAVA_TOOL_OPTIONS JAVA_SHA256"""
_OF_IMAGE = {
    "fedora": "DISTTAG FGC FBR container",
    "archlinux": "LANG",
    "amazoncorretto": _JAVA,
    "caddy": "CADDY_VERSION XDG_CONFIG_HOME XDG_DATA_HOME",
    "composer": "COMPOSER_ALLOW_SUPERUSER COMPOSER_HOME COMPOSER_VERSION",
    "docker": "DOCKER_VERSION DOCKER_TLS_CERTDIR DOCKER_BUILDX_VERSION DOCKER_COMPOSE_VERSION"
    " DIND_COMMIT DOCKER_CHANNEL DOCKER_BUCKET DOCKER_SHA256 DOCKER_EXTRA_OPTS",
    "eclipse-temurin": _JAVA,
    "elixir": "ELIXIR_VERSION LANG OTP_VERSION REBAR3_VERSION REBAR_VERSION",
    "erlang": "OTP_VERSION REBAR3_VERSION REBAR_VERSION LANG",
    "gcc": "GCC_VERSION GPG_KEYS GCC_MIRRORS LD_LIBRARY_PATH",
    "golang": "GOLANG_VERSION GOTOOLCHAIN GOPATH GOLANG_DOWNLOAD_URL GOLANG_DOWNLOAD_SHA256"
    " GOLANG_DOWNLOAD_SHA1 GOLANG_SRC_URL GOLANG_SRC_SHA256",
    "gradle": f"GRADLE_HOME GRADLE_VERSION {_JAVA}",
    "haproxy": "HAPROXY_VERSION HAPROXY_URL HAPROXY_SHA256 HAPROXY_MAJOR HAPROXY_MD5",
    "httpd": "HTTPD_PREFIX HTTPD_VERSION HTTPD_SHA256 HTTPD_PATCHES HTTPD_SHA1 HTTPD_BZ2_URL"
    " HTTPD_ASC_URL APACHE_DIST_URLS NGHTTP2_VERSION OPENSSL_VERSION",
    "java": _JAVA,
    "mariadb": "MARIADB_VERSION MARIADB_MAJOR GOSU_VERSION GPG_KEYS LANG REPOSITORY",
    "maven": f"MAVEN_HOME MAVEN_CONFIG MAVEN_VERSION USER_HOME_DIR {_JAVA}",
    "memcached": "MEMCACHED_VERSION MEMCACHED_SHA1 MEMCACHED_URL",
    "mongo": "MONGO_MAJOR MONGO_VERSION MONGO_PACKAGE MONGO_REPO GOSU_VERSION JSYAML_VERSION"
    " GPG_KEYS HOME GLIBC_TUNABLES JSYAML_CHECKSUM",
    "mysql": "MYSQL_MAJOR MYSQL_VERSION GOSU_VERSION MYSQL_SHELL_VERSION",
    "nginx": "NGINX_VERSION NJS_VERSION NJS_RELEASE PKG_RELEASE DYNPKG_RELEASE ACME_VERSION",
    "node": "NODE_VERSION YARN_VERSION NPM_CONFIG_LOGLEVEL",
    "openjdk": _JAVA,
    "perl": "PERL_VERSION",
    "php": "PHPIZE_DEPS PHP_INI_DIR PHP_CFLAGS PHP_CPPFLAGS PHP_LDFLAGS GPG_KEYS PHP_VERSION"
    " PHP_URL PHP_ASC_URL PHP_SHA256 PHP_MD5 PHP_EXTRA_BUILD_DEPS PHP_EXTRA_CONFIGURE_ARGS"
    " APACHE_CONFDIR APACHE_ENVVARS PHP_FILENAME",
    "postgres": "PGDATA PG_MAJOR PG_VERSION LANG GOSU_VERSION PG_SHA256 DOCKER_PG_LLVM_DEPS",
    "python": "LANG GPG_KEY PYTHON_VERSION PYTHON_SHA256 PYTHON_PIP_VERSION"
    " PYTHON_SETUPTOOLS_VERSION PYTHON_GET_PIP_URL PYTHON_GET_PIP_SHA256",
    "redis": "REDIS_VERSION REDIS_DOWNLOAD_URL REDIS_DOWNLOAD_SHA REDIS_DOWNLOAD_SHA1 GOSU_VERSION",
    "ruby": "LANG RUBY_VERSION RUBY_MAJOR RUBY_DOWNLOAD_URL RUBY_DOWNLOAD_SHA256 GEM_HOME"
    " BUNDLE_SILENCE_ROOT_WARNING BUNDLE_APP_CONFIG BUNDLE_PATH BUNDLE_BIN RUBYGEMS_VERSION"
    " BUNDLER_VERSION",
    "rust": "RUSTUP_HOME CARGO_HOME RUST_VERSION",
    "tomcat": "CATALINA_HOME TOMCAT_NATIVE_LIBDIR LD_LIBRARY_PATH GPG_KEYS TOMCAT_MAJOR"
    " TOMCAT_VERSION TOMCAT_SHA512 TOMCAT_SHA1 TOMCAT_TGZ_URL TOMCAT_TGZ_URLS TOMCAT_ASC_URL"
    f" TOMCAT_ASC_URLS OPENSSL_VERSION TOMCAT_TGZ_FALLBACK_URL {_JAVA}",
}


@lru_cache(maxsize=1)
def _known() -> dict[str, frozenset[str]]:
    known = {name: frozenset({"PATH"}) for name in _SYSTEMS.split()}
    for name, variables in _OF_IMAGE.items():
        known[name] = frozenset(["PATH", *variables.split()])
    known["scratch"] = frozenset({"PATH"})  # the builder gives every image without one a PATH
    return known


def environment(stage: Stage) -> frozenset[str] | None:
    """The variables that the base image of a stage sets; None where that is not known."""
    name = stage.image.short_name.removeprefix("registry.fedoraproject.org/")
    known = _known().get(name)
    platform = stage.instruction.flag("platform")
    windows = "windows" in f"{stage.image.tag} {platform.value if platform else ''}".lower()
    return None if windows or "nanoserver" in stage.image.tag else known
