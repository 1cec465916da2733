"""The arrays that the engine passes around, by the kind of their entries."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]
"""How many players of each type are in, a row a coalition."""
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
