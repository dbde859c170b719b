"""What an engine owes the ranker: the logits of a question's letters, in time or not at all."""

from __future__ import annotations

import time
from typing import Protocol

from codi_hook.errors import CodiError
from codi_hook.frozen import dataclass
from codi_hook.ranking.prompt import Question


class EngineError(CodiError):
    """The model cannot be used; the run goes on without it.

    `reason` goes into the record; `silent` where nobody needs to be told.
    """

    silent = False

    def __init__(self, message: str, hint: str = "", reason: str = "model-error") -> None:
        super().__init__(message, hint)
        self.reason = reason


class OutOfTime(EngineError):
    """The run's time for inference is used up."""

    def __init__(self) -> None:
        super().__init__(
            "the time for inference is used up",
            "raise --llm-timeout or LLM_TIMEOUT_SECONDS",
            "timeout",
        )


class NoModel(EngineError):
    """None is installed, and none was asked for."""

    silent = True


class QuestionRefused(EngineError):
    """This one question cannot be answered (it is too long); others may be."""


class Deadline:
    """Seconds of inference that a run has, counted from when the model is first needed."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self._end - time.monotonic()

    def passed(self) -> bool:
        return time.monotonic() >= self._end

    def check(self) -> None:
        if self.passed():
            raise OutOfTime


@dataclass(frozen=True, slots=True)
class Answer:
    """Logits (or log-probabilities) parallel to a question's letters, and what they cost."""

    logits: tuple[float, ...]
    tokens: int  # evaluated for it, what was reused not counted


class Engine(Protocol):
    """A model, here or behind an endpoint. All but `close` raise `EngineError`."""

    def ask(self, question: Question, deadline: Deadline) -> Answer: ...

    def describe(self) -> dict[str, str | int | float]: ...

    def close(self) -> None: ...
