"""A batch on a Ray cluster: the shards of a node that is killed are made by another one, and the bytes are the same."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # nodes on loopback, as Ray has it there
os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - its name
ray = pytest.importorskip("ray", reason="needs uniadgen[ray]")

import pyarrow.parquet as pq  # noqa: E402

from uniadgen.batch.engines import make_here, make_on_ray  # noqa: E402
from uniadgen.batch.job import Batch, collect, open_batch  # noqa: E402
from uniadgen.batch.making import ShardSettings  # noqa: E402
from uniadgen.options import GenerateOptions  # noqa: E402
from uniadgen.output import Output  # noqa: E402
from uniadgen.pipeline.generator import AdGenerator  # noqa: E402

TINY = Path(__file__).parents[2] / "data" / "tiny"

pytestmark = pytest.mark.slow


def test_a_node_that_is_killed_loses_nothing(generator: AdGenerator, tmp_path: Path) -> None:
    from ray.cluster_utils import Cluster

    generator.save_pretrained(tmp_path / "model")
    products, users = (
        pq.read_table(TINY / f"{name}.parquet", columns=["id"]).column("id").to_pylist() for name in ("products", "users")
    )
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("product,shopper\n" + "".join(f"{products[n % 3]},{users[n]}\n" for n in range(12)))

    def batch(name: str) -> Batch:
        (tmp_path / name).mkdir()
        settings = ShardSettings(GenerateOptions(size=(64, 64)), Output(), 4)
        return Batch(pairs, TINY, tmp_path / name, settings, {"folder": str(tmp_path / "model")}, shard_rows=2)

    here = batch("here")
    manifest, missing = open_batch(here)
    collect(here, manifest, make_here(here, missing))

    node_settings = {"object_store_memory": 10**8}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, **node_settings})
    try:
        node = cluster.add_node(num_cpus=1, **node_settings)
        ray.init(address=cluster.address, log_to_driver=False)
        there = batch("there")
        manifest, missing = open_batch(there)
        killed = threading.Event()

        def kill_when_something_is_done() -> None:
            while not list((tmp_path / "there").glob("ads-*")) and not killed.wait(0.05):
                pass
            if not killed.is_set():
                cluster.remove_node(node, allow_graceful=False)
                killed.set()

        killer = threading.Thread(target=kill_when_something_is_done, daemon=True)
        killer.start()
        manifest = collect(there, manifest, make_on_ray(there, missing, workers=2))
        assert killed.is_set()
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert manifest["complete"]
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
