"""A calendar of its own: days, events that repeat, and what falls on which day."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

DAYS = """
\"\"\"Days of a calendar.\"\"\"

MONTHS = $months
WEEK = $week


def $length(year, month):
    if month < 1 or month > len(MONTHS):
        raise ValueError("there is no such month")
    extra = 1 if month == $leap_month and $leap else 0
    return MONTHS[month - 1] + extra


def $number(year, month, day):
    if year < 1:
        raise ValueError("years begin with 1")
    if day < 1 or day > $length(year, month):
        raise ValueError("there is no such day")
    total = day - 1
    for before in range(1, month):
        total += $length(year, before)
    for before in range(1, year):
        total += sum(MONTHS) + (1 if $leap_before else 0)
    return total


def $weekday(year, month, day):
    return WEEK[($number(year, month, day) + $first) % len(WEEK)]


def $next(year, month, day):
    $number(year, month, day)
    if day < $length(year, month):
        return (year, month, day + 1)
    if month < len(MONTHS):
        return (year, month + 1, 1)
    return (year + 1, 1, 1)
"""
EVENTS = """
\"\"\"Events that repeat.\"\"\"

from days import $length, $number


def $occurs(event, date):
    start = $number(*event["start"])
    here = $number(*date)
    if here < start:
        return False
    if "until" in event and here $after $number(*event["until"]):
        return False
    kind = event.get("every", "once")
    if kind == "once":
        return here == start
    if kind == "days":
        return (here - start) % event["count"] == 0
    if kind == "month":
        wanted = event["start"][2]
        $short
        return date[2] == wanted
    raise ValueError("unknown repetition")
"""
AGENDA = """
\"\"\"What falls on which day.\"\"\"

from days import $next, $weekday
from events import $occurs


def $agenda(events, date, count):
    lines = []
    for _ in range(count):
        names = sorted(event["name"] for event in events if $occurs(event, date))
        if names or $all_days:
            lines.append((date, $weekday(*date), names))
        date = $next(*date)
    return lines


def $first_free(events, date):
    while any($occurs(event, date) for event in events) or $weekday(*date) in $rest:
        date = $next(*date)
    return date
"""
SPEC = """
Write a calendar in three files. It is no calendar of ours: a year has $count months of
$months days, the week has the days $week. A date is a tuple (year, month, day), each counted from
1. $leap_words

`days.py` has four functions:
- `$length(year, month)` returns how many days the month has. An unknown month raises ValueError.
- `$number(year, month, day)` returns how many days lie between (1, 1, 1) and the date, 0 for that
  day itself. A year below 1, a month or a day that there is not raise ValueError.
- `$weekday(year, month, day)` returns the name of the weekday. (1, 1, 1) is a '$first_name', and
  every day has the next name, also from month to month and from year to year.
- `$next(year, month, day)` returns the date of the following day. Wrong dates raise ValueError.

`events.py` has `$occurs(event, date)`, which returns whether an event falls on a date. An
event is a
dictionary with 'name', 'start' (a date) and perhaps 'every': 'once' (as if it were not there),
'days' (on the start and every 'count' days after it) or 'month' (on the start and on the same
day of
every later month; $short_words). Another 'every' raises ValueError. No event falls on a day before
its start. If there is 'until' (a date), the event falls on no day $after_words that date.

`agenda.py` has two functions:
- `$agenda(events, date, count)` returns for each of `count` days from the date on $day_words the
  tuple (date, weekday, names of its events by alphabet).
- `$first_free(events, date)` returns the first date from the given one on that has no events and
  is no $rest_words.
"""
NAMES = (
    ("length", ("length", "days_in", "month_size")),
    ("number", ("number", "day_number", "ordinal")),
    ("weekday", ("weekday", "name_of_day", "day_name")),
    ("next", ("next_day", "following", "day_after")),
    ("occurs", ("occurs", "falls_on", "happens")),
    ("agenda", ("agenda", "plan", "overview")),
    ("first_free", ("first_free", "free_day", "day_off")),
)
EXAMPLES = """
[first_days]
$weekday(1, 1, 1)
$next(1, 1, 1)
$number(1, 2, 1)
"""
CHECKS = """
feast = {'name': 'feast', 'start': (2, 1, 4), 'every': 'month'}
watch = {'name': 'watch', 'start': (2, 1, 2), 'every': 'days', 'count': 3}
visit = {'name': 'arrival', 'start': (2, 1, 5)}

[lengths 2]
[$length(1, month) for month in range(1, $count + 1)]
[$length(year, $leap_month) for year in range(1, 26)]
[$length(year, $leap_month) for year in (100, 200, 300, 400)]

[wrong_dates]
$length(1, 0)
$length(1, $count + 1)
$number(0, 1, 1)
$number(1, 1, 0)
$number(1, 1, 99)
$number(2, 0, 1)
$next(1, 1, 99)
$next(-1, 1, 1)
$weekday(1, $count + 1, 1)

