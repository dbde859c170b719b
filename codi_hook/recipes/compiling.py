"""Whether a stage compiles something, as far as its commands tell."""

from __future__ import annotations

from codi_hook.dockerfile import Stage
from codi_hook.model import Document
from codi_hook.patterns import pattern
from codi_hook.recipes.layers import is_unknown
from codi_hook.shell.ast import Command, Script
from codi_hook.shell.managers import call

COMPILERS = frozenset((
    "bazel", "c++", "cargo", "cc", "clang", "clang++", "cmake", "configure", "dotnet", "g++", "gcc",
    "go", "gradle", "make", "gmake", "meson", "mvn", "ninja", "nvcc", "rustc", "scons", "swift",
    "autoreconf", "bootstrap.sh", "build.sh", "catkin_make", "colcon", "luarocks", "waf",
))  # fmt: skip
# Python packages that are compiled when they are installed, or compile kernels when they run.
_kernels = pattern(
    r"apex|flash.?attn|deepspeed|xformers|triton|vllm|sglang|bitsandbytes|cupy|pycuda|mmcv|detectron"
    r"|tensorrt|horovod|lightgbm|xgboost|auto.?gptq|llama.?cpp|causal|mamba|numba|jax|pytorch3d"
    r"|torch.?(?:scatter|sparse|cluster|geometric)|nvidia|faiss|spconv|dlib|opencv|jupyter"
).search


def may_compile(document: Document, stage: Stage) -> bool:
    """True where a RUN on the way to the stage compiles, runs what is not shown, or installs what
    may need a compiler."""
    for part in stage.lineage():
        for item in part.of("RUN", "ONBUILD", "CMD", "ENTRYPOINT"):
            script = document.script(item.trigger or item)
            if item.keyword == "ONBUILD" or (script is not None and _compiles(script)):
                return True
    return False


def _compiles(script: Script) -> bool:
    if script.instruction.keyword == "RUN" and is_unknown(script):
        return True
    return any(_builds(command) for command in script.commands)


def _builds(command: Command) -> bool:
    if command.name in COMPILERS or any("setup.py" in word.text for word in command.args):
        return True
    found = call(command)
    if found is None or found.action != "install":
        return False
    if found.manager.system:
        return any(_is_compiler(word.text) for word in found.packages)
    if found.requirements or found.sources or not found.packages:
        return True  # what is in the file, or the folder, is not known
    return any(_kernels(word.text.lower()) for word in found.packages)


def _is_compiler(package: str) -> bool:
    return package.strip("\"'").startswith(("build-essential", "gcc", "g++", "clang", "cmake"))
