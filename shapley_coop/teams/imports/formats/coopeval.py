"""CoopEval (github.com/Xiao215/CoopEval): models that write, sign and settle contracts.

A folder of a dilemma holds `config.json` (the game), `contract_design.json` (each player's
contract) and `records.jsonl` (one play a line: who signed which contract, what everybody did, and
what it paid). Player names such as `org/model(CoT)#P1` end in a place at the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shapley_coop.errors import value_text
from shapley_coop.teams.imports.bounds import name_at, number_at, refuse
from shapley_coop.teams.imports.contract_audit import ContractAudit, limit_cost
from shapley_coop.teams.imports.contracts import (
    ContractGame,
    ContractPlay,
    Design,
    amount_at,
)
from shapley_coop.teams.imports.dilemmas import DILEMMAS, dilemma
from shapley_coop.teams.imports.source import Source

CONFIG, DESIGNS, PLAYS = "config.json", "contract_design.json", "records.jsonl"


class CoopEval:
    """Transcripts of CoopEval's contracting mechanism."""

    name = "coopeval"
    reads = f"folders with {CONFIG}, {DESIGNS} and {PLAYS}, at any depth"

    def sniff(self, source: Source) -> bool:
        """Return whether a folder holds contracts."""
        return bool(_contract_files(source))

    def read(self, source: Source) -> list[ContractAudit]:
        """Return the contracts of the four dilemmas, checked."""
        designs: list[Design] = []
        plays: list[ContractPlay] = []
        for path in _contract_files(source):
            folder = path.parent
            game = _game(source, folder / CONFIG)
            if game is None:
                continue
            by_player = _designs(source, path, game)
            designs += by_player.values()
            for place, entry in source.entries(folder / PLAYS):
                for said in _objects(entry, place):
                    play = _play(said, place, by_player, game)
                    plays.append(play)
        if not designs:
            raise refuse(
                f"{source.place(source.path)} holds no contracts of {', '.join(DILEMMAS)}; "
                f"{self.name} is read from {self.reads}"
            )
        limit_cost(designs, plays)
        return [ContractAudit(designs, plays)]


def _contract_files(source: Source) -> list[Path]:
    if not source.is_folder:
        return []
    return [path for path in source.files(DESIGNS) if path.name == DESIGNS]


def _objects(value: Any, place: str) -> Iterator[dict[str, Any]]:
    """Yield the objects in a list, or a single one."""
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            raise refuse(f"{place} is to hold objects, got {value_text(entry)}")
        yield entry


def _game(source: Source, path: Path) -> ContractGame | None:
    """Return the game of a folder, or None if it is none of the dilemmas."""
    place = source.place(path)
    config = source.json(path)
    game = config.get("game") if isinstance(config, dict) else None
    if not isinstance(game, dict) or not isinstance(game.get("kwargs"), dict):
        raise refuse(f"{place} names no game with its kwargs")
    kind = name_at(game.get("type"), f"game.type of {place}")
    if kind not in DILEMMAS:
        source.skip(path.parent, f"{kind} is none of {', '.join(DILEMMAS)}")
        return None
    return dilemma(kind, game["kwargs"], place)


def _designs(source: Source, path: Path, game: ContractGame) -> dict[str, Design]:
    """Return the contract that each player wrote, by the name of the player."""
    place = source.place(path)
    designs: dict[str, Design] = {}
    for said in _objects(source.json(path), place):
        for player, entry in said.items():
            where = f"contract of {value_text(player)} in {place}"
            author = name_at(player, f"a player in {place}").partition("#")[0]
            contract = entry.get("contract") if isinstance(entry, dict) else None
            if not isinstance(contract, dict) or not contract:
                raise refuse(f"{where} is to be an object from action to amount")
            amounts = {}
            for action, amount in contract.items():
                amounts[_action(action, game, where)] = amount_at(amount, where)
            designs[player] = Design(game, author, amounts)
    return designs


def _play(
    said: Mapping[str, Any],
    place: str,
    designs: Mapping[str, Design],
    game: ContractGame,
) -> ContractPlay:
    designer = said.get("selected_contract_designer_name")
    if not isinstance(designer, str) or designer not in designs:
        raise refuse(
            f"{place} selects the contract of {value_text(designer)}, who wrote none"
        )
    seats = game.form.seats
    moves = list(_objects(said.get("moves", []), f"moves of {place}"))
    if len(moves) != len(seats):
        raise refuse(
            f"{place} has {len(moves)} moves; the game has {len(seats)} players"
        )
    players, actions, payoffs = {}, {}, {}
    for seat, move in zip(seats, moves, strict=True):
        player = name_at(move.get("player"), f"player of {place}")
        players[seat] = player.partition("#")[0]
        actions[seat] = _action(move.get("action"), game, place)
        payoffs[seat] = number_at(move.get("points"), f"points of {place}")
    signed = said.get("all_signed")
    if not isinstance(signed, bool):
        raise refuse(
            f"all_signed of {place} is to be true or false, got {value_text(signed)}"
        )
    return ContractPlay(place, designs[designer], signed, players, actions, payoffs)


def _action(name: Any, game: ContractGame, place: str) -> str:
    """Return an action without the class that its log writes before it."""
    action = name_at(name, f"an action of {place}").rpartition(".")[2]
    known = [line[0] for line in game.form.plans[0]]
    if action not in known:
        raise refuse(
            f"{place} has the action {action!r}; {game.name} has {', '.join(known)}"
        )
    return action
