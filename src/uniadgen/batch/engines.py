"""Who makes the shards of a batch: this process, several on this machine, or the nodes of a Ray cluster."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from uniadgen.batch.job import Batch, Shard, make_shard
from uniadgen.batch.making import ShardMaker

Made = Iterator[tuple[str, dict[str, Any]]]


class WorkerDied(RuntimeError):
    """A process that made shards is gone, as when the system has no memory left."""


def make_here(batch: Batch, shards: Sequence[Shard]) -> Made:
    """One shard after the other in this process, which uses all cores as far as the model does."""
    maker = batch.maker() if shards else None
    for shard in shards:
        assert maker is not None
        yield shard.file, make_shard(batch, maker, shard)


def make_in_processes(batch: Batch, shards: Sequence[Shard], workers: int) -> Made:
    """As many processes as workers, each with a model of its own and its share of the cores. Raises WorkerDied."""
    context, waiting = get_context("spawn"), list(reversed(shards))
    threads = max(1, (os.cpu_count() or 1) // workers)
    connections, processes = list[Connection](), []
    try:
        for number in range(min(workers, len(shards))):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(batch, number, threads, theirs), daemon=True)
            process.start()
            theirs.close()
            connections.append(ours)
            processes.append(process)
        busy = {connection: shard for connection in connections if (shard := _next(connection, waiting)) is not None}
        while busy:
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                try:
                    entry = connection.recv()
                except EOFError:
                    raise WorkerDied("a process that makes ads was ended; run the command again to go on") from None
                if isinstance(entry, BaseException):
                    raise entry
                shard = busy.pop(connection)
                if (following := _next(connection, waiting)) is not None:
                    busy[connection] = following
                yield shard.file, entry
    finally:
        for connection in connections:
            connection.close()
        for process in processes:
            process.terminate()
            process.join()


def _next(connection: Connection, waiting: list[Shard]) -> Shard | None:
    """Give a worker its next shard, if there is one."""
    shard = waiting.pop() if waiting else None
    with suppress(OSError):  # it is gone, which its connection tells next
        connection.send(shard)
    return shard


def _work(batch: Batch, number: int, threads: int, connection: Connection) -> None:
    """A worker: makes shards until there are none, or its parent is gone."""
    try:
        import torch

        torch.set_num_threads(threads)
        device = batch.model.get("device")
        model = batch.model if device != "cuda" else {**batch.model, "device": f"cuda:{number % torch.cuda.device_count()}"}
        maker: ShardMaker | None = None
        while (shard := connection.recv()) is not None:
            maker = maker or Batch(batch.pairs, batch.data, batch.out, batch.settings, model).maker()
            connection.send(make_shard(batch, maker, shard))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return
    except Exception as error:
        with suppress(OSError, TypeError, ValueError):
            connection.send(error)


def make_on_ray(batch: Batch, shards: Sequence[Shard], workers: int) -> Made:
    """Ray Data with an actor for each worker, on whichever nodes the cluster has; a shard of a node that dies is made anew.

    The folders must be the same on all nodes, as on a network disk. RAY_ADDRESS names the cluster; without it there is one for
    as long as this takes.
    """
    import ray

    class Actor:
        def __init__(self) -> None:
            self.maker = batch.maker()

        def __call__(self, rows: dict[str, Any]) -> dict[str, Any]:
            shards = [Shard(int(number), str(digest)) for number, digest in zip(rows["number"], rows["digest"], strict=True)]
            entries = [make_shard(batch, self.maker, shard) for shard in shards]
            return {"number": rows["number"], **{name: [entry[name] for entry in entries] for name in entries[0]}}

    started = not ray.is_initialized()
    if started:
        ray.init(os.environ.get("RAY_ADDRESS", "local"), log_to_driver=False)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        items = [{"number": shard.number, "digest": shard.digest} for shard in shards]
        gpus = 1 if str(batch.model.get("device", "cpu")).startswith("cuda") else 0
        dataset = ray.data.from_items(items, override_num_blocks=max(1, len(items)))
        made = dataset.map_batches(Actor, batch_size=1, compute=ray.data.ActorPoolStrategy(size=workers), num_gpus=gpus)
        for row in made.iter_rows():
            number = int(row.pop("number"))
            yield (
                Shard(number, "").file,
                {name: value.item() if hasattr(value, "item") else value for name, value in row.items()},
            )
    finally:
        if started:
            ray.shutdown()
