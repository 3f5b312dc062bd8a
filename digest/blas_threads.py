"""One thread for the linear algebra of numpy, because the program starts processes instead."""

import os

# The names that OpenBLAS, MKL and Accelerate read when numpy is imported.
_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_blas_thread() -> None:
    """Makes numpy use one thread in this process and in those that it starts.

    It must be called before numpy is imported. Variables that the operator has set stay.
    """
    # The threads of OpenBLAS wait for each other in a busy loop. The publish processes and workers of a
    # machine would have as many threads each as it has processors, and most would only wait.
    for name in _VARIABLES:
        os.environ.setdefault(name, "1")
