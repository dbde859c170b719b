"""The questions put to the model: strings in, segments out, no model anywhere near.

The trainer builds its examples with this module, so what is learned is what is asked. A file's
own text is only ever put into segments that are not `control`; a tokeniser that honours that
cannot be talked into ending the turn. Whatever changes a prompt changes `PROMPT_VERSION`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from codi_hook.frozen import dataclass
from codi_hook.source import Span

if TYPE_CHECKING:
    from codi_hook.dockerfile.ast import Instruction
    from codi_hook.model import Candidate, Finding
    from codi_hook.shell import Document

PROMPT_VERSION = "1"
LETTERS = "ABCDEFGH"  # each is one token in every tokeniser that has a template below
SYSTEM = "Choose the best option for this Dockerfile. Answer with one letter."
FILE_BYTES = 420  # of the file's outline, shared by all of its findings
EXCERPT_BYTES = 32
TITLE_BYTES = 44
HEAD_BYTES = 30  # of a title that is not to be chosen
CLAUSE_BYTES = 40
OUTLINE_WIDTHS = (96, 64, 48, 36, 24)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a prompt. In a `control` segment the tokeniser reads ``<|…|>`` as tokens."""

    text: str
    control: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A chat format: what stands before the system text, the user's text and the answer."""

    name: str
    system: str
    user: str
    answer: str


CHATML = Template(
    "chatml",
    "<|im_start|>system\n",
    "<|im_end|>\n<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
)
# By (general.architecture, tokenizer.ggml.pre) of the GGUF.
TEMPLATES = {
    ("llama", "smollm"): CHATML,
    ("qwen2", "qwen2"): CHATML,
    ("qwen3", "qwen2"): CHATML,
}

