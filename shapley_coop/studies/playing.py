"""Playing the cells of a study: each once, whatever was cut, within one budget over them all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from shapley_coop.config.sections import Limits
from shapley_coop.errors import (
    LimitReached,
    RunFolderError,
    RunTakenError,
    ShapleyCoopError,
    cause_text,
)
from shapley_coop.interfaces.waiting import run_together
from shapley_coop.llm.money.amounts import Amount
from shapley_coop.llm.money.budget import Purse
from shapley_coop.llm.secrets import redact
from shapley_coop.runs.sources import ingredients_of
from shapley_coop.runs.store import RunFolder, changes_since
from shapley_coop.runs.store.files import storage_error
from shapley_coop.runs.store.lock import give_back, take
from shapley_coop.runs.store.places import run_paths
from shapley_coop.simulation.executors.port import Executor
from shapley_coop.simulation.run import Announcer, run, say_nothing
from shapley_coop.simulation.shared_limits import SharedLimits, SharedTime
from shapley_coop.simulation.worker import make_game
from shapley_coop.studies.cells import StudyCell, key_of, refuse_keys_in
from shapley_coop.studies.outcomes import CellOutcome, CellStatus, outcome_of_limits
from shapley_coop.studies.progress import (
    Listener,
    StudyProgress,
    episodes_of_cell,
    hear_nothing,
)
from shapley_coop.studies.stock import RunStock, Spent, limits_left, stock_of, total_of

_REMEDY = "raise the limit of the study and play it again, and it goes on"


async def play_cells(
    cells: Sequence[StudyCell],
    folder: Path,
    *,
    limits: Limits | None = None,
    listen: Listener = hear_nothing,
    announce: Announcer = say_nothing,
    executor: Executor | None = None,
    side_by_side: int = 1,
) -> tuple[CellOutcome, ...]:
    """Play every cell that is not played yet, and return what came of each.

    Cells whose runs are complete are read, cut ones are continued. A cell that fails leaves its
    error and the others go on. It is tried again when the study is played again.

    Args:
        cells: what is played. Equal cells are played once.
        folder: where their runs are. It may hold other runs too.
        limits: what all cells may spend together, over all sessions. None means no limit.
        listen: is told how far the study is, after each episode and each cell.
        announce: takes sentences about runs that cannot be continued.
        executor: schedules the episodes of a cell.
        side_by_side: how many cells are played at once.

    Raises:
        RunTakenError: another process plays this study.
        StorageError: the folder cannot be written.
        ConfigError: a setting or the name of the folder holds a key.
    """
    refuse_keys_in(cells, folder)
    # Two processes that play one study would play its cells twice.
    handle = _lock(folder)
    try:
        study = _Study(cells, folder, limits or Limits(), listen, announce, executor)
        return await study.play(side_by_side)
    finally:
        give_back(handle)


def _lock(folder: Path) -> int:
    """Make the folder of a study and return the handle of its lock."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(folder, "create", error) from error
    return take(folder)


