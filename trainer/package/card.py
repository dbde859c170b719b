"""README.md of an adapter: a model card made from what is recorded, and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from codi_hook.frozen import dataclass
from codi_hook.models.adapters import Adapter
from trainer.package.record import Made
from trainer.package.weights import Likeness

NAME = "README.md"
SYSTEMS = ("adapter", "prior", "order", "base")
MEASURES = {
    "top1": "top-1",
    "mrr": "MRR",
    "ndcg": "NDCG",
    "pairwise": "pairwise",
    "ece": "ECE",
}
SOURCES = {
    "reversal": "An expert's file followed the practice in one of the ways that a template knows; "
    "the template's inverse put the smell in, and the label is the one candidate that restores "
    "the expert's text.",
    "history": "A commit made the finding go away; the label is the one candidate whose result is "
    "what the commit wrote (for explanations: the one reason that the commit's words fit).",
    "rules": "Made from the rules' own order, without a person's choice.",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a card tells."""

    id: str
    version: str
    licence: str
    base_id: str
    base_hub: str
    base_licence: str
    made: Made
    metrics: Mapping[str, float | str]
    like: Likeness
    adapter: Adapter


def render(facts: Facts) -> str:
    """The card, Markdown behind the YAML block that model hubs read."""
    parts = [
        _front(facts),
        _what(facts),
        _data(facts.made),
        _measured(facts),
        _limits(facts),
        _use(facts),
    ]
    return "\n".join(parts)


def _front(facts: Facts) -> str:
    lines = ["---", f"license: {facts.licence.lower()}", "library_name: peft"]
    if facts.base_hub:
        lines.append(f"base_model: {facts.base_hub}")
    lines += ["tags:", "- dockerfile", "- lora", "- gguf", "- codi-hook", "---", ""]
    return "\n".join(lines)


def _what(facts: Facts) -> str:
    one, like = facts.adapter, facts.like
    same = f"largest difference {like.difference:.2g} ({', '.join(like.types)})"
    return f"""# {facts.id} {facts.version}

A LoRA adapter for codi-hook. Shown a Dockerfile's outline, a finding and its verified candidates
under letters, the base with this adapter chooses a letter: the logits of the letters order the
candidates and the reasons. It writes no Dockerfile text.

| | |
|---|---|
| base | {facts.base_id or one.architecture}, digest in metadata.json |
| LoRA | rank {one.rank}, alpha {one.alpha:g}, {like.matrices} matrices |
| adapter.gguf | SHA-256 `{one.digest}` |
| adapter_model.safetensors | the same weights for peft; {same} |
| prompt version | {facts.made.prompt_version} |
| rule set | `{facts.made.rule_set[:16]}…` |
"""


def _data(made: Made) -> str:
    lines = ["## Data and labels", ""]
    rows = [
        (name, task, count)
        for name, one in made.splits.items()
        for task, count in one.get("rows", {}).items()
    ]
    if rows:
        lines += ["| split | task | rows |", "|---|---|---|"]
        lines += [f"| {name} | {task} | {count:,} |" for name, task, count in rows]
        lines.append("")
    labels = made.splits.get("train", {}).get("labels", {})
    for source, text in SOURCES.items():
        found = {key: count for key, count in labels.items() if key.split()[-1] == source}
        if found:
            told = ", ".join(f"{count:,} {key.split()[0]}" for key, count in found.items())
            lines.append(f"- *{source}* ({told} rows to train on): {text}")
    if labels:
        lines.append("")
    if origins := made.dataset.get("origins"):
        told = ", ".join(f"{name} ({count:,})" for name, count in origins.items())
        lines += [f"Rows by collection: {told}.", ""]
    for name, one in made.splits.items():
        lines.append(f"- {name}: SHA-256 `{one['digest']}`")
    if made.training:
        told = ", ".join(f"{name} {value}" for name, value in made.training.items())
        lines += ["", f"Training: {told}."]
    return "\n".join([*lines, ""])


def _measured(facts: Facts) -> str:
    metrics, lines = facts.metrics, ["## Metrics", ""]
    if not metrics:
        return "\n".join([*lines, "Not evaluated.", ""])
    present = [one for one in SYSTEMS if f"{one}.top1" in metrics]
    if not present:
        lines += ["| metric | value |", "|---|---|"]
        lines += [f"| {name} | {_number(value)} |" for name, value in sorted(metrics.items())]
        return "\n".join([*lines, ""])
    rows, owners = (metrics.get(f"eval_{key}", "?") for key in ("evaluated", "owners"))
    lines += [f"Evaluation `{metrics.get('eval_id', '?')}`: {rows} questions of {owners} owners."]
    lines += ["Top-1 is the share of questions in which the author's own choice came first.", ""]
    lines += [f"| system | {' | '.join(MEASURES.values())} |", "|---" * (len(MEASURES) + 1) + "|"]
    for one in present:
        cells = (_number(metrics.get(f"{one}.{key}", "–")) for key in MEASURES)
        lines.append(f"| {one} | {' | '.join(cells)} |")
    gaps = [(name, key) for name in ("order", "prior", "base") for key in MEASURES
            if f"adapter-{name}.{key}.value" in metrics]  # fmt: skip
    if gaps:
        lines += ["", "Adapter minus the other, with 95 % intervals:", ""]
        lines += ["| against | metric | difference | interval |", "|---|---|---|---|"]
        for name, key in gaps:
            stem = f"adapter-{name}.{key}"
            low, high = (_number(metrics.get(f"{stem}.{end}", "–")) for end in ("low", "high"))
            value = _number(metrics[f"{stem}.value"])
            lines.append(f"| {name} | {MEASURES[key]} | {value} | {low} to {high} |")
    return "\n".join([*lines, ""])


def _number(value: float | str) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _limits(facts: Facts) -> str:
    licence = f" The base's licence is {facts.base_licence}." if facts.base_licence else ""
    return f"""## Limits

- It fits this base, by digest, and this prompt version; with others codi-hook refuses it or does
  not count it as promoted.
- It knows the rules and templates of its rule set. What has been added since is ranked without
  having been learned.
- codi-hook uses its order only for the rules that registry.yml promotes it for.
- Its confidence is calibrated by the temperature in metadata.json, on data like that above.
- Labels are choices of people who publish Dockerfiles. They are not always the best ones.

## Licence

{facts.licence}.{licence} The Dockerfiles that labels were taken from belong to their authors and
are not part of this folder.
"""


def _use(facts: Facts) -> str:
    return f"""## Verify and use

```
codi-hook adapter verify {facts.id}
codi-hook check --adapter {facts.id} --ranker llm Dockerfile
```

`adapter verify` checks every file's SHA-256, the structure of the weights, the base, and that
llama.cpp loads it with an effect. `codi-train verify` compares the two files of weights, too.
"""
