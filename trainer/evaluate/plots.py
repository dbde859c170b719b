"""The report's plots as SVG text. Drawn by matplotlib without a display; nothing is loaded."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 7.2  # inches of 72 points; the page scales plots to its width
MINE, OTHER, GREY, RED = "#2563a8", "#d98324", "#8a8f98", "#b3261e"
MARKS = {"adapter": (MINE, "o"), "prior": (OTHER, "s"), "order": (GREY, "D"), "base": (RED, "x")}
MOST_BARS = 60

_identifiers = re.compile(r'(\bid="|url\(#|href="#)')
_metadata = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)


def _figure(height: float, columns: int = 1) -> tuple[Any, Any]:
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"svg.fonttype": "none", "font.family": "sans-serif"})
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _svg(figure: Any, name: str, title: str) -> str:
    """The drawing as an element of the page: ids are its own, so that several can stand there."""
    import matplotlib

    stream = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    text = _metadata.sub("", text[text.index("<svg") :])
    text = _identifiers.sub(rf"\g<1>{name}-", text)
    label = f'<svg role="img" aria-label="{title}" class="plot" '
    return text.replace("<svg ", label, 1)


def reliability(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Accuracy against confidence, and how many answers are how sure; one series a system."""
    figure, (left, right) = _figure(3.4, 2)
    left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    for name, bins in groups.items():
        colour = MARKS[name][0]
        sure = [one["confidence"] for one in bins]
        left.plot(sure, [one["accuracy"] for one in bins], "o-", color=colour, label=name, ms=4)
        right.plot(sure, [one["count"] for one in bins], "o-", color=colour, label=name, ms=4)
    left.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="share that is right")
    right.set(xlim=(0, 1), xlabel="confidence", ylabel="questions")
    right.set_ylim(bottom=0)
    if groups:
        left.legend(frameon=False)
    return _svg(figure, "reliability", "Reliability diagram")


def accuracy(
    name: str, title: str, systems: Mapping[str, Mapping[str, Any]],
    gaps: Mapping[str, Mapping[str, Any]], versus: str,
) -> str:  # fmt: skip
    """Per group: top-1 of every system on the left, and the gain over `versus` with its 95 %
    interval on the right. The groups with most rows come first."""
    first = next(iter(systems.values()), {})
    keys = sorted(first, key=lambda key: (-first[key]["rows"], key))[:MOST_BARS]
    figure, (left, right) = _figure(1.0 + 0.27 * max(len(keys), 2), 2)
    places = list(range(len(keys)))
    for number, (system, members) in enumerate(systems.items()):
        colour, mark = MARKS[system]
        values = [members[key]["top1"] for key in keys]
        shifted = [place + 0.18 * (number - (len(systems) - 1) / 2) for place in places]
        left.plot(values, shifted, mark, color=colour, label=system, ms=4, linestyle="none")
    left.set_yticks(places, [f"{key} ({first[key]['rows']})" for key in keys], fontsize=7)
    left.set(xlim=(-0.02, 1.02), xlabel="top-1")
    right.axvline(0, color=GREY, linewidth=1)
    for place, key in zip(places, keys, strict=True):
        _interval(right, gaps.get(key, {}).get("top1"), place)
    right.set_yticks(places, [""] * len(keys))
    right.set(xlabel=f"gain of top-1 over {versus}, 95 % interval")
    for axes in (left, right):
        axes.set_ylim(len(keys) - 0.5, -0.5)
        axes.grid(axis="x", color="#e3e5e8", linewidth=0.6)
    if systems:
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4,
                      frameon=False)  # fmt: skip
    return _svg(figure, name, title)


def _interval(axes: Any, gap: Mapping[str, float | None] | None, place: int) -> None:
    if not gap or gap["value"] is None:
        return
    low, high = gap["low"], gap["high"]
    colour = GREY
    if low is not None and high is not None:
        colour = MINE if low > 0 else RED if high < 0 else GREY
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
    axes.plot([gap["value"]], [place], "o", color=colour, ms=4)


def latency(times: Mapping[str, Sequence[float]]) -> str:
    """How long an answer takes, in milliseconds, up to the 99th percentile."""
    import numpy as np

    figure, (axes,) = _figure(2.6)
    longest = max((float(np.percentile(one, 99)) for one in times.values() if one), default=1.0)
    edges = np.linspace(0, max(longest, 1e-3), 41)
    for name, one in times.items():
        axes.hist(one, bins=edges, color=MARKS[name][0], alpha=0.6, label=name)
    axes.set(xlabel="milliseconds for one finding's order", ylabel="findings")
    if times:
        axes.legend(frameon=False)
    return _svg(figure, "latency", "Latency histogram")
