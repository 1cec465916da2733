"""What the answers in a trace took: sums that agents' own spans tell again count once."""

from __future__ import annotations

from collections.abc import Mapping

from shapley_coop.teams.imports.observed.run import ObservedRun
from shapley_coop.teams.imports.observed.spans import (
    Facts,
    TraceSpan,
    agent_of,
    is_own,
    own_around,
)
from shapley_coop.teams.imports.observed.usage import (
    TokenUse,
    is_stated,
    total_of,
    with_totals,
)
from shapley_coop.teams.imports.observed.values import name_of


def add_usages(run: ObservedRun, spans: Mapping[str, TraceSpan]) -> None:
    """Add what answers took. An agent's own span tells the sum of those within it once more."""
    within: dict[str, list[int]] = {}
    taken: dict[str, list[TokenUse]] = {}
    # Inner spans begin later, so that sums of sums are known before those around them.
    later_first = list(spans.values())[::-1]
    for span in sorted(later_first, key=is_own):
        agent = agent_of(span, spans)
        if not agent:
            continue
        seat, usage = name_of(agent, run.name), _usage(span.facts)
        own = taken.setdefault(seat, [])
        places = within.pop(span.key, [])
        if is_stated(usage):
            places = _merge(own, places, usage)
        around = next(own_around(span, spans, seat), None)
        if around is not None and places:
            inner = within.setdefault(around, places)
            if inner is not places:
                # The shorter list goes into the longer one, however deep spans are nested.
                short, long = sorted((inner, places), key=len)
                long += short
                within[around] = long
    for seat, usages in taken.items():
        run.add_usages(seat, usages)


def _merge(own: list[TokenUse], places: list[int], total: TokenUse) -> list[int]:
    """Let one entry stand for those within a span, and return its place.

    Args:
        own: what the answers to a seat took, which is changed.
        places: of those within the span.
        total: what the span states of all of them.
    """
    if not places:
        own.append(total)
        return [len(own) - 1]
    filled = with_totals([own[place] for place in places], total)
    for place, part in zip(places, filled, strict=True):
        own[place] = TokenUse(0.0, 0.0, 0.0, part.model)
    own[places[0]] = TokenUse(
        total_of([part.prompt for part in filled]),
        total_of([part.completion for part in filled]),
        total_of([part.cost for part in filled]),
        filled[0].model,
    )
    return places[:1]


def _usage(facts: Facts) -> TokenUse:
    read = "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"
    written = "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"
    model = facts.get("gen_ai.response.model", facts.get("gen_ai.request.model"))
    return TokenUse.of(
        facts.get(read[0], facts.get(read[1])),
        facts.get(written[0], facts.get(written[1])),
        facts.get("gen_ai.usage.cost", facts.get("operation.cost")),
        model,
    )
