"""The run folder: everything from which a run can be read, resumed, replayed and audited."""

from shapley_coop.runs.store.events import EpisodeRecorder, Event
from shapley_coop.runs.store.folder import RunFolder
from shapley_coop.runs.store.log import Parcel
from shapley_coop.runs.store.manifest import SCHEMA_VERSION, Manifest, RunStatus
from shapley_coop.runs.store.null_recorder import NullRecorder
from shapley_coop.runs.store.people import PEOPLE, PeopleMemory
from shapley_coop.runs.store.places import locate, newest, run_paths
from shapley_coop.runs.store.reading import Difference, first_difference, strip_time
from shapley_coop.runs.store.tracebacks import TRACEBACKS, keep_traceback
from shapley_coop.runs.store.unfinished import (
    Ingredients,
    changes_since,
    unfinished_runs,
    whole_part,
)
from shapley_coop.runs.store.writer import RunWriter

__all__ = [
    "PEOPLE",
    "SCHEMA_VERSION",
    "TRACEBACKS",
    "Difference",
    "EpisodeRecorder",
    "Event",
    "Ingredients",
    "Manifest",
    "NullRecorder",
    "Parcel",
    "PeopleMemory",
    "RunFolder",
    "RunStatus",
    "RunWriter",
    "changes_since",
    "first_difference",
    "keep_traceback",
    "locate",
    "newest",
    "run_paths",
    "strip_time",
    "unfinished_runs",
    "whole_part",
]
