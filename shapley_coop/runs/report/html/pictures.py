"""Pictures of a run: specifications in Altair, drawn as SVG when the page is made.

The page then needs no script for them. Full Vega would bring 0.9 MB of JavaScript that evaluates
text as code, which the page's content security policy forbids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    import altair as alt

    from shapley_coop.runs.report.html.bands import Bands

Rows = Sequence[Mapping[str, Any]]
_INK = "#010203"
"""Stands for the colour of the page's text, so that pictures follow light and dark."""
_PALETTE = ("#3b7dd8", "#c96f1e", "#2c9c69", "#a45bc1", "#b5485a", "#7c7c7c")
_WIDTH = 420
_WIDE = 620
"""The width of pictures whose names stand inside of them."""


def is_available() -> bool:
    """Return whether the packages that draw are installed."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))


def require_available() -> None:
    """Raise a ConfigError if the packages that draw are not installed."""
    if not is_available():
        raise ConfigError(
            "pictures need the extra `view`: pip install 'shapley-coop[view]'"
        )


def svg(chart: alt.TopLevelMixin) -> str:
    """Return a chart as an SVG element that takes its ink from the page."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(chart.to_dict())
    start = drawn.index("<svg")
    # Whole elements are told by the figure around them, so their parts are not read out.
    hidden = drawn[start:].replace(
        "<svg", '<svg aria-hidden="true" focusable="false"', 1
    )
    return hidden.replace(_INK, "currentColor")


def credit_bars(rows: Rows) -> alt.TopLevelMixin:
    """Return bars of what seats claimed, agreed and were measured to contribute, with errors.

    Args:
        rows: `seat`, `column`, `value`, `low` and `high` each.
    """
    import altair as alt

    order = list(dict.fromkeys(row["column"] for row in rows))
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("seat:N", title=None, sort=None),
        yOffset=alt.YOffset("column:N", sort=order),
    )
    bars = base.mark_bar(height=9).encode(
        x=alt.X("value:Q", title="reward"),
        color=alt.Color(
            "column:N", sort=order, title=None, scale=alt.Scale(range=list(_PALETTE))
        ),
    )
    errors = base.mark_rule(color=_INK).encode(x="low:Q", x2="high:Q")
    return _styled(bars + errors, height=alt.Step(12))


def distribution(rows: Rows, quantity: str) -> alt.TopLevelMixin:
    """Return one tick an episode and seat, with the mean of each seat.

    Args:
        rows: `seat` and `value` each.
        quantity: what the values are.
    """
    import altair as alt

    base = alt.Chart(_data(rows)).encode(y=alt.Y("seat:N", title=None, sort=None))
    ticks = base.mark_tick(opacity=0.35, color=_PALETTE[0]).encode(
        x=alt.X("value:Q", title=quantity)
    )
    means = base.mark_point(filled=True, size=70, color=_PALETTE[1]).encode(
        x="mean(value):Q"
    )
    return _styled(ticks + means, height=alt.Step(26))


