"""A data set that is evaluated in seconds."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TINY = Path(__file__).parents[2] / "data" / "tiny"


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped data set's test shoppers with four clicks each; of the split train, what they have clicked."""
    folder = tmp_path_factory.mktemp("small") / "data"
    folder.mkdir()
    for name in ("products", "labels", "tastes"):
        (folder / f"{name}.parquet").write_bytes((TINY / f"{name}.parquet").read_bytes())
    users = pq.read_table(TINY / "users.parquet")
    some = [{**row, "clicks": row["clicks"][:4]} for row in users.to_pylist() if row["split"] == "test"]
    pq.write_table(pa.Table.from_pylist(some, users.schema), folder / "users.parquet")
    clicked = {click["creative"] for row in some for click in row["clicks"]}
    creatives = pq.read_table(TINY / "creatives.parquet")
    kept = [row["split"] != "train" or row["id"] in clicked for row in creatives.select(["id", "split"]).to_pylist()]
    pq.write_table(creatives.filter(pa.array(kept)), folder / "creatives.parquet")
    return folder
