"""Computes the same scores for many profiles at once, by sparse matrix products."""

import numpy as np

# SciPy asks NumPy for all its names when it is imported, and NumPy imports these modules when it is
# asked for them. That takes half of the time, and nothing here uses them.
_unused = [name for name in ("ctypeslib", "f2py", "testing") if name not in vars(np)]
try:
    for _name in _unused:
        setattr(np, _name, None)
    import scipy.sparse  # noqa: F401
finally:
    for _name in _unused:
        if vars(np)[_name] is None:  # otherwise it was imported after all
            delattr(np, _name)