def heat(rows: Rows, across: str, title: str) -> alt.TopLevelMixin:
    """Return a heat map of seats over episodes or coalition sizes.

    Args:
        rows: `seat`, the field `across`, and `value` each.
        across: the field along the x axis.
        title: what the colour means.
    """
    import altair as alt

    chart = (
        alt.Chart(_data(rows))
        .mark_rect()
        .encode(
            x=alt.X(
                f"{across}:O",
                title=across,
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("seat:N", title=None, sort=None),
            color=alt.Color(
                "value:Q",
                title=title,
                scale=alt.Scale(scheme="blueorange", domainMid=0),
            ),
        )
    )
    return _styled(chart, height=alt.Step(22))


def lines(rows: Rows, across: str, quantity: str) -> alt.TopLevelMixin:
    """Return one line a seat.

    Args:
        rows: `seat`, the field `across`, and `value` each.
        across: the field along the x axis.
        quantity: what the values are.
    """
    import altair as alt

    chart = (
        alt.Chart(_data(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X(f"{across}:O", title=across, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("value:Q", title=quantity),
            color=alt.Color(
                "seat:N", title=None, sort=None, scale=alt.Scale(range=list(_PALETTE))
            ),
        )
    )
    return _styled(chart, height=180)


def flows(picture: Bands) -> alt.TopLevelMixin:
    """Return payments as bands from payers on the left to payees on the right."""
    import altair as alt

    across = alt.Scale(domain=[-0.7, 1.7])
    down = alt.Scale(reverse=True, zero=False)
    curves = (
        alt.Chart(_data(picture.curves))
        .mark_area(opacity=0.55)
        .encode(
            x=alt.X("x:Q", axis=None, scale=across),
            y=alt.Y("low:Q", axis=None, scale=down),
            y2="high:Q",
            detail="band:N",
            color=alt.Color(
                "reason:N", title=None, sort=None, scale=alt.Scale(range=list(_PALETTE))
            ),
        )
    )
    layers = curves
    for side in (0, 1):
        ends = [end for end in picture.ends if end["side"] == side]
        base = alt.Chart(_data(ends)).encode(x=alt.X("side:Q", scale=across))
        edges = base.mark_rule(color=_INK, strokeWidth=4)
        names = base.mark_text(color=_INK, align="right", dx=-8)
        if side:
            names = base.mark_text(color=_INK, align="left", dx=8)
        layers += edges.encode(y=alt.Y("low:Q", scale=down), y2="high:Q")
        layers += names.encode(y=alt.Y("middle:Q", scale=down), text="label:N")
    seats = max(sum(end["side"] == side for end in picture.ends) for side in (0, 1))
    return _styled(layers, height=60 + 34 * seats, width=_WIDE)


def amounts(rows: Rows, part: str, quantity: str) -> alt.TopLevelMixin:
    """Return a bar a seat, made of parts.

    Args:
        rows: `seat`, the field `part`, and `value` each.
        part: the field that tells the parts of a bar apart.
        quantity: what the values are.
    """
    import altair as alt

    chart = (
        alt.Chart(_data(rows))
        .mark_bar(height=16)
        .encode(
            y=alt.Y("seat:N", title=None, sort=None),
            x=alt.X("value:Q", title=quantity),
            color=alt.Color(
                f"{part}:N",
                title=None,
                sort=None,
                scale=alt.Scale(range=list(_PALETTE)),
            ),
        )
    )
    return _styled(chart, height=alt.Step(24))


def network(nodes: Rows, links: Rows) -> alt.TopLevelMixin:
    """Return points joined by lines, with a label each: a lattice or a triangle.

    Args:
        nodes: `x`, `y`, `label` and `kind` each.
        links: `x`, `y`, `x2` and `y2` each.
    """
    import altair as alt

    axis = alt.Scale(zero=False, padding=24)
    rules = (
        alt.Chart(_data(links))
        .mark_rule(opacity=0.35, color=_INK)
        .encode(
            x=alt.X("x:Q", axis=None, scale=axis),
            y=alt.Y("y:Q", axis=None, scale=axis),
            x2="x2:Q",
            y2="y2:Q",
        )
    )
    base = alt.Chart(_data(nodes)).encode(x="x:Q", y="y:Q")
    points = base.mark_point(filled=True, size=60).encode(
        color=alt.Color(
            "kind:N", title=None, sort=None, scale=alt.Scale(range=list(_PALETTE))
        )
    )
    # Labels of two lines stand above their points, not on them.
    labels = base.mark_text(
        color=_INK, dy=-19, baseline="line-bottom", lineBreak="\n", lineHeight=12
    ).encode(text="label:N")
    return _styled(rules + points + labels, height=260)


def _data(rows: Rows) -> alt.Data:
    import altair as alt

    # Altair does not tell the types of what it makes by itself.
    data: alt.Data = alt.Data(values=list(rows))  # type: ignore[no-untyped-call]
    return data


def _styled(chart: Any, *, height: Any, width: int = _WIDTH) -> alt.TopLevelMixin:
    """Return a chart in the page's colours, without a background."""
    styled: alt.TopLevelMixin = (
        chart.properties(width=width, height=height, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_INK,
            titleColor=_INK,
            domainColor=_INK,
            tickColor=_INK,
            gridColor=_INK,
            gridOpacity=0.12,
            labelLimit=220,
        )
        .configure_legend(labelColor=_INK, titleColor=_INK, labelLimit=220)
    )
    return styled
