"""A reader and writer of tables in text, with quotes and types, into which faults have been put."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.repairs.faults import Fault, with_faults
from swe_sim.tasks.families.repairs.table_checks import CHECKS, EXAMPLES

CELLS = """
\"\"\"Lines of a table as cells, and back.\"\"\"

COMMA = "$comma"
QUOTE = '$quote'


def $split(line):
    cells = []
    cell = ""
    place = 0
    while place < len(line):
        character = line[place]
        if character == QUOTE and cell == "":
            place += 1
            while True:
                if place >= len(line):
                    raise ValueError("a quote is open")
                if line[place] == QUOTE:
                    if line[place + 1:place + 2] != QUOTE:
                        break
                    place += 1
                cell += line[place]
                place += 1
            if place + 1 < len(line) and line[place + 1] != COMMA:
                raise ValueError("something follows a quote")
        elif character == COMMA:
            cells.append(cell$strip)
            cell = ""
        else:
            cell += character
        place += 1
    cells.append(cell$strip)
    return cells


def $join(cells):
    parts = []
    for cell in cells:
        if COMMA in cell or QUOTE in cell or cell != cell.strip()$quote_empty:
            cell = QUOTE + cell.replace(QUOTE, QUOTE * 2) + QUOTE
        parts.append(cell)
    return COMMA.join(parts)
"""
TABLE = """
\"\"\"Tables with a head.\"\"\"

from cells import $join, $split


def $value(cell):
    if cell == "":
        return $nothing
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            pass
    if cell.lower() in ("$yes", "$no"):
        return cell.lower() == "$yes"
    return cell


def $read(text):
    lines = [line for line in text.split("\\n") if line.strip() and line[0] != "$mark"]
    if not lines:
        return []
    head = $split(lines[0])
    if len(set(head)) != len(head):
        raise ValueError("a column comes twice")
    rows = []
    for line in lines[1:]:
        cells = $split(line)
        if len(cells) > len(head):
            raise ValueError("a row is too long")
        $short
        rows.append({name: $value(cell) for name, cell in zip(head, cells)})
    return rows


def $write(rows):
    head = []
    for row in rows:
        head += [name for name in row if name not in head]
    lines = [$join(head)]
    for row in rows:
        cells = []
        for name in head:
            value = row.get(name, $nothing)
            if value is True or value is False:
                value = "$yes" if value else "$no"
            cells.append("" if value is $nothing else str(value))
        lines.append($join(cells))
    return "\\n".join(lines)


def $total(rows, column, where=None):
    wanted = where or {}
    total = 0
    for row in rows:
        if all(row.get(name) == value for name, value in wanted.items()):
            value = row.get(column)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                total += value
    return total
"""
SPEC = """
`cells.py` and `tables.py` read and write tables as text. They have worked, but somebody
changed them,
and now some of what follows no longer holds. Mend them.

`cells.py`, for one line. Cells are separated by '$comma' and may be quoted by '$quote':
- `$split(line)` returns the list of the cells. A cell that begins with a quote goes on to the next
  single quote, and two quotes in it mean one. A quote that is not closed, and anything but '$comma'
  after a closed one, raise ValueError. Quotes that do not begin a cell mean themselves.
$strip_words
- `$join(cells)` returns the line. Cells with '$comma' or a quote in them, with blanks at an
end$empty_words
  are quoted, and no others.

`tables.py`, for a text of lines, of which the first is the head with the names of columns:
- `$value(cell)` returns None for an empty cell, an int or a float if Python's `int` or `float`
reads
  it, True for '$yes' and False for '$no' in any case, and otherwise the text.
- `$read(text)` returns a list of dictionaries from column to value. Lines of blanks and lines that
  begin with '$mark' are left out. A text without a line gives an empty list. A column that comes
  twice and a row with more cells than columns raise ValueError. $short_words
- `$write(rows)` returns the text of such a list: the columns in the order in which rows first have
  them, the head, and a line a row. None and missing columns are empty cells, True is '$yes'
and False
  is '$no'.
- `$total(rows, column, where=None)` returns the sum of the numbers (not of True or False) in a
  column, over the rows that have all values of the dictionary `where`, over all rows if it is None.
"""


def draft(draw: Draw) -> Draft:
    """Return tables with drawn signs and rules, broken in two places of one of the files."""
    strip = draw.turn((True, False))
    empty = draw.one((True, False))
    pad = draw.one((True, False))
    values: dict[str, object] = {
        "comma": draw.one((",", ";", "|")),
        "quote": draw.one(('"', "~", "`")),
        "split": draw.one(("split", "cells_of", "cut")),
        "join": draw.one(("join", "line_of", "glue")),
        "value": draw.one(("value_of", "convert", "guess")),
        "read": draw.one(("read", "load", "parse")),
        "write": draw.one(("write", "dump", "render")),
        "total": draw.one(("sum_column", "sum_of", "add_up")),
        "mark": draw.one(("#", "%", "!")),
        "yes": draw.one(("yes", "true", "on")),
        "no": draw.one(("no", "false", "off")),
        "nothing": "None",
        "strip": ".strip()" if strip else "",
        "quote_empty": ' or cell == ""' if empty else "",
        "short": (
            'cells += [""] * (len(head) - len(cells))'
            if pad
            else 'if len(cells) < len(head):\n            raise ValueError("a row is too short")'
        ),
    }
    words = {
        "strip_words": (
            "Blanks at the ends of a cell are taken away, also of a quoted one."
            if strip
            else "Blanks are kept."
        ),
        "empty_words": ", and empty ones" if empty else "",
        "short_words": (
            "Missing cells at the end of a row are empty."
            if pad
            else "So does a row with fewer cells than columns."
        ),
    }
    solution = {"cells.py": fill(CELLS, **values), "tables.py": fill(TABLE, **values)}
    path, faults = draw.one(
        (("cells.py", _cell_faults()), ("tables.py", _table_faults(values)))
    )
    wrong = with_faults(solution[path], faults, draw, 2)
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=(
            "from cells import {join}, {split}\nfrom tables import {read}, {total}, {value}, "
            "{write}"
        ).format(**values),
        files={**solution, path: wrong},
        reference=solution,
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _cell_faults() -> tuple[Fault, ...]:
    return (
        Fault('character == QUOTE and cell == ""', "character == QUOTE"),
        Fault("line[place + 1:place + 2] != QUOTE", "True"),
        Fault("cell.replace(QUOTE, QUOTE * 2)", "cell"),
        Fault("COMMA in cell or QUOTE in cell", "COMMA in cell"),
        Fault("if place + 1 < len(line) and line[place + 1] != COMMA", "if False"),
        Fault("COMMA.join(parts)", "COMMA.join(parts[::-1])"),
    )


def _table_faults(values: dict[str, object]) -> tuple[Fault, ...]:
    return (
        Fault("for kind in (int, float)", "for kind in (float, int)"),
        Fault(f'cell.lower() == "{values["yes"]}"', "True"),
        Fault("len(cells) > len(head)", "len(cells) >= len(head)"),
        Fault("if name not in head]", "]"),
        Fault("lines[1:]", "lines[2:]"),
        Fault("if all(row.get(name) == value", "if any(row.get(name) == value"),
        Fault(" and not isinstance(value, bool)", ""),
    )


FAMILY = Family("broken-table", "hard", draft)
