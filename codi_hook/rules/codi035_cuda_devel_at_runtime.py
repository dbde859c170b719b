"""A devel image of CUDA where nothing is compiled.

Why it matters: the devel tags of nvidia/cuda and pytorch/pytorch bring nvcc, headers and static
libraries: some gigabytes more than the runtime tag of the same release, in each pull and on each
node. They are needed to compile, not to run what is compiled.

Which alternative: the same tag with `runtime` in place of `devel` has the same CUDA, cuDNN and
distribution. Where only wheels that bring CUDA along are installed, `base` is enough. Where
something is compiled after all, a devel stage and a runtime stage.

Why the fixes are unsafe: a library may compile when it runs, as triton and deepspeed do, or when
pip finds no wheel.

When to ignore: in images to develop in, and where the program compiles its kernels when it starts.
A stage in which a compiler runs, or pip builds a package from source that is known to need nvcc,
is not reported; nor is a stage that is only copied from.

Evidence: in 0.1 of 1,000 public Dockerfiles (2 of 16,167), which are of a time before most GPU
images; it is narrow on purpose. All were looked at: a miner that is downloaded as a program, and an
image that installs wheels and starts a module of them. A third, which starts a shell, was the
reason to leave images to work in alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from codi_hook.dockerfile import Stage
from codi_hook.model import (
    Applicability,
    Candidate,
    Document,
    Edit,
    Finding,
    Reason,
    Rule,
    Severity,
)
from codi_hook.patterns import pattern
from codi_hook.recipes.compiling import may_compile
from codi_hook.recipes.facts import final_stage
from codi_hook.recipes.starts import is_for_development, starts_shell

_devel = pattern(r"-devel(?=-|\Z)").search
_IMAGES = frozenset({"nvidia/cuda", "nvcr.io/nvidia/cuda", "pytorch/pytorch"})


def check(document: Document) -> Iterator[Finding]:
    stage = final_stage(document)
    if stage is None or is_for_development(document, stage):
        return
    root = list(stage.lineage())[-1]
    image = root.image
    if image.short_name not in _IMAGES or image.digest or not _devel(image.text):
        return
    if not any(item for part in stage.lineage() for item in part.of("CMD", "ENTRYPOINT")):
        return
    if not may_compile(document, stage) and not starts_shell(document, stage):
        message = f"Nothing is compiled on {image.text}"
        yield Finding(root.image.span, root, message)


def candidates(finding: Finding) -> Iterator[Candidate]:
    root: Stage = finding.subject
    text = root.image.text
    match = _devel(text)
    if match is None:
        return
    runtime = f"{text[: match.start()]}-runtime{text[match.end() :]}"
    same = Reason("same-release", "it is the same release of CUDA on the same distribution")
    yield Candidate(
        "runtime-tag",
        f"Use {runtime}",
        (Edit(root.image.span, runtime),),
        Applicability.UNSAFE,
        (
            Reason("smaller", "compilers, headers and static libraries stay out of the image"),
            same,
            Reason("may-compile", "what compiles when it runs needs devel"),
        ),
    )
    if root.image.short_name.endswith("/cuda") and "cudnn" not in text:
        base = f"{text[: match.start()]}-base{text[match.end() :]}"
        yield Candidate(
            "base-tag",
            f"Use {base}",
            (Edit(root.image.span, base),),
            Applicability.UNSAFE,
            (
                Reason("smallest", "base has the CUDA runtime alone, without its math libraries"),
                Reason("wheels", "it is enough where wheels bring their CUDA libraries along"),
            ),
        )
    yield Candidate(
        "two-stages",
        "Compile in a devel stage, and copy the result onto the runtime image",
        (),
        Applicability.DISPLAY,
        (Reason("both", "the compiler is there when it is needed, and not in the image"), same),
    )


RULE = Rule(
    "CODI035",
    "cuda-devel-at-runtime",
    Severity.WARNING,
    "Run on the runtime image of CUDA, not on devel",
    check,
    candidates,
    triggers=("FROM",),
    reads=("RUN", "CMD", "ENTRYPOINT", "ONBUILD"),
    templates=(
        "runtime-tag: unsafe",
        "base-tag: unsafe",
        "two-stages: display",
    ),
)
