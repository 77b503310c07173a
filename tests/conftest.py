"""Fixtures over the throw-away servers of `run.py test`; pure tests need none of them and run with plain pytest.

`db` rolls back: cheap, and right for most. Deferred guards speak at commit, which it never reaches: ask for them with
`connection.check_constraints()`, or take `fresh_database`, which commits. Not `transactional_db`: it empties tables, and
the ledgers refuse that.
"""

import os
import socket
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from hypothesis import settings as hypothesis_settings

from tests.databases import TestDatabase, forget
from tests.live import LiveSite

LONGEST = {"test_identity_machine.py", "test_kills.py", "test_embedded.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long proofs with their full figures")


def pytest_configure(config: pytest.Config) -> None:
    """The suite tries the same examples each time, so that it never fails by chance; `--long` looks for new ones."""
    hypothesis_settings.register_profile("suite", derandomize=True, deadline=None)
    hypothesis_settings.register_profile("long", deadline=None, print_blob=True)
    hypothesis_settings.load_profile("long" if config.getoption("--long") else "suite")
    settings.PASSWORD_HASHERS = ["tests.cast.FewRounds"]  # of the shape that the live site reads too


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first, so that no process is left with one of them when the others are done."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="a long proof: run with --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the full figures are asked for."""
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: object) -> Iterator[TestDatabase]:
    """This process's own database, cloned from the migrated template."""
    if "CDV_TEST_BASE" not in os.environ:
        pytest.fail("This test needs the servers: python3 run.py test <path>", pytrace=False)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    database = TestDatabase(os.environ["DATABASE_URL"], worker, os.environ["DATABASE_OWNER_URL"])
    with django_db_blocker.unblock():
        database.use()
        yield database
        database.drop()


@pytest.fixture
def fresh_database(django_db_setup: TestDatabase, django_db_blocker: object) -> Iterator[Callable[[], None]]:
    """Real transactions. Afterwards the database is cloned anew (the ledgers refuse to be emptied); call the value to
    do so in the middle of a test."""
    with django_db_blocker.unblock():
        yield django_db_setup.renew
        django_db_setup.renew()


@pytest.fixture
def own_schema() -> Iterator[None]:
    """For a test that publishes another schema than the cast's."""
    forget()
    yield
    forget()


@pytest.fixture
def live_site(fresh_database: Callable[[], None], django_db_setup: TestDatabase, tmp_path) -> Iterator[LiveSite]:
    """The real web server, worker and scheduler on this process's database."""
    with LiveSite(django_db_setup, tmp_path) as site:
        yield site


@pytest.fixture
def web(fresh_database: Callable[[], None], django_db_setup: TestDatabase, tmp_path) -> Iterator[LiveSite]:
    """The real web server alone, where nothing waits for a worker."""
    with LiveSite(django_db_setup, tmp_path, only=("web",)) as site:
        yield site


@pytest.fixture(autouse=True, scope="session")
def only_our_own_servers() -> Iterator[None]:
    """Sockets lead to this machine or nowhere."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise RuntimeError(f"A test tried to reach {address}")
        return connect(self, address)

    socket.socket.connect = guarded
    yield
    socket.socket.connect = connect
