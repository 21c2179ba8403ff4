"""Parts of the shipped data set, for tests that need a data set of any size."""

import shutil
from pathlib import Path

from uniadgen.data import layout

TINY = Path(__file__).parents[1] / "data" / "tiny"


def some_products(folder: Path, step: int) -> Path:
    """Every step-th product, its creatives, and the users whose last click is on one of these, with their clicks on them."""
    shutil.copytree(TINY, folder)
    products = list(layout.iter_rows(TINY, "products"))[::step]
    kept = {row["id"] for row in products}
    creatives = [row for row in layout.iter_rows(TINY, "creatives") if row["product_id"] in kept]
    ids = {row["id"] for row in creatives}
    users = [row for row in layout.iter_rows(TINY, "users") if row["target"] in ids]
    users = [row | {"clicks": [click for click in row["clicks"] if click["creative"] in ids]} for row in users]
    layout.write_products(folder, products)
    layout.write_creatives(folder, creatives)
    layout.write_users(folder, users)
    return folder
