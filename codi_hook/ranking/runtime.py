"""llama.cpp in this process, by the binding's low-level functions.

Files are checked (structure, digests) before they come here: llama.cpp may abort the process on
a file that is not what it claims to be. The context keeps the tokens of earlier chunks, and a
question that begins with the same chunks costs only what is new. Chunks are always evaluated
one by one, so that an answer does not depend on what was asked before.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from codi_hook.ranking.binding import default_threads, library, why
from codi_hook.ranking.engine import (
    Answer,
    Deadline,
    EngineError,
    OutOfTime,
    QuestionRefused,
)
from codi_hook.ranking.prompt import LETTERS, TEMPLATES, Chunk, Question, Template, render

CONTEXT = 1024  # tokens: a prompt's texts are clipped to about 400
BATCH = 512
PROBE = "Best fix?\nA one\nB two"
ABORTED = 2  # llama_decode's status
EFFECT = 1e-4  # the least difference of logits that counts as an adapter's effect


class Runtime:
    """A base model with or without a LoRA adapter, and one context. Not for several threads."""

    def __init__(
        self,
        model_path: str,
        adapter_path: str = "",
        *,
        scale: float = 1.0,
        threads: int = 0,
        deadline: Deadline | None = None,
    ) -> None:
        self._lib = library()
        self._deadline = deadline or Deadline(600)
        self._model: Any = None
        self._context: Any = None
        self._adapter: Any = None
        self._interrupt: BaseException | None = None
        self._batch: Any = None
        self._kept: list[tuple[int, ...]] = []  # the chunks whose state the context holds
        self._tokens: dict[Chunk, tuple[int, ...]] = {}
        self._threads = threads or default_threads()
        self.evaluated = 0
        try:
            self._load(model_path)
            if adapter_path:
                self._load_adapter(adapter_path, scale)
        except BaseException:
            self.close()
            raise

    def _load(self, path: str) -> None:
        lib = self._lib
        self._deadline.check()
        params = lib.llama_model_default_params()
        params.n_gpu_layers = 0
        self._progress = lib.llama_progress_callback(lambda _part, _data: not self._must_stop())
        params.progress_callback = self._progress
        with self._interruptible():
            self._model = lib.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            self._deadline.check()
            raise EngineError(f"{path}: llama.cpp cannot load it{why()}", "codi-hook model verify")
        self._vocab = lib.llama_model_get_vocab(self._model)
        self.template = self._template(path)
        self._letters = [self._letter(letter) for letter in LETTERS]
        self._open_context(path)

    def _open_context(self, path: str) -> None:
        lib = self._lib
        params = lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = CONTEXT, BATCH, BATCH
        params.n_threads = params.n_threads_batch = self._threads
        params.no_perf = True
        self._abort = lib.ggml_abort_callback(lambda _data: self._must_stop())
        params.abort_callback = self._abort
        self._context = lib.llama_init_from_model(self._model, params)
        if not self._context:
            raise EngineError(f"{path}: no context can be made for it{why()}", "free some memory")
        self._memory = lib.llama_get_memory(self._context)
        self._batch = lib.llama_batch_init(BATCH, 0, 1)

    def _must_stop(self) -> bool:
        return self._interrupt is not None or self._deadline.passed()

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Raises after a call into llama.cpp what was raised in a callback during it.

        Ctrl-C arrives in whatever Python code the main thread runs next, and that is a callback,
        out of which no exception finds its way.
        """
        before = sys.unraisablehook
        sys.unraisablehook = self._remember_interrupt
        try:
            yield
        finally:
            sys.unraisablehook = before
        if self._interrupt is not None:
            interrupt, self._interrupt = self._interrupt, None
            raise interrupt

    def _remember_interrupt(self, raised: sys.UnraisableHookArgs) -> None:
        self._interrupt = raised.exc_value or raised.exc_type()

    def metadata(self, key: str) -> str:
        """A string from the base's GGUF header, "" where it has no such key."""
        buffer = ctypes.create_string_buffer(256)
        self._lib.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace")

    def _template(self, path: str) -> Template:
        kind = self.metadata("general.architecture"), self.metadata("tokenizer.ggml.pre")
        try:
            return TEMPLATES[kind]
        except KeyError:
            known = ", ".join(sorted("/".join(known) for known in TEMPLATES))
            raise EngineError(
                f"{path}: no chat template for {'/'.join(kind)} models", f"known: {known}"
            ) from None

    def _letter(self, letter: str) -> int:
        tokens = self.tokens(letter, False)
        if len(tokens) != 1:
            raise EngineError(f"the model's tokeniser has no single token for {letter!r}")
        return tokens[0]

    # the adapter

    def _load_adapter(self, path: str, scale: float) -> None:
        lib = self._lib
        self._adapter = lib.llama_adapter_lora_init(self._model, os.fsencode(path))
        if not self._adapter:
            raise EngineError(
                f"{path}: llama.cpp cannot apply it to this base{why()}",
                "codi-hook adapter verify",
                "adapter-refused",
            )
        before = self._probe()
        self.set_scale(scale)
        after = self._probe()
        if max(abs(a - b) for a, b in zip(before, after, strict=True)) < EFFECT and scale != 0:
            raise EngineError(
                f"{path}: the adapter has no effect on the model",
                "it was not trained, or this llama.cpp ignores it",
                "adapter-refused",
            )

    def set_scale(self, scale: float) -> None:
        """Applies the adapter by that factor; 0 is the bare base."""
        lib, kind = self._lib, self._lib.llama_adapter_lora_p_ctypes
        self._forget(0)
        if hasattr(lib, "llama_set_adapters_lora"):
            count = 1 if scale else 0
            status = lib.llama_set_adapters_lora(
                self._context, (kind * 1)(self._adapter), count, (ctypes.c_float * 1)(scale)
            )
        else:  # an older binding
            status = lib.llama_set_adapter_lora(self._context, self._adapter, scale)
        if status:
            raise EngineError("llama.cpp did not accept the adapter", "", "adapter-refused")

    def _probe(self) -> tuple[float, ...]:
        question = Question("FROM scratch\n", "Problem: none\n", PROBE, tuple(range(len(LETTERS))))
        logits = self.ask(question, self._deadline).logits
        self._forget(0)
        return logits

    # evaluation

    def ask(self, question: Question, deadline: Deadline) -> Answer:
        """The logits of the question's letters at the position after it."""
        tokens = self.evaluate(render(question, self.template), deadline)
        row = self._lib.llama_get_logits_ith(self._context, -1)
        if not row:
            raise EngineError("llama.cpp gave no logits")
        return Answer(tuple(row[self._letters[i]] for i in range(len(question.order))), tokens)

    def evaluate(self, chunks: tuple[Chunk, ...], deadline: Deadline) -> int:
        """Brings the context to the end of `chunks`; returns how many tokens that took."""
        self._deadline = deadline
        wanted = [self._chunk(chunk) for chunk in chunks]
        if sum(map(len, wanted)) > CONTEXT - 64:
            raise QuestionRefused("the question is longer than the context", "", "too-long")
        same = 0
        while same < min(len(self._kept), len(wanted) - 1) and self._kept[same] == wanted[same]:
            same += 1
        self._forget(same)
        spent = 0
        for index in range(same, len(wanted)):
            tokens = wanted[index]
            self._decode(tokens, wants_logits=index == len(wanted) - 1)
            self._kept.append(tokens)
            spent += len(tokens)
        return spent

    def _forget(self, keep: int) -> None:
        """Drops the state behind the first `keep` chunks."""
        del self._kept[keep:]
        at = sum(map(len, self._kept))
        if not self._lib.llama_memory_seq_rm(self._memory, 0, at, -1):
            self._lib.llama_memory_clear(self._memory, True)  # a memory that cannot roll back
            self._kept.clear()

    def _decode(self, tokens: tuple[int, ...], wants_logits: bool) -> None:
        start = sum(map(len, self._kept))
        for offset in range(0, len(tokens), BATCH):
            self._deadline.check()
            part = tokens[offset : offset + BATCH]
            self._fill(part, start + offset, wants_logits)
            with self._interruptible():
                status = self._lib.llama_decode(self._context, self._batch)
            if status == ABORTED:
                raise OutOfTime
            if status:
                raise EngineError(f"llama.cpp failed with status {status}{why()}")
            self.evaluated += len(part)

    def _fill(self, tokens: tuple[int, ...], position: int, wants_logits: bool) -> None:
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = position + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = 0
        batch.logits[len(tokens) - 1] = 1 if wants_logits else 0

    def _chunk(self, chunk: Chunk) -> tuple[int, ...]:
        known = self._tokens.get(chunk)
        if known is None:
            if len(self._tokens) > 512:
                self._tokens.clear()
            known = tuple(t for s in chunk for t in self.tokens(s.text, s.control))
            self._tokens[chunk] = known
        return known

    def tokens(self, text: str, control: bool) -> list[int]:
        """Tokens of `text`; ``<|im_end|>`` and the like are plain text unless `control`."""
        data = text.encode("utf-8", "replace")
        room = (self._lib.llama_token * (len(data) + 8))()
        count = self._lib.llama_tokenize(
            self._vocab, data, len(data), room, len(room), False, control
        )
        if count < 0:
            raise EngineError("the text cannot be tokenised")
        return list(room[:count])

    # free text

    def write(self, chunks: tuple[Chunk, ...], limit: int, deadline: Deadline) -> str:
        """The model's most likely continuation, up to its end of turn or `limit` tokens."""
        self.evaluate(chunks, deadline)
        written: list[int] = []
        greedy = self._lib.llama_sampler_init_greedy()
        try:
            while len(written) < limit:
                token = self._lib.llama_sampler_sample(greedy, self._context, -1)
                if self._lib.llama_vocab_is_eog(self._vocab, token):
                    break
                written.append(token)
                self._decode((token,), wants_logits=True)
                self._kept.append((token,))
        finally:
            self._lib.llama_sampler_free(greedy)
        return self._text(written)

    def _text(self, tokens: list[int]) -> str:
        data = b""
        buffer = ctypes.create_string_buffer(256)
        for token in tokens:
            size = self._lib.llama_token_to_piece(self._vocab, token, buffer, 256, 0, False)
            data += buffer.raw[: max(size, 0)]
        return data.decode("utf-8", "replace").strip()

    def describe(self) -> dict[str, str | int | float]:
        """For the record: what evaluates, on how many threads, with which CPU features."""
        import llama_cpp

        features = self._lib.llama_print_system_info().decode("utf-8", "replace").strip()
        return {
            "engine": "llama.cpp",
            "llama_cpp_python": llama_cpp.__version__,
            "features": features,
            "threads": self._threads,
            "architecture": self.metadata("general.architecture"),
            "base_name": self.metadata("general.name"),
        }

    def close(self) -> None:
        """Frees what was loaded; may be called again."""
        lib = self._lib
        if self._batch is not None:
            lib.llama_batch_free(self._batch)
        if self._context:
            lib.llama_free(self._context)
        if self._model:
            lib.llama_model_free(self._model)  # frees its adapters too
        self._batch = self._context = self._model = self._adapter = None
