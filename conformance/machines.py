"""Where jobs are run: threads of this machine, or the workers of a Dask cluster that is there already."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from .recipes import LabError

CONNECT_SECONDS = 15


@contextmanager
def executor_at(address: str | None, at_a_time: int) -> Iterator[Executor]:
    """An executor for jobs: of the cluster whose scheduler is at this address, else of so many threads.

    A cluster runs as many jobs at a time as its workers have threads. A job whose worker is lost is run again on another one.

    Raises:
        LabError: no scheduler answers there, it has no worker, or Dask is not installed.
    """
    if address is None:
        with ThreadPoolExecutor(at_a_time) as threads:
            yield threads
        return
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise LabError("--dask needs Dask, which is not installed: pip install 'compatlosses[dask]'") from error
    try:
        get_address_host_port(address)  # A Client of an address that is none does not end for half a minute.
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise LabError(
            f"no Dask scheduler answers at {address!r} ({error}); expected an address such as tcp://scheduler:8786"
        ) from error
    with client:
        if not client.nthreads():
            raise LabError(f"the Dask cluster at {address!r} has no worker; start one: dask worker {address}")
        # Not pure: a run that is asked for twice is run twice.
        with client.get_executor(pure=False) as cluster:
            yield cluster
