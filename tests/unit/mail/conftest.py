"""The option `--regenerate`, which writes the golden files of test_golden.py again."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate", action="store_true", help="write the golden messages again")


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    # pytest knows the option only if it is started with this folder, so there is a default.
    return bool(request.config.getoption("--regenerate", default=False))