class _Study:
    """A study that is being played."""

    def __init__(
        self,
        cells: Sequence[StudyCell],
        folder: Path,
        limits: Limits,
        listen: Listener,
        announce: Announcer,
        executor: Executor | None,
    ) -> None:
        self.cells = {cell.key: cell for cell in cells}
        self.folder = folder
        self.limits = limits
        self.listen = listen
        self.announce = announce
        self.executor = executor
        known = known_runs(folder)
        self.known = {key: found for key, (found, _) in known.items()}
        """Runs that are here already, by the address of their cell."""
        self.stocks = {key: stock for key, (_, stock) in known.items()}
        """What is known of these runs, and of those that were played since."""
        self.common = self._shared_limits()
        self.outcomes: dict[str, CellOutcome] = {}
        episodes = sum(cell.config.run.episodes for cell in self.cells.values())
        self.progress = StudyProgress(len(self.cells), episodes)

    def _shared_limits(self) -> SharedLimits:
        """Return what is left for all cells together, by what all of them have spent."""
        spent = self._spent()
        # Runs that were cut count as well, since what they asked was paid for.
        before = Amount(spent.calls, spent.tokens, spent.cost)
        time_left = SharedTime(self.limits.seconds, spent.seconds)
        return SharedLimits(Purse(self.limits, before, remedy=_REMEDY), time_left)

    def _spent(self) -> Spent:
        return total_of(stock.spent for stock in self.stocks.values())

    async def play(self, side_by_side: int) -> tuple[CellOutcome, ...]:
        """Play what is left, cut cells first, so that as few as can be are left half played."""
        # Before anything is played, so that whoever waits sees at once what there is to do.
        self.listen(self.progress)
        waiting = []
        for key, cell in self.cells.items():
            known = self.known.get(key)
            # One in which nothing was played to its end is tried again, as `play` does.
            if known is not None and (self.stocks[key].damage or _is_played(known)):
                self._end(_read(cell, known, self.stocks[key]))
            else:
                waiting.append(key)
        waiting.sort(key=lambda key: key not in self.known)
        # All share one iterator, so that no cell is played twice and none waits for a turn.
        rest = iter(waiting)

        async def play_next() -> None:
            for key in rest:
                self._end(await self._play_cell(self.cells[key]))

        at_once = min(side_by_side, len(waiting))
        await run_together(*(play_next() for _ in range(at_once)))
        return tuple(self.outcomes[key] for key in self.cells)

    def _left(self) -> dict[str, float]:
        """Return what all cells may still spend, by limit, as far as it is known now."""
        now = self.common.purse.spending
        dollars = now.cost + now.uncertain
        everything = Spent(dollars, now.tokens, now.calls, self.common.time.total)
        return limits_left(self.limits, everything)

    def _end(self, outcome: CellOutcome) -> None:
        key = outcome.cell.key
        self.outcomes[key] = outcome
        progress = self.progress
        if outcome.run is not None:
            self.stocks[key] = outcome.stock
        progress.spent = self._spent()
        if outcome.status != "waiting":
            failure = outcome.status == "failed"
            progress.end_cell(key, outcome.cell.config.run.episodes, failure=failure)
        self.listen(progress)

    async def _play_cell(self, cell: StudyCell) -> CellOutcome:
        known = self.known.get(cell.key)
        cut = known if known is not None and not known.is_complete else None
        left = self._left()
        # What a cut one still needs may cost nothing, and it says itself which limit it meets.
        if cut is None and any(amount <= 0 for amount in left.values()):
            return outcome_of_limits(cell, left)
        try:
            played = await self._continue(cell, cut)
        except LimitReached as limit:
            return _cut_short(cell, "limit", str(limit), limit.folder)
        except ShapleyCoopError as error:
            return _cut_short(cell, "failed", redact(str(error)), error.folder)
        except Exception as error:  # noqa: BLE001 - one cell must not end the others
            reason = redact(f"internal error: {cause_text(error)}")
            return CellOutcome(cell, "failed", None, reason)
        return _read(cell, played, stock_of(played))

    async def _continue(self, cell: StudyCell, cut: RunFolder | None) -> RunFolder:
        """Play a cell, from where its run was cut if there is one."""
        hear = episodes_of_cell(cell.key, self.progress, self.listen)
        if cut is not None:
            try:
                return await run(
                    cell.config,
                    self.folder,
                    resume=cut.path,
                    listen=hear,
                    executor=self.executor,
                    common=self.common,
                )
            # Somebody else writes this very run, which is no reason to play it once more.
            except RunTakenError:
                raise
            except RunFolderError as error:
                self.announce(f"a cell is played anew: {error}")
        return await run(
            cell.config,
            self.folder,
            anew=True,
            listen=hear,
            executor=self.executor,
            common=self.common,
        )


def known_runs(folder: Path) -> dict[str, tuple[RunFolder, RunStock]]:
    """Return the best run of each cell in a folder, and its stock, by the address of the cell."""
    known: dict[str, tuple[RunFolder, RunStock]] = {}
    for path in run_paths(folder):
        # A folder that nobody can read belongs to no cell.
        try:
            found = RunFolder.open(path)
        except RunFolderError:
            continue
        key = key_of(found.config)
        stock = stock_of(found)
        if key not in known or _rank(found, stock) >= _rank(*known[key]):
            known[key] = found, stock
    return known


def _rank(found: RunFolder, stock: RunStock) -> int:
    """Return how good a run is for its cell: played, damaged, cut or in vain."""
    # A damaged one may be mended, where a cut one and one in vain would be paid for again.
    if stock.damage:
        return 2
    if _is_played(found):
        return 3
    return 0 if found.is_complete else 1


def _is_played(found: RunFolder) -> bool:
    """Return whether a run is complete and not in vain."""
    return found.is_complete and found.manifest.status != "failed"


def _read(cell: StudyCell, found: RunFolder, stock: RunStock) -> CellOutcome:
    """Return the outcome of a run that is complete, or that is damaged."""
    # It is not played once more: what was paid for may be mended, and its damage says how.
    if stock.damage:
        return CellOutcome(cell, "failed", found, redact(stock.damage), stock=stock)
    status = found.manifest.status
    # Money was spent on it, so it is kept, and the reader is told what is otherwise.
    changes: tuple[str, ...] = ()
    try:
        game = make_game(cell.config)
        changes = changes_since(found.manifest, ingredients_of(cell.config, game))
    except ShapleyCoopError as error:
        # It was played once, so what came of it still stands.
        changes = (str(error),)
    # What broke the first episode says more than that nothing was played.
    reason = stock.error or found.manifest.error
    ended = status if status in {"failed", "limit"} else "done"
    return CellOutcome(cell, ended, found, reason, changes, stock)


def _cut_short(
    cell: StudyCell, status: CellStatus, reason: str, path: str
) -> CellOutcome:
    """Return the outcome of a cell that did not come to its end, with the run that it left."""
    if path:
        # What cannot be opened tells nothing of what it holds.
        with suppress(RunFolderError):
            found = RunFolder.open(path)
            return CellOutcome(cell, status, found, reason, stock=stock_of(found))
    return CellOutcome(cell, status, None, reason)
