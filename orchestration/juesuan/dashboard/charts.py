"""The charts, with one palette that is told apart without colour too.

Belongs here: figures of plotly from what a page asked. Does not belong here: queries, words.

Colours are those of Okabe and Ito, which people with any kind of colour vision tell apart; lines differ in dash and
mark, states in a letter, shares in a pattern as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from juesuan.dashboard.words import for_chart, shortened

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C7A00", "#7F7F7F")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon")
_PATTERNS = ("", "/", "x", ".", "\\", "+", "-", "|")
FONT = "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Zen Hei, sans-serif"
#: So many ideographs of a name stand on an axis.
_NAME = 14


def _laid(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        font={"family": FONT, "size": 13},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        hoverlabel={"font": {"family": FONT}},
        colorway=list(PALETTE),
        separators=".,",
        **layout,
    )
    return figure


def lines(series: Mapping[str, Sequence[tuple[Any, float | None]]], unit: str, height: int = 340) -> go.Figure:
    """Values over years, a line each; a year without a value leaves a gap."""
    figure = go.Figure()
    for n, (name, points) in enumerate(series.items()):
        colour = PALETTE[n % len(PALETTE)]
        figure.add_scatter(
            x=[str(x) for x, _ in points],
            y=[y for _, y in points],
            name=for_chart(shortened(name, 24)),
            mode="lines+markers",
            line={"color": colour, "dash": _DASHES[n % len(_DASHES)], "width": 2},
            marker={"symbol": _MARKS[n % len(_MARKS)], "size": 8},
            connectgaps=False,
            hovertemplate=f"%{{x}}：%{{y:,.2f}} {unit}<extra>{for_chart(name)}</extra>",
        )
    figure.update_yaxes(title=unit, rangemode="tozero", tickformat=",")
    figure.update_xaxes(type="category")
    return _laid(figure, height)


def bars(
    names: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str, *, stacked: bool = False
) -> go.Figure:
    """Bars across, the first name on top; with several series side by side, or one after the other."""
    figure = go.Figure()
    # Names that are short alike must stay two bars.
    said = [f"{for_chart(shortened(name, _NAME))}{chr(0x200B) * n}" for n, name in enumerate(names)]
    for n, (name, values) in enumerate(series.items()):
        figure.add_bar(
            y=said,
            x=list(values),
            name=for_chart(name),
            orientation="h",
            marker={"color": PALETTE[n % len(PALETTE)], "pattern": {"shape": _PATTERNS[n % len(_PATTERNS)]}},
            customdata=[for_chart(full) for full in names],
            hovertemplate=f"%{{customdata}}：%{{x:,.2f}} {unit}<extra>{for_chart(name)}</extra>",
        )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title=unit, tickformat=",")
    height = 80 + 30 * len(names) * (1 if stacked else max(1, len(series)) * 0.75)
    return _laid(figure, int(max(180, height)), barmode="relative" if stacked else "group", showlegend=len(series) > 1)


def sankey(flows: Sequence[tuple[str, str, float]], unit: str) -> go.Figure:
    """Money from node to node. Nodes are told apart by their whole name; what stands before ``|`` is their column."""
    nodes = list(dict.fromkeys(name for source, target, _ in flows for name in (source, target)))
    columns = list(dict.fromkeys(name.partition("|")[0] for name in nodes))
    totals = {
        name: max(sum(v for s, _, v in flows if s == name), sum(v for _, t, v in flows if t == name)) for name in nodes
    }
    colours = [PALETTE[columns.index(name.partition("|")[0]) % len(PALETTE)] for name in nodes]
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            valueformat=",.2f",
            valuesuffix=f" {unit}",
            textfont={"family": FONT, "size": 13},
            node={
                "label": [f"{for_chart(n.partition('|')[2])}  {totals[n]:,.2f}" for n in nodes],
                "color": colours,
                "pad": 14,
                "thickness": 14,
                "line": {"width": 0},
                "hovertemplate": "%{label}<extra></extra>",
            },
            link={
                "source": [nodes.index(s) for s, _, _ in flows],
                "target": [nodes.index(t) for _, t, _ in flows],
                "value": [v for _, _, v in flows],
                "color": [_faint(colours[nodes.index(s)]) for s, _, _ in flows],
                "hovertemplate": f"%{{source.label}} → %{{target.label}}<br>%{{value:,.2f}} {unit}<extra></extra>",
            },
        )
    )
    most = max(sum(name.startswith(f"{c}|") for name in nodes) for c in columns)
    return _laid(figure, max(320, 60 + 44 * most))


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.28)"


def treemap(rows: Sequence[tuple[str, str, str, float]], unit: str) -> go.Figure:
    """Areas in areas: (id, id of what it is a part of or "", name, value); values are those of the smallest parts."""
    totals: dict[str, float] = {}
    parents = {one: parent for one, parent, _, _ in rows}
    for one, _, _, value in rows:
        at = one
        while at:
            totals[at] = totals.get(at, 0.0) + value
            at = parents.get(at, "")
    figure = go.Figure(
        go.Treemap(
            ids=[one for one, *_ in rows],
            parents=[parent for _, parent, _, _ in rows],
            labels=[for_chart(name) for _, _, name, _ in rows],
            values=[totals[one] for one, *_ in rows],
            branchvalues="total",
            textfont={"family": FONT, "size": 14},
            texttemplate=f"%{{label}}<br>%{{value:,.2f}} {unit}",
            hovertemplate=f"%{{label}}<br>%{{value:,.2f}} {unit}<br>%{{percentParent:.1%}}<extra></extra>",
            maxdepth=3,
            root={"color": "rgba(0,0,0,0)"},
            pathbar={"textfont": {"family": FONT}},
            tiling={"pad": 2},
        )
    )
    return _laid(figure, 460, treemapcolorway=list(PALETTE), uniformtext={"minsize": 10, "mode": "hide"})


#: State of a report in a year -> its colour and its letter.
STATE_MARKS = {
    "published": ("#0072B2", "●"),
    "not_collected": ("#D55E00", "○"),
    "expected": ("#E69F00", "◌"),
    "exempt": ("#BBBBBB", "–"),
}


def state_map(
    units: Sequence[str], years: Sequence[int], states: Mapping[tuple[int, int], str], said: Any
) -> go.Figure:
    """Units down, years across, a state each with its colour and its mark."""
    names = list(STATE_MARKS)
    shown = {value: name for name, value in zip(names, range(len(names)), strict=True)}
    rows = range(len(units))
    z = [[next((k for k, n in shown.items() if n == states.get((i, y))), None) for y in years] for i in rows]
    text = [[STATE_MARKS[states[i, y]][1] if (i, y) in states else "" for y in years] for i in rows]
    hover = [[f"{for_chart(units[i])} {y}<br>{said(states.get((i, y)))}" for y in years] for i in rows]
    steps = [
        (edge, STATE_MARKS[name][0]) for k, name in enumerate(names) for edge in (k / len(names), (k + 1) / len(names))
    ]
    figure = go.Figure(
        go.Heatmap(
            z=z,
            x=[str(y) for y in years],
            y=[f"{for_chart(shortened(name, 16))}{chr(0x200B) * i}" for i, name in enumerate(units)],
            text=text,
            texttemplate="%{text}",
            textfont={"color": "white"},
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=steps,
            zmin=-0.5,
            zmax=len(names) - 0.5,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(side="top")
    return _laid(figure, 70 + 22 * len(units))
