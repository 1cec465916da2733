"""Logs of ChatDev (Qian et al. 2024): what each role said in which phase, and what it took.

What a model took is told before the speech that it answered with. Whatever is told after the last
speech belongs to nobody.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from shapley_coop.shapley.work_evidence import Kind
from shapley_coop.teams.imports.observed.run import ObservedRun
from shapley_coop.teams.imports.observed.runs import collect_runs
from shapley_coop.teams.imports.observed.usage import TokenUse
from shapley_coop.teams.imports.observed.values import begins_with, name_of
from shapley_coop.teams.imports.port import Part
from shapley_coop.teams.imports.source import Source
from shapley_coop.teams.imports.work.chatdev import count_speeches, speeches

SUFFIXES = (".log",)
_USAGE = re.compile(
    r"^\[[^\]\n]*\] \*\*\[OpenAI_Usage_Info Receive\]\*\*\nprompt_tokens: (\d{1,12})\n"
    r"completion_tokens: (\d{1,12})\ntotal_tokens: \d{1,12}(?:\ncost: \$(\d{1,9}\.\d{1,9}))?$",
    re.MULTILINE,
)
_MODEL = re.compile(
    r"^\| \*\*model_type\*\* \| (?:ModelType\.)?(\w{1,60}) \|$", re.MULTILINE
)


class ChatDev:
    """Logs of ChatDev."""

    name = "chatdev"
    reads = "logs of ChatDev: .log files"

    def sniff(self, source: Source) -> bool:
        """Return whether some file begins like a log of ChatDev."""
        return begins_with(
            source, SUFFIXES, "**ChatDev Starts**", "System: **[chatting]**"
        )

    def read(self, source: Source) -> Sequence[Part]:
        """Return what the roles said, and the work that it was.

        Raises:
            InputError: nobody speaks, or the log cannot be read within bounds.
        """
        runs = []
        totals: dict[str, Counter[Kind]] = {}
        for path in source.files(*SUFFIXES):
            text = source.text(path).replace("\r\n", "\n")
            run = _run(source.place(path), text)
            if not run.seats and source.is_folder:
                source.skip(path, "nobody speaks in it as in logs of ChatDev")
            runs.append(run)
            for role, kinds in count_speeches(text).items():
                totals.setdefault(role, Counter()).update(kinds)
        return [collect_runs(runs, source.place(source.path), counts=totals)]


def _run(name: str, text: str) -> ObservedRun:
    run = ObservedRun(name)
    model = _MODEL.search(text)
    told = _USAGE.finditer(text)
    usage = next(told, None)
    for speech in speeches(text):
        seat = name_of(speech.role, name)
        while usage is not None and usage.start() < speech.start:
            prompt, completion, cost = usage.groups()
            taken = TokenUse(
                float(prompt),
                float(completion),
                None if cost is None else float(cost),
                None if model is None else model[1],
            )
            run.add_usage(seat, taken)
            usage = next(told, None)
        run.add_message(seat, _said(speech.text))
    return run


def _said(text: str) -> str:
    """Return a speech without what its speaker was told, which precedes it in brackets."""
    text = text.strip()
    told, end, said = text.partition("]\n\n")
    return said if end and told.startswith("[") else text