Chunk = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One multiple choice. `file`, `finding` and `body` are nested contexts, widest first.

    `order[i]` is the index, in the sequence that was asked about, of the option under
    ``LETTERS[i]``.
    """

    file: str
    finding: str
    body: str
    order: tuple[int, ...]

    @property
    def letters(self) -> str:
        return LETTERS[: len(self.order)]


def render(question: Question, template: Template) -> tuple[Chunk, ...]:
    """The question as chunks, each of which a runtime may keep when the next question shares it."""
    return (
        (
            Segment(template.system, control=True),
            Segment(SYSTEM),
            Segment(template.user, control=True),
        ),
        (Segment(question.file),),
        (Segment(question.finding),),
        (Segment(question.body), Segment(template.answer, control=True)),
    )


def clip(text: str, limit: int) -> str:
    """One printable line of at most `limit` bytes of UTF-8; what is cut off shows as ``…``."""
    printable = (c if c.isprintable() else " " for c in text)
    line = " ".join("".join(printable).split())
    data = line.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode("utf-8")
    return data[: max(limit - 3, 0)].decode("utf-8", "ignore").rstrip() + "…"


def head(text: str, limit: int) -> str:
    """The first words of a text, within `limit` bytes; a cut word would cost tokens for nothing."""
    line = clip(text, 1 << 16)
    if len(line.encode()) <= limit:
        return line
    cut = line.encode()[:limit].decode("utf-8", "ignore")
    if line[len(cut)] != " ":
        cut = cut.rpartition(" ")[0] or cut
    return cut.rstrip()


def file_text(document: Document) -> str:
    """An outline of the file: every instruction on a line, clipped so that all fit if they can."""
    instructions = document.instructions
    for width in OUTLINE_WIDTHS:
        lines = [_outline(instruction, width) for instruction in instructions]
        if sum(len(line.encode()) + 1 for line in lines) <= FILE_BYTES:
            return "\n".join(lines) + "\n"
    return "\n".join(_ends(lines, FILE_BYTES)) + "\n"


def _outline(instruction: Instruction, width: int) -> str:
    return _excerpt(instruction, instruction.span, width)


def _excerpt(instruction: Instruction, span: Span, limit: int) -> str:
    """The beginning of `span` on one line: continuations joined, comments left out."""
    source, parts = instruction.source, []
    at, left = span.start, 8 * limit  # bytes: what is clipped away need not be read
    for comment in instruction.comments:
        if comment.span.start >= min(span.end, at + left):
            break
        if comment.span.start >= at:
            parts.append(source.text(Span(at, comment.span.start)))
            left -= comment.span.start - at
            at = comment.span.end
    parts.append(source.text(Span(at, max(at, min(span.end, at + left)))))
    text = "".join(parts).replace("\\\r\n", " ").replace("\\\n", " ")
    return clip(text, limit)


def _ends(lines: Sequence[str], limit: int) -> list[str]:
    """The first and the last lines within `limit` bytes, the base image and the start command."""
    head: list[str] = []
    tail: list[str] = []
    left = limit - len("…\n".encode())
    for index in range(len(lines)):
        at = index // 2 if index % 2 == 0 else len(lines) - 1 - index // 2
        left -= len(lines[at].encode()) + 1
        if left < 0:
            break
        (head if index % 2 == 0 else tail).append(lines[at])
    return [*head, "…", *reversed(tail)]


def finding_text(finding: Finding) -> str:
    """The finding: the rule's name, and the file from where it begins to the instruction's end."""
    document, start = finding.document, finding.span.start
    index = bisect_right(document.instructions, start, key=lambda item: item.span.start) - 1
    excerpt = ""
    if index >= 0:
        instruction = document.instructions[index]
        end = max(instruction.span.end, finding.span.end)
        excerpt = _excerpt(instruction, Span(start, end), EXCERPT_BYTES)
    return f"Problem {finding.rule.name}: {excerpt}\n"


def permutation(context: str, options: Sequence[tuple[str, str]]) -> tuple[int, ...]:
    """An order of `options` (id, text) that depends on what they say, not on where they stood."""
    from hashlib import sha256  # not needed where nothing is asked

    def key(index: int) -> bytes:
        return sha256("\0".join((context, *options[index])).encode("utf-8", "replace")).digest()

    return tuple(sorted(range(len(options)), key=key))


def rank_question(file: str, finding: Finding, candidates: Sequence[Candidate]) -> Question:
    """Which candidate? At most ``len(LETTERS)`` of them are shown."""
    about = finding_text(finding)
    shown = [(c.id, head(c.title, TITLE_BYTES)) for c in candidates[: len(LETTERS)]]
    return _question(file, about, "Best fix?", shown)


def clause_question(file: str, candidate: Candidate) -> Question:
    """Which of the candidate's reasons matters most in this file?

    The finding is left out: what a clause has to say of it stands in the clause, and equal
    findings in one file then need one answer.
    """
    shown = [(r.id, head(r.text, CLAUSE_BYTES)) for r in candidate.reasons[: len(LETTERS)]]
    lead = f"{head(candidate.title, HEAD_BYTES)}: why?"
    return _question(file, "", lead, [(f"{candidate.id}/{i}", t) for i, t in shown])


def _question(file: str, finding: str, lead: str, options: Sequence[tuple[str, str]]) -> Question:
    order = permutation(file + finding + lead, options)
    lines = (f"{LETTERS[i]} {options[at][1]}" for i, at in enumerate(order))
    return Question(file, finding, "\n".join((lead, *lines)), order)


def free_question(file: str, finding: Finding, candidate: Candidate) -> Question:
    """Asks for one free sentence about a candidate; the answer has to pass the grounding check."""
    reasons = "; ".join(clip(reason.text, 160) for reason in candidate.reasons)
    body = (
        f"Fix: {clip(candidate.title, 120)}\nFacts: {reasons}\n"
        "Say in one short sentence why this fix is right here."
    )
    return Question(file, finding_text(finding), body, ())


def content(chunks: Iterable[Chunk]) -> str:
    """The plain text of rendered chunks, for a log or a reader."""
    return "".join(segment.text for chunk in chunks for segment in chunk)
