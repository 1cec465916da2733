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
from shapley_coop.teams.imports.observed.usage import TokenUse, is_stated, with_totals
from shapley_coop.teams.imports.observed.values import name_of


def add_usages(run: ObservedRun, spans: Mapping[str, TraceSpan]) -> None:
    """Add what answers took. An agent's own span tells the sum of those within it once more."""
    within: dict[str, list[int]] = {}
    taken: dict[str, list[TokenUse]] = {}
    # Inner spans begin later, so that sums of sums are known before those around them.
    later_first = list(spans.values())[::-1]
    for span in sorted(later_first, key=is_own):
        agent, usage = agent_of(span, spans), _usage(span.facts)
        if not agent or not is_stated(usage):
            continue
        seat = name_of(agent, run.name)
        own = taken.setdefault(seat, [])
        places = within.get(span.key, [])
        filled = with_totals([own[place] for place in places], usage)
        if not places:
            places = [len(own)]
            own.append(usage)
        for place, part in zip(places, filled, strict=True):
            own[place] = part
        for key in own_around(span, spans, seat):
            inner = within.setdefault(key, [])
            inner += [place for place in places if place not in inner]
    for seat, usages in taken.items():
        run.add_usages(seat, usages)


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
