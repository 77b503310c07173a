"""Child processes that cannot outlive us, and finding those that did all the same."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1


def die_with_parent(signum: int = signal.SIGKILL) -> None:
    """Ask the kernel (Linux) for `signum` when the thread that started this process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum)


@dataclass(frozen=True, slots=True)
class Account:
    """The system account a process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a process, and the signal that ends it in good order."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    cwd: Path | None = None
    pass_fds: Sequence[int] = ()
    server: bool = False  # others need it until they have ended


def start(command: Command) -> subprocess.Popen[bytes]:
    """Start in a session of its own (Ctrl-C is for the launcher alone), logging to a file, never to a pipe."""
    command.log.parent.mkdir(parents=True, exist_ok=True)
    account = command.account
    with command.log.open("ab") as log:
        return subprocess.Popen(
            list(command.argv),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(command.env) if command.env is not None else None,
            cwd=command.cwd,
            start_new_session=True,
            pass_fds=command.pass_fds,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=_bound_to(os.getpid(), command.stop_signal),
        )


def foreground(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, own_session: bool = False
) -> subprocess.Popen[bytes]:
    """Start a command that writes where we write; it cannot outlive us either."""
    bound = _bound_to(os.getpid(), signal.SIGTERM)
    return subprocess.Popen(list(argv), env=dict(env), cwd=cwd, start_new_session=own_session, preexec_fn=bound)


def run(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> int:
    """Run in the foreground to the end and return the exit code."""
    process = foreground(argv, env=env, cwd=cwd)
    try:
        return process.wait()
    finally:
        wait_for(process, seconds=2)
        stop(process)


def _bound_to(parent: int, signum: int) -> Callable[[], None]:
    def bind() -> None:
        die_with_parent(signum)
        if os.getppid() != parent:  # it ended before the kernel was asked
            os._exit(1)

    return bind


def stop_together(processes: Collection[subprocess.Popen[bytes]], timeout: float = 20) -> None:
    """End processes that do not need each other: it takes as long as the slowest."""
    for process in processes:
        process.terminate()
    for process in processes:
        stop(process, timeout=timeout)


def stop(process: subprocess.Popen[bytes], signum: int = signal.SIGTERM, timeout: float = 20) -> None:
    """End a process and wait; kill it when it does not listen."""
    if process.poll() is None:
        process.send_signal(signum)
    if not wait_for(process, seconds=timeout):
        process.kill()
        process.wait()


def wait_for(process: subprocess.Popen[bytes], *, seconds: float) -> bool:
    """Whether it ends within this time."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is not None


class Roster:
    """A file of the processes we started, each with its start time so that a reused number is not mistaken for ours."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, running: Mapping[str, subprocess.Popen[bytes]]) -> None:
        """Write who runs now."""
        rows = [[process.pid, _started(process.pid), name] for name, process in running.items()]
        scratch = self.path.with_suffix(".new")
        scratch.write_text(json.dumps(rows))
        scratch.replace(self.path)

    def end_leftovers(self, timeout: float = 20) -> list[str]:
        """End what an earlier launcher left running, with all children; returns their names."""
        found = {name: process for pid, started, name in self._rows() if (process := _same(pid, started))}
        family = [child for process in found.values() for child in _children(process)]
        for process in found.values():
            _signal(process, signal.SIGTERM)
        _, alive = psutil.wait_procs([*found.values(), *family], timeout=timeout)
        for process in alive:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=5)
        self.path.unlink(missing_ok=True)
        return sorted(found)

    def _rows(self) -> list[list]:
        try:
            return json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return []


def _started(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def _same(pid: int, started: float) -> psutil.Process | None:
    """The process of this number if it is the one that was noted."""
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - started) < 1 else None
    except psutil.NoSuchProcess:
        return None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, signum: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signum)