[numbers 2]
$number(1, 1, 1)
$number(1, 3, 4)
$number(2, 1, 1)
$number(9, $count, 2)
[$number(year, 2, 3) for year in range(3, 14)]
$number(101, 1, 1) - $number(99, 1, 1)

[weekdays 2]
[$weekday(1, 1, day) for day in range(1, 9)]
$weekday(3, 2, 7)
$weekday(8, $count, 1)

[next_days]
$next(1, 1, 3)
$next(1, 1, $length(1, 1))
$next(4, $count, $length(4, $count))
$next(5, $leap_month, $length(5, $leap_month) - 1)
$next(1, 1, $length(1, 1) - 1)

[once]
$occurs(visit, (2, 1, 5))
$occurs(visit, (3, 1, 5))
$occurs({'name': 'x', 'start': (1, 1, 1), 'every': 'once'}, (1, 1, 1))
$occurs({'name': 'x', 'start': (1, 1, 1), 'every': 'year'}, (2, 1, 1))

[days]
[$occurs(watch, (2, 1, day)) for day in range(1, 12)]
$occurs(watch, (1, 1, 2))
$occurs({**watch, 'count': 1}, (2, 2, 2))

[months 2]
[$occurs(feast, (2, month, 4)) for month in range(1, $count + 1)]
$occurs(feast, (1, 2, 4))
$occurs(feast, (3, 1, 3))
late = {'name': 'late', 'start': (1, $long_month, $long)}
late['every'] = 'month'
ends = [(month, day) for month in range(1, $count + 1) for day in range(12, $length(1, month) + 1)]
[$occurs(late, (1, month, day)) for month, day in ends]

[until]
ended = {**watch, 'until': (2, 1, 8)}
[$occurs(ended, (2, 1, day)) for day in (2, 5, 8, 11)]
$occurs({**ended, 'until': (2, 1, 9)}, (2, 1, 8))
$occurs({**ended, 'until': (2, 1, 7)}, (2, 1, 8))

[agendas 2]
$agenda([watch, feast, visit], (2, 1, 1), 6)
$agenda([], (1, 1, 1), 2)
$agenda([watch], (2, 1, 2), 0)

[free_days]
$first_free([watch, feast, visit], (2, 1, 4))
$first_free([], (1, 1, 1))
[$first_free([], (1, 2, day)) for day in range(1, 8)]
$first_free([{**watch, 'count': 1, 'until': (2, 2, 3)}], (2, 1, 2))
"""


def draft(draw: Draw) -> Draft:
    """Return a calendar with drawn months, weeks, leap years and repetitions."""
    count = draw.whole(4, 7)
    months = tuple(draw.whole(14, 19) for _ in range(count))
    week = tuple(
        draw.some(("Sol", "Lun", "Mar", "Ven", "Tor", "Fri", "Sat"), draw.whole(5, 7))
    )
    every, but = draw.one(((4, 20), (3, 9), (5, 25)))
    first = draw.whole(0, len(week) - 1)
    leap_month = draw.whole(1, count)
    skip = draw.turn((True, False))
    all_days = draw.one((True, False))
    rest = tuple(draw.some(week, 2))
    inclusive = draw.one((True, False))
    long_month = months.index(max(months)) + 1
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in NAMES},
        "count": count,
        "months": months,
        "week": week,
        "leap_month": leap_month,
        "leap": f"year % {every} == 0 and year % {but} != 0",
        "leap_before": f"before % {every} == 0 and before % {but} != 0",
        "first": first,
        "after": ">=" if inclusive else ">",
        "all_days": all_days,
        "rest": rest,
        "long_month": long_month,
        "long": max(months),
    }
    values["short"] = (
        "" if skip else f"wanted = min(wanted, {values['length']}(*date[:2]))"
    )
    words = {
        "first_name": week[first],
        "leap_words": (
            f"In years that {every} divides but {but} does not, month {leap_month} has a day more."
        ),
        "short_words": (
            "months without that day are left out"
            if skip
            else "in shorter months on their last day"
        ),
        "after_words": "from" if inclusive else "after",
        "day_words": "" if all_days else "on which there is an event",
        "rest_words": f"{rest[0]!r} or {rest[1]!r}",
    }
    return Draft(
        spec=fill(SPEC, **{**values, **words}).replace(
            "from that date", "from that date on"
        ),
        imports=(
            "from agenda import {agenda}, {first_free}\n"
            "from days import {length}, {next}, {number}, {weekday}\n"
            "from events import {occurs}"
        ).format(**values),
        reference={
            "days.py": fill(DAYS, **values),
            "events.py": fill(EVENTS, **values),
            "agenda.py": fill(AGENDA, **values),
        },
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("odd-calendar", "hard", draft)
