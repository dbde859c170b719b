"""Convert a GGUF to a faster type with llama.cpp's own quantiser.

Runs as a child (`python -m codi_hook.models.quantise SOURCE TARGET TYPE`): llama.cpp ends a
process on some errors, and prints to the terminal as it likes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from codi_hook.models.errors import ModelError

UNAVAILABLE = 3  # exit status: no llama-cpp-python


def requantise(source: Path, target: Path, kind: str) -> None:
    """Write `source` converted to `kind` ("Q8_0", "Q4_0") to `target`.

    Raises:
        ModelError: the quantiser is missing or failed; `target` may hold a part.
    """
    command = [sys.executable, "-m", "codi_hook.models.quantise", str(source), str(target), kind]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=_environment(), check=False
    )
    if done.returncode == UNAVAILABLE:
        hint = "pip install 'codi-hook[llm]' and pull again"
        raise ModelError("llama-cpp-python is not installed", hint)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1] if lines else f"exit status {done.returncode}"
        raise ModelError(f"llama.cpp's quantiser failed: {why}")


def _environment() -> dict[str, str]:
    """Ours, and the child finds this very package, installed or not."""
    here = str(Path(__file__).resolve().parents[2])
    before = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{before}" if before else here}


def _main(source: str, target: str, kind: str) -> int:
    try:
        import llama_cpp
    except ImportError:
        return UNAVAILABLE
    types = {
        "Q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0,
        "Q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0,
    }
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = types[kind]
    parameters.allow_requantize = True
    return int(llama_cpp.llama_model_quantize(source.encode(), target.encode(), parameters))


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
