"""Whether a sentence that the model wrote may be shown: it names nothing that is not there.

The check is meant to refuse too much rather than too little; a refused sentence costs nothing,
because the composed one takes its place.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from codi_hook.model import Candidate, Finding

LONGEST = 240  # characters
SHORTEST = 3  # words
MOST = 4  # times that a word may come back in a sentence of less than 25 words
INSTRUCTIONS = str.split(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL "
    "STOPSIGNAL USER VOLUME WORKDIR"
)
_instruction = re.compile(rf"(?:^|[`\"'\n:;]\s*)(?:{'|'.join(INSTRUCTIONS)})\s+\S", re.IGNORECASE)
_upper_instruction = re.compile(
    rf"\b(?:{'|'.join(INSTRUCTIONS)})\s+"
    r"(?!(?:instruction|line|step|layer|command|and|or|is|in|of|for|here|that)\b)[\w./$\[-]"
)
# What is a name rather than a word: flags, paths, images, variables, versions, file names.
_name = re.compile(
    r"`[^`]+`|\"[^\"]+\"|\$\{?\w+\}?|--?[A-Za-z][\w-]*(?:=\S+)?|[\w.~@+-]*/[\w./@:+-]*"
    r"|\w[\w+-]*:[\w.-]*\d[\w.-]*|\b\w*\d[\w.+-]*|\b[A-Z][A-Z_]{1,}\b|\b\w+(?:[-_.]\w+)+"
)
_word = re.compile(r"[a-z][a-z+]+", re.IGNORECASE)
_trim = ".,;:!?()[]'\"`"
_negation = re.compile(
    r"\b(?:no|not|never|none|nothing|neither|nor|without|cannot|can't|avoids?|prevents?|stops?"
    r"|lacks?|skips?|hardly|instead)\b|n't\b",
    re.IGNORECASE,
)
_opposites = (
    ("smaller", "larger"), ("smaller", "bigger"), ("faster", "slower"), ("more", "less"),
    ("more", "fewer"), ("keeps", "removes"), ("keep", "remove"), ("adds", "removes"),
    ("safe", "unsafe"), ("secure", "insecure"), ("increases", "reduces"), ("shrinks", "grows"),
    ("first", "last"), ("before", "after"), ("always", "never"), ("passes", "swallows"),
    ("cached", "uncached"), ("inside", "outside"), ("old", "new"), ("fails", "succeeds"),
)  # fmt: skip
# Plain words that name a program, a package or an image all the same.
_programs = frozenset(
    str.split(
        "alpine ansible apache apk apt bash bower brew bun bundler busybox cargo centos chmod "
        "chown cmake composer conda curl debian deno distroless django dnf docker dpkg "
        "express fedora flask gcc gem git golang gradle grep gunicorn haproxy helm httpd java "
        "jenkins jq kaniko kubectl make mariadb maven memcached microdnf mongo mysql nginx "
        "node npm openjdk openssl pandas perl php pip pipenv pnpm podman poetry postgres "
        "postgresql pytest python rabbitmq rails redis rocky rsync ruby rust scratch sed sudo "
        "supervisord systemd tar terraform tini tomcat ubuntu uv uvicorn vim virtualenv "
        "webpack wget yarn yum zip zypper"
    )
)
_common = frozenset(
    str.split(
        "also because build builds container does file files from here image into layer "
        "layers only than that their them then there these they this those when which while "
        "will with"
    )
)


def problem(text: str, finding: Finding, candidate: Candidate) -> str:
    """Why a sentence may not be shown, "" where it may."""
    text = text.strip()
    if not text or len(text) > LONGEST or "\n" in text:
        return "not one sentence"
    if len(re.findall(r"[.!?](?:\s|$)", text)) > 1:
        return "not one sentence"
    if faulty := _no_sentence(text):
        return faulty
    if _instruction.search(text) or _upper_instruction.search(text):
        return "holds a Dockerfile instruction"
    known = _known(finding, candidate)
    for name in _names(text):
        if not re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])", known):
            return f"names {name}, which is not at hand"
    if not _content(text) & _content(known):
        return "says nothing about this fix"
    for reason in candidate.reasons:
        if contradicts(text, reason.text):
            return f"contradicts {reason.id}"
    return ""


def _no_sentence(text: str) -> str:
    """What a small model writes when it has lost the thread: a loop, a letter, half a sentence."""
    words = _words(text)
    if len(words) < SHORTEST:
        return "too few words"
    if max(Counter(words).values()) > max(MOST, len(words) // 5):
        return "repeats itself"
    return "breaks off" if text[-1] in ",:;-(" else ""


def _known(finding: Finding, candidate: Candidate) -> str:
    page = sys.modules.get(getattr(finding.rule.check, "__module__", ""))
    texts = (
        finding.code,
        finding.rule.name,
        finding.rule.summary,
        finding.message,
        finding.document.source.text(finding.span),
        candidate.title,
        *(edit.replacement for edit in candidate.edits),
        *(reason.text for reason in candidate.reasons),
        (page.__doc__ or "") if page else "",
    )
    return "\n".join(texts).lower()


def _names(text: str) -> Iterable[str]:
    for match in _name.finditer(text):
        if name := match.group().strip(_trim):
            yield name
    for word in re.findall(r"[\w-]+", text):
        if word.lower() in _programs:
            yield word


def contradicts(text: str, clause: str) -> bool:
    """Whether a sentence about what the clause is about says the opposite.

    Two signs count: one of the two is negated and the other is not, or a word of one stands
    against its opposite in the other.
    """
    mine, theirs = _content(text), _content(clause)
    shared = mine & theirs
    if len(shared) < 2:
        return False
    if _negations(text) % 2 != _negations(clause) % 2:
        return True
    words, others = set(_words(text)), set(_words(clause))
    return any(
        (a in words and b in others and b not in words)
        or (b in words and a in others and a not in words)
        for a, b in _opposites
    )


def _negations(text: str) -> int:
    return len(_negation.findall(text))


def _words(text: str) -> Sequence[str]:
    return [word.lower() for word in _word.findall(text)]


def _content(text: str) -> set[str]:
    """Stems of the words that carry meaning."""
    return {word[:5] for word in _words(text) if len(word) > 3 and word not in _common}
