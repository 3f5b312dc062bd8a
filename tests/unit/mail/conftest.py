"""`--regenerate` writes the golden files of test_golden.py anew."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the golden letters anew")


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    # The option is only known if pytest is given this folder; a run of all tests has none.
    return bool(request.config.getoption("--regenerate", default=False))
