"""Variables of the environment with which libraries do less: one thread of numpy, no plug-ins of pydantic."""

import os

_VARIABLES = {
    # The names that OpenBLAS, MKL and Accelerate read when numpy is imported. Their threads wait for
    # each other in a busy loop. The publish processes and workers of a machine would have as many
    # threads each as it has processors, and most would only wait.
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    # Before the first model is used, pydantic reads the metadata of every installed package to find
    # plug-ins. There are none for this program.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


def set_library_variables() -> None:
    """Sets the variables for this process and for those that it starts.

    It must be called before these libraries are imported. Variables that the operator has set stay.
    """
    for name, value in _VARIABLES.items():
        os.environ.setdefault(name, value)
