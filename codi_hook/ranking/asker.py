"""Gets a question answered: from the cache, else by the engine, which is opened when needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from codi_hook.frozen import dataclass, field
from codi_hook.ranking import scores
from codi_hook.ranking.engine import (
    Answer,
    Deadline,
    Engine,
    EngineError,
    OutOfTime,
    QuestionRefused,
)
from codi_hook.ranking.prompt import Question
from codi_hook.ranking.settings import RankingSettings

if TYPE_CHECKING:
    from codi_hook.ranking.cache import Cache
    from codi_hook.ranking.weights import Weights

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What the questions about one finding cost."""

    asked: int = 0
    hits: int = 0
    tokens: int = 0


@dataclass(slots=True)
class Asker:
    """The model's side of a run. After a failure it says no at once, but for cached answers."""

    settings: RankingSettings
    notify: Callable[[str], None]
    weights: Weights | None = None
    engine: Engine | None = None
    failure: EngineError | None = None
    load_ms: float = 0.0
    _left: float = field(init=False)
    _cache: Cache | None = None

    def __post_init__(self) -> None:
        self._left = self.settings.timeout

    def logits(self, question: Question, tally: Tally) -> tuple[float, ...]:
        """Logits of the question's letters. Raises `EngineError`, whose reason is recorded."""
        count = len(question.order)
        found = scores.from_text(self._cached(question), count)
        tally.asked += 1
        if found is not None:
            tally.hits += 1
            return found
        answer = self._guard(lambda: self._ask(question))
        tally.tokens += answer.tokens
        assert self._cache is not None
        self._cache.put(self._key(question), scores.to_text(answer.logits))
        return answer.logits

    def _ask(self, question: Question) -> Answer:
        with self._timed() as deadline:
            engine = self._open_engine(deadline)
            answer = engine.ask(question, deadline)
        if not scores.usable(answer.logits):
            raise EngineError("the model's answers are not numbers", "codi-hook model verify")
        return answer

    def text(self, question: Question, tally: Tally, limit: int) -> str:
        """A free answer of at most `limit` tokens; only a model in this process writes one."""
        from codi_hook.ranking.prompt import render
        from codi_hook.ranking.runtime import Runtime

        found = self._cached(question)
        tally.asked += 1
        if found is not None:
            tally.hits += 1
            return found

        def write() -> str:
            with self._timed() as deadline:
                engine = self._open_engine(deadline)
                if not isinstance(engine, Runtime):
                    raise QuestionRefused("a server is not asked for free text", "", "endpoint")
                before = engine.evaluated
                text = engine.write(render(question, engine.template), limit, deadline)
                tally.tokens += engine.evaluated - before
                return text

        text = self._guard(write)
        assert self._cache is not None
        self._cache.put(self._key(question), text)
        return text

    # what is opened when it is first needed

    def open_weights(self) -> Weights:
        """What would answer, checked; without loading it."""
        if self.weights is None:
            if self.failure:
                raise self.failure
            self.weights = self._guard(self._find)
        return self.weights

    def _find(self) -> Weights:
        from codi_hook.ranking import weights

        if not self.settings.endpoint:
            return weights.find(self.settings)
        from codi_hook.ranking.endpoint import Endpoint

        with self._timed() as deadline:
            endpoint = Endpoint(self.settings.endpoint, self.settings.allowlist, deadline)
        self.engine = endpoint
        return weights.served(endpoint.identity)

    def _open_engine(self, deadline: Deadline) -> Engine:
        if self.engine is None:
            from codi_hook.ranking.runtime import Runtime

            weights = self.open_weights()
            started = time.perf_counter()
            self.engine = Runtime(
                weights.path,
                weights.adapter_path,
                scale=self.settings.adapter_scale,
                threads=self.settings.threads,
                deadline=deadline,
            )
            self.load_ms = (time.perf_counter() - started) * 1000
        return self.engine

    def _key(self, question: Question) -> bytes:
        from codi_hook.ranking import cache

        identity = f"{self.open_weights().identity}*{self.settings.adapter_scale!r}"
        return cache.key(question, identity)

    def _cached(self, question: Question) -> str | None:
        from codi_hook.ranking.cache import Cache

        key = self._key(question)
        if self._cache is None:
            self._cache = Cache(self.settings.cache, self.settings.cache_entries, self.notify)
        return self._cache.get(key)

    @contextmanager
    def _timed(self) -> Iterator[Deadline]:
        """Takes what happens inside from the run's time for inference."""
        started = time.monotonic()
        deadline = Deadline(self._left)
        deadline.check()
        try:
            yield deadline
        finally:
            self._left -= time.monotonic() - started

    def _guard(self, action: Callable[[], T]) -> T:
        """Runs `action`; what fails for good is said once and never tried again."""
        if self.failure:
            raise self.failure
        try:
            return action()
        except QuestionRefused:
            raise
        except EngineError as error:
            self.failure = error
            if not error.silent:
                self.notify(f"{error}; going on without a model")
            if not isinstance(error, OutOfTime):
                self._close_engine()
            raise

    def flush(self) -> None:
        """Writes new answers to the cache."""
        if self._cache is not None:
            self._cache.flush()

    def _close_engine(self) -> None:
        engine, self.engine = self.engine, None
        if engine is not None:
            engine.close()

    def close(self) -> None:
        self._close_engine()
        if self._cache is not None:
            self._cache.close()
            self._cache = None
