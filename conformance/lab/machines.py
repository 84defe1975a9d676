"""Where jobs are run: threads of this machine, or the workers of a Dask cluster that is there already."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from .recipes import LabError

CONNECT_SECONDS = 15
CHECK_SECONDS = 3.0
"""How often a cluster is looked after, while its results are waited for."""
WORKERLESS_SECONDS = 30.0
"""How long a cluster may be without a worker: a nanny starts a new one in less."""
SILENT_SECONDS = 30.0
"""How long a scheduler may take to answer."""
NOISY = ("distributed", "tornado", "asyncio")
T = TypeVar("T")


class ClusterError(LabError):
    """A cluster from which nothing comes any more."""


class Cluster(Executor):
    """A Dask cluster as an executor."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        # Not pure: a run that is asked for twice is run twice.
        self.executor = client.get_executor(pure=False)
        self.checked = self.staffed = time.monotonic()

    def submit(self, function: Callable[..., T], /, *arguments: Any, **options: Any) -> Future[T]:
        """Send a call to the cluster."""
        future: Future[T] = self.executor.submit(function, *arguments, **options)
        return future

    def check(self, seconds: float = CHECK_SECONDS) -> None:
        """Look after the cluster, unless that was done within so many seconds.

        Raises:
            ClusterError: its scheduler does not answer, or it has had no worker for a while.
        """
        now = time.monotonic()
        if now - self.checked < seconds:
            return
        self.checked = now
        if self.workers():
            self.staffed = time.monotonic()
        elif now - self.staffed > WORKERLESS_SECONDS:
            raise ClusterError(
                f"the Dask cluster at {self.address!r} has had no worker for {now - self.staffed:.0f} s; "
                f"start one, and run the releases that are missing again: dask worker {self.address}"
            )

    def workers(self) -> int:
        """How many workers the scheduler knows; ClusterError if it does not answer."""
        try:
            if self.client.status != "running":
                raise OSError("the connection is lost")
            return len(self.client.sync(self.client.scheduler.ncores, callback_timeout=SILENT_SECONDS))
        except Exception as error:  # whatever comes over a connection that breaks
            raise ClusterError(
                f"the Dask scheduler at {self.address!r} does not answer any more ({reason(error)}); "
                "start it again, and run the releases that are missing again"
            ) from error

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; what is still out there is given up."""
        with suppress(Exception):
            self.client.close(timeout=CHECK_SECONDS)


def reason(error: BaseException) -> str:
    """What an exception says, or its type where it says nothing."""
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


@contextmanager
def executor_at(address: str | None, at_a_time: int) -> Iterator[Executor]:
    """An executor for jobs: of the cluster whose scheduler is at this address, else of so many threads.

    A cluster runs as many jobs at a time as its workers have threads. A job whose worker is lost is run again
    on another one.

    Raises:
        LabError: nobody is at that address, it has no worker, or Dask is not installed.
        ClusterError: what is there does not answer as a scheduler does.
    """
    if address is None:
        with ThreadPoolExecutor(at_a_time) as threads:
            yield threads
        return
    with quiet():
        cluster = connected(address)
        try:
            if not cluster.workers():
                raise LabError(
                    f"the Dask cluster at {address!r} has no worker; start one: dask worker {address}"
                )
            yield cluster
        finally:
            cluster.shutdown()


def connected(address: str) -> Cluster:
    """The cluster at an address."""
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise LabError(
            "--dask needs Dask, which is not installed: pip install 'compatlosses[dask]'"
        ) from error
    try:
        # A Client of an address that is none, or where nobody is, does not end for half a minute.
        with socket.create_connection(get_address_host_port(address), CONNECT_SECONDS):
            pass
    except (OSError, ValueError, OverflowError) as error:
        raise LabError(
            f"no Dask scheduler answers at {address!r} ({reason(error)}); expected an address such as "
            f"tcp://scheduler:8786"
        ) from error
    try:
        # A Client of what is no scheduler goes on trying, and does not let itself be closed.
        kind = asyncio.run(asyncio.wait_for(kind_at(address), CONNECT_SECONDS))
        if kind != "Scheduler":
            raise OSError(f"it is a {kind}")
        return Cluster(Client(address, timeout=CONNECT_SECONDS, set_as_default=False), address)
    except Exception as error:  # whatever a peer that is no scheduler makes of the connection
        raise ClusterError(
            f"what listens at {address!r} does not answer as a Dask scheduler does ({reason(error)}); "
            "expected the address that dask scheduler prints, such as tcp://scheduler:8786"
        ) from error


async def kind_at(address: str) -> str:
    """What part of a cluster answers at an address."""
    from distributed.core import rpc

    async with rpc(address, timeout=CONNECT_SECONDS) as peer:
        return str((await peer.identity())["type"])


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Dask's log off the terminal: what matters in it is said as an error of ours."""
    with suppress(ImportError):
        import distributed  # noqa: F401 -- it sets its loggers up when it is imported
    loggers = [
        logging.getLogger(name) for name in logging.root.manager.loggerDict if name.split(".")[0] in NOISY
    ]
    loggers += [logging.getLogger(name) for name in NOISY]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
