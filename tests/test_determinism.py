"""The same request gives the same ad in every process: nothing hangs on the order of a set, which is another one in each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data" / "tiny"
SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from uniadgen.ads import AdRequest
from uniadgen.data.lookup import Lookup
from uniadgen.imaging.cutout import cut_out
from uniadgen.imaging.loading import load_product
from uniadgen.imaging.stance import find_stance
from uniadgen.inspection.text import inspect_text
from uniadgen.pipeline.generator import AdGenerator
import pyarrow.parquet as pq

data = Path(sys.argv[1])
def ids(name):
    return pq.read_table(data / f"{name}.parquet", columns=["id"]).column("id").to_pylist()

lookup, generator, said = Lookup(data), AdGenerator.from_pretrained(), []
products = [lookup.product(name) for name in ids("products")]
for product in products:
    cutout, _ = cut_out(load_product(product.image, "product")[0], "product")
    said.append(find_stance(cutout, product.description, product.selling_points).as_dict())
    said.append(inspect_text(product.description, product.selling_points).as_dict())
requests = [AdRequest(product, lookup.history(user)) for product, user in zip(products[:2], ids("users"), strict=False)]
for ad in generator.generate_many(requests, seeds=[0, 1], size=(192, 192), typeset=True, best_of=2):
    said.append({name: value for name, value in ad.as_dict().items() if name != "timings"})
    said.append(ad.typesetting and ad.typesetting.as_dict())
    said.append(hashlib.sha256(ad.image.tobytes()).hexdigest())
print(json.dumps(said, default=str))
"""


@pytest.mark.slow
def test_every_process_says_the_same() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(DATA)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"},
        )
        for seed in ("1", "2")  # with these a bread toaster once stood in one process and lay in the other
    ]
    answers = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], answers
    assert answers[0][0] == answers[1][0]
