"""Instructions and their parts taken away or put in another form."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from codi_hook.model import Document, Edit
from codi_hook.recipes.instructions import cased, delete, remove_flag, without_pair
from codi_hook.source import Span
from trainer.inject.injection import Edits, injection

_VARIABLES = {
    "PIP_NO_CACHE_DIR": ("DL3042", "CODI005"),
    "PYTHONUNBUFFERED": ("CODI032",),
    "NODE_ENV": ("CODI004", "CODI033"),
    "BUNDLE_WITHOUT": ("CODI004",),
    "YARN_CACHE_FOLDER": ("CODI005",),
    "UV_NO_CACHE": ("CODI005",),
    "JAVA_TOOL_OPTIONS": ("CODI034",),
    "JAVA_OPTS": ("CODI034",),
}


@injection("variable-unset", "DL3042 CODI005 CODI032 CODI004 CODI033 CODI034", "ENV")
def variable_unset(document: Document) -> Iterator[Edits]:
    """Without the variable by which the author says it once for all."""
    for item in document.instructions:
        if item.keyword == "ENV":
            for pair in item.pairs:
                if pair.key.value in _VARIABLES:
                    yield (without_pair(item, pair),)


@injection("frontend-in-env", "CODI017", "ARG")
def frontend_in_env(document: Document) -> Iterator[Edits]:
    """DEBIAN_FRONTEND in ENV where the author has it in ARG."""
    for item in document.instructions:
        if item.keyword == "ARG" and item.pair("DEBIAN_FRONTEND") and len(item.pairs) == 1:
            yield (Edit(item.keyword_span, cased(item, "ENV")),)


@injection("frontend-for-all", "CODI017", "apt-get")
def frontend_for_all(document: Document) -> Iterator[Edits]:
    """DEBIAN_FRONTEND in ENV where the author sets it for single commands."""
    stages = document.stages
    found = [
        (one, command)
        for command in document.commands("apt-get", "apt")
        for one in command.assignments
        if one.name == "DEBIAN_FRONTEND"
    ]
    if not found or len(stages) != 1:
        return
    edits = [Edit(Span(one.span.start, command.word.span.start), "") for one, command in found]
    first = found[0][1].instruction
    line = f"{cased(first, 'ENV')} DEBIAN_FRONTEND=noninteractive{first.source.newline}"
    yield Edit(Span(first.span.start, first.span.start), line), *edits


@injection("shell-dropped", "DL4006 CODI221", "SHELL")
def shell_dropped(document: Document) -> Iterator[Edits]:
    """Without the SHELL instruction that sets pipefail."""
    for item in document.instructions:
        if item.keyword == "SHELL" and "pipefail" in " ".join(item.values):
            yield (delete(item),)


@injection("user-dropped", "CODI001", "USER")
def user_dropped(document: Document) -> Iterator[Edits]:
    """The last stage ends as root."""
    users = [item for item in document.stages[-1].instructions if item.keyword == "USER"]
    if users:
        yield (delete(users[-1]),)
    if len(users) > 1:
        yield tuple(delete(item) for item in users)


@injection("user-root-last", "DL3002", "USER")
def user_root_last(document: Document) -> Iterator[Edits]:
    """The last USER says root."""
    users = [item for item in document.stages[-1].instructions if item.keyword == "USER"]
    if users and users[-1].arguments:
        yield (Edit(users[-1].arguments[0].span, "root"),)


@injection("account-dropped", "CODI001", "USER")
def account_dropped(document: Document) -> Iterator[Edits]:
    """The last USER and the RUN right above it that makes the account are gone."""
    items = document.stages[-1].instructions
    for before, item in itertools.pairwise(items):
        if item.keyword == "USER" and before.keyword == "RUN":
            script = document.script(before)
            makes = {"useradd", "adduser", "groupadd", "addgroup"}
            if script is not None and script.names and script.names <= makes:
                yield delete(before), delete(item)


@injection("user-by-name", "DL3066", "USER")
def user_by_name(document: Document) -> Iterator[Edits]:
    """USER by name where the author gives the number."""
    for item in document.instructions:
        if item.keyword == "USER" and item.arguments:
            user, colon, group = item.arguments[0].value.partition(":")
            if user == "0":
                text = "root" + (colon + ("root" if group == "0" else group) if colon else "")
                yield (Edit(item.arguments[0].span, text),)
            elif user.isdigit():
                for command in document.commands("useradd", "adduser"):
                    values = [word.value for word in command.args]
                    if user in values and values and values[-1] and values[-1] != user:
                        yield (Edit(item.arguments[0].span, values[-1] + colon + group),)


@injection("add-for-copy", "DL3020", "COPY", 0.2)
def add_for_copy(document: Document) -> Iterator[Edits]:
    """ADD where the author writes COPY; --link goes, which ADD had not when it was learned."""
    for item in document.instructions:
        if item.keyword == "COPY" and item.flag("from") is None and not item.heredocs:
            link = item.flag("link")
            edits = [Edit(item.keyword_span, cased(item, "ADD"))]
            if link is not None:
                edits.append(remove_flag(item, link))
            yield tuple(edits)


@injection(
    "cache-unmounted", "DL3009 DL3042 DL3019 DL3032 DL3040 DL3060 CODI005 CODI014 CODI204", "RUN"
)
def cache_unmounted(document: Document) -> Iterator[Edits]:
    """A RUN without its cache mounts."""
    yield from _without_mounts(document, "type=cache")


@injection("manifests-unmounted", "CODI002", "RUN")
def manifests_unmounted(document: Document) -> Iterator[Edits]:
    """A RUN without its bind mounts."""
    yield from _without_mounts(document, "type=bind")


@injection("secret-unmounted", "CODI003 CODI008 CODI224", "RUN")
def secret_unmounted(document: Document) -> Iterator[Edits]:
    """A RUN without its secret mounts."""
    yield from _without_mounts(document, "type=secret")


@injection("tmpfs-unmounted", "CODI205 CODI206 CODI214", "RUN")
def tmpfs_unmounted(document: Document) -> Iterator[Edits]:
    """A RUN without its tmpfs mounts."""
    yield from _without_mounts(document, "type=tmpfs")


def _without_mounts(document: Document, kind: str) -> Iterator[Edits]:
    for item in document.instructions:
        if item.keyword == "RUN":
            mounts = [
                flag for flag in item.flags if flag.name == "mount" and kind in (flag.value or "")
            ]
            if mounts:
                yield tuple(remove_flag(item, flag) for flag in mounts)


@injection("shell-form", "DL3025", "CMD ENTRYPOINT", 0.2)
def shell_form(document: Document) -> Iterator[Edits]:
    """CMD and ENTRYPOINT in shell form."""
    for item in document.instructions:
        if item.keyword in ("CMD", "ENTRYPOINT") and item.form == "json" and item.arguments:
            words = item.values
            if words[:2] in (("/bin/sh", "-c"), ("sh", "-c")) and len(words) == 3:
                yield (Edit(item.body_span, words[2]),)
            elif all(re.fullmatch(r"[\w@%+=:,./-]+", word) for word in words):
                yield (Edit(item.body_span, " ".join(words)),)


@injection("shell-form-without-exec", "DL3025", "CMD ENTRYPOINT")
def without_exec(document: Document) -> Iterator[Edits]:
    """CMD and ENTRYPOINT in shell form without the exec of their author."""
    for item in document.instructions:
        text = item.source.text(item.body_span)
        if item.keyword in ("CMD", "ENTRYPOINT") and item.form == "shell" and text[:5] == "exec ":
            yield (Edit(item.body_span, text[5:]),)


@injection("maintainer", "DL4000", "LABEL")
def maintainer(document: Document) -> Iterator[Edits]:
    """MAINTAINER where the author has a label for it, in a LABEL of its own."""
    names = ("maintainer", "org.opencontainers.image.authors")
    for item in document.instructions:
        if item.keyword == "LABEL" and len(item.pairs) == 1:
            pair = item.pairs[0]
            if pair.key.value.strip('"').lower() in names and pair.value is not None:
                text = pair.value.value.strip("\"'")
                yield Edit(item.keyword_span, cased(item, "MAINTAINER")), Edit(item.body_span, text)


@injection("as-in-other-case", "CODI102", "FROM")
def as_casing(document: Document) -> Iterator[Edits]:
    """FROM and AS in different case, by either of them."""
    for stage in document.stages:
        item = stage.instructions[0]
        text = item.source.text(item.body_span)
        match = re.search(r"\s(as|AS)\s", text)
        if match:
            start = item.body_span.start + len(text[: match.start(1)].encode())
            other = match[1].swapcase()
            yield (Edit(Span(start, start + 2), other),)
            yield (Edit(item.keyword_span, item.source.text(item.keyword_span).swapcase()),)


@injection("stage-name-in-capitals", "CODI101", "FROM", 0.5)
def stage_name(document: Document) -> Iterator[Edits]:
    """The name of a stage in mixed case, wherever it stands."""
    for stage in document.stages:
        name = stage.name
        if not name or not re.fullmatch(r"[a-z]+(?:-[a-z]+)?", name):
            continue
        mixed = "".join(part.title() for part in name.split("-"))
        pattern = re.compile(
            rb"(?i)((?:\bas[ \t]+|--from=|^from[ \t]+|from=))" + name.encode() + rb"(?![\w.:/-])",
            re.MULTILINE,
        )
        yield tuple(
            Edit(Span(found.end(1), found.end()), mixed)
            for found in pattern.finditer(document.source.data)
        )


@injection("legacy-pair", "CODI107", "ENV LABEL", 0.5)
def legacy_pair(document: Document) -> Iterator[Edits]:
    """``ENV key value`` where the author writes ``key=value``."""
    for item in document.instructions:
        if item.keyword in ("ENV", "LABEL") and len(item.pairs) == 1:
            pair = item.pairs[0]
            if pair.separator == "=" and pair.value is not None and pair.value.value:
                value = pair.value.value
                text = value[1:-1] if value[:1] == value[-1:] == '"' else value
                yield (Edit(Span(pair.key.span.end, pair.value.span.end), f" {text}"),)


@injection("legacy-pairs-apart", "CODI107", "ENV LABEL")
def legacy_pairs(document: Document) -> Iterator[Edits]:
    """Every pair of one ENV as an old-form line of its own."""
    for item in document.instructions:
        if item.keyword in ("ENV", "LABEL") and 2 <= len(item.pairs) <= 6:
            keyword = item.source.text(item.keyword_span)
            lines = [
                f"{keyword} {pair.key.value} {pair.value.value.strip(chr(34))}"
                for pair in item.pairs
                if pair.value is not None
            ]
            yield (Edit(item.span, item.source.newline.join(lines)),)


@injection("argument-undeclared", "CODI106 CODI105 CODI115 CODI109", "ARG", 0.5)
def undeclared(document: Document) -> Iterator[Edits]:
    """Without the ARG that declares what is used."""
    for item in document.instructions:
        if item.keyword == "ARG":
            for pair in item.pairs:
                yield (without_pair(item, pair),)


@injection("argument-before-from", "CODI027", "ARG", 0.3)
def before_from(document: Document) -> Iterator[Edits]:
    """An ARG of a stage above the first FROM, where the stage does not see it."""
    first = document.stages[0].instructions[0] if document.stages else None
    for item in document.instructions:
        if first is not None and item.keyword == "ARG" and item.span.start > first.span.start:
            line = item.source.text(item.span) + item.source.newline
            yield Edit(Span(first.span.start, first.span.start), line), delete(item)


@injection("tag-dropped", "DL3006 DL3007", "FROM", 0.3)
def tag_dropped(document: Document) -> Iterator[Edits]:
    """An image without its tag, and with the moving one."""
    for stage in document.stages:
        item, image = stage.instructions[0], stage.image
        if item.arguments and image.tag and not image.digest and "$" not in image.name:
            word = item.arguments[0]
            if word.value.endswith(f":{image.tag}"):
                bare = word.value[: -len(image.tag) - 1]
                yield (Edit(word.span, bare),)
                yield (Edit(word.span, f"{bare}:latest"),)


@injection("from-tag-dropped", "DL3022 CODI028", "COPY")
def from_tag_dropped(document: Document) -> Iterator[Edits]:
    """COPY --from of an image without its tag."""
    for item in document.instructions:
        flag = item.flag("from") if item.keyword == "COPY" else None
        if flag is not None and flag.value and flag.value_span and ":" in flag.value:
            yield (Edit(flag.value_span, flag.value.rpartition(":")[0]),)
            yield (Edit(flag.value_span, flag.value.rpartition(":")[0] + ":latest"),)


@injection("workdir-relative", "DL3000", "WORKDIR", 0.3)
def workdir_relative(document: Document) -> Iterator[Edits]:
    """A folder without its slash."""
    for item in document.instructions:
        if item.keyword == "WORKDIR" and item.arguments and item.form != "json":
            text = item.arguments[0].value
            if re.fullmatch(r"/\w[\w./-]*", text):
                yield (Edit(item.arguments[0].span, text[1:]),)
                if "/" in text[1:]:
                    yield (Edit(item.arguments[0].span, text.rpartition("/")[2]),)


@injection("destination-relative", "DL3045", "COPY ADD", 0.3)
def destination_relative(document: Document) -> Iterator[Edits]:
    """COPY to a folder without its slash, in a file that sets no WORKDIR."""
    if "WORKDIR" in document.names:
        return
    for item in document.instructions:
        if item.keyword in ("COPY", "ADD") and len(item.arguments) > 1 and item.form != "json":
            word = item.arguments[-1]
            if re.fullmatch(r"/\w[\w./-]*", word.value):
                yield (Edit(word.span, word.value[1:]),)


@injection("changed-after-copy", "CODI013", "COPY")
def changed_after(document: Document) -> Iterator[Edits]:
    """chown or chmod in a RUN behind the COPY, where the author has it at the COPY."""
    for item in document.instructions:
        if item.keyword != "COPY" or len(item.arguments) != 2:
            continue
        target = item.arguments[1].value
        for name, option in (("chown", "chown -R"), ("chmod", "chmod")):
            flag = item.flag(name)
            if flag is not None and flag.value and target.startswith("/"):
                line = f"{item.source.newline}{cased(item, 'RUN')} {option} {flag.value} {target}"
                end = item.span.end
                yield remove_flag(item, flag), Edit(Span(end, end), line)


@injection("cd-for-workdir", "DL3003", "WORKDIR")
def cd_for_workdir(document: Document) -> Iterator[Edits]:
    """cd in the RUN in place of the WORKDIR above it."""
    items = document.instructions
    for item, run in itertools.pairwise(items):
        if item.keyword == "WORKDIR" and run.keyword == "RUN" and run.form == "shell":
            if run.heredocs or item.arguments == ():
                continue
            script = document.script(run)
            if script is None or not script.statements:
                continue
            at = script.statements[0].span.start
            cd = f"cd {item.arguments[0].value} && "
            yield delete(item), Edit(Span(at, at), cd)
            after = [one for one in items if one.span.start > run.span.start]
            if after and after[0].keyword == "WORKDIR":
                yield delete(item), Edit(Span(at, at), cd), delete(after[0])


@injection("http", "CODI203", "RUN ADD", 0.1)
def http(document: Document) -> Iterator[Edits]:
    """http: where the author writes https:."""
    for found in list(re.finditer(rb"https://", document.source.data))[:6]:
        yield (Edit(Span(found.start(), found.end()), "http://"),)


@injection("healthcheck-dropped", "DL3057", "HEALTHCHECK")
def healthcheck(document: Document) -> Iterator[Edits]:
    """Without the HEALTHCHECK."""
    for item in document.instructions:
        if item.keyword == "HEALTHCHECK":
            yield (delete(item),)


@injection("manifests-not-first", "CODI002", "COPY")
def manifests(document: Document) -> Iterator[Edits]:
    """All sources copied before the install, the copy of the manifests gone."""
    for stage in document.stages:
        items = stage.instructions
        for first, run, whole in zip(items, items[1:], items[2:], strict=False):
            keywords = (first.keyword, run.keyword, whole.keyword)
            if keywords != ("COPY", "RUN", "COPY") or first.flag("from") is not None:
                continue
            if whole.arguments and whole.arguments[0].value in (".", "./"):
                text = whole.source.text(whole.span)
                yield Edit(first.span, text), delete(whole)


@injection("heredoc-without-errexit", "CODI030", "RUN")
def heredoc_errexit(document: Document) -> Iterator[Edits]:
    """A heredoc without the set line at its head."""
    for item in document.instructions:
        if item.keyword == "RUN" and item.heredocs:
            span = item.heredocs[0].content_span
            match = re.match(r"[ \t]*set -\w+(?: -?o? ?pipefail)?\n", item.source.text(span))
            if match:
                yield (Edit(Span(span.start, span.start + match.end()), ""),)
