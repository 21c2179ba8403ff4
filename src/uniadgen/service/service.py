"""What the endpoints share: the queue before the model, the media, the keys, the figures."""

import asyncio
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import Request

from uniadgen.ads import AdRequest
from uniadgen.errors import InputError
from uniadgen.files import is_dir
from uniadgen.imaging.loading import identity
from uniadgen.output import Output
from uniadgen.request import CheckedRequest, check_request
from uniadgen.service.batching import Batcher, Generator
from uniadgen.service.bodies import Bodies
from uniadgen.service.keys import Keys
from uniadgen.service.media import MediaStore
from uniadgen.service.metrics import ServiceMetrics
from uniadgen.typography.brand import Brand, read_brands
from uniadgen.words import quoted

if TYPE_CHECKING:
    from uniadgen.data.lookup import Lookup

T = TypeVar("T")

PRODUCTS, PRODUCT_PIXELS = 64, 2**26  # that are kept cut out, and pixels of theirs, of four bytes each
_HELPERS = 4  # threads that read requests and write pictures, beside the model's own


@dataclass(frozen=True)
class Settings:
    """How a service behaves.

    media_root: of paths in requests. data: a data set whose products and shoppers requests may name by id. media_store: where
    media are kept, a temporary folder when None. queue: ads that may wait; max_batch: ads that are made together; lanes:
    threads that make ads. keys: of the clients, none for everybody. output: how pictures are written and what they say of
    themselves, where a request doesn't say it. brands: a folder of kits that requests may name. studio: whether its pages are
    at /studio; session: the file of its work, None for in memory. setup: options that the model was started with, for whoever
    makes an ad of the studio again.
    """

    media_root: Path | None = None
    data: Path | None = None
    media_store: Path | None = None
    queue: int = 64
    max_batch: int = 16
    lanes: int = 1
    keys: Keys = field(default_factory=Keys)
    output: Output = field(default_factory=Output)
    bodies: Bodies = field(default_factory=Bodies)
    brands: Path | None = None
    studio: bool = False
    session: Path | None = None
    setup: Mapping[str, str | None] = field(default_factory=dict)

    def checked_root(self) -> Path | None:
        """media_root without links. Raises InputError."""
        if self.media_root is None:
            return None
        if not is_dir(self.media_root):
            raise InputError(f"argument --media-root: there is no folder {quoted(self.media_root)}; correct the path")
        return Path(os.path.realpath(self.media_root))

    def checked_brands(self) -> dict[str, Brand]:
        """The kits by their names. Raises InputError."""
        return {} if self.brands is None else read_brands(self.brands, "argument --brands")


class Service:
    """One model, and everything around it. `start` before the first request, `close` after the last."""

    def __init__(self, generator: Generator, settings: Settings) -> None:
        """Raises InputError for settings that can't be."""
        self.settings, self.root, self.brands = settings, settings.checked_root(), settings.checked_brands()
        self.metrics = ServiceMetrics()
        self.batcher = Batcher(generator, settings.queue, settings.max_batch, self.metrics, settings.lanes)
        self._own_store = None if settings.media_store else tempfile.TemporaryDirectory(prefix="uniadgen-media-")
        self.lookup = None if settings.data is None else _lookup(settings.data)
        self.media = MediaStore(settings.media_store or Path(self._own_store.name if self._own_store else ""))
        self._helpers = ThreadPoolExecutor(_HELPERS, thread_name_prefix="helper")
        self._products: OrderedDict[Hashable, CheckedRequest] = OrderedDict()
        self._products_lock = Lock()

    def start(self) -> None:
        self.batcher.start()

    def close(self) -> None:
        self.batcher.stop()
        self._helpers.shutdown()
        if self._own_store is not None:
            self._own_store.cleanup()

    async def aside(self, work: Callable[..., T], *arguments: object) -> T:
        """What takes a while, in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self._helpers, work, *arguments)

    def check(self, request: AdRequest) -> CheckedRequest:
        """As `check_request`; a product that was read for an earlier request is not read again. Raises InputError."""
        product = request.product
        try:
            key = identity(product.image, "product.image"), product.description, tuple(product.selling_points)
        except OSError:  # there is no such file: check_request says so
            return check_request(request)
        with self._products_lock:
            earlier = self._products.get(key)
        checked = check_request(request, earlier)
        with self._products_lock:
            self._products[key] = checked if earlier is None else earlier
            self._products.move_to_end(key)
            while len(self._products) > PRODUCTS or (len(self._products) > 1 and self._product_pixels() > PRODUCT_PIXELS):
                self._products.popitem(last=False)
        return checked

    def _product_pixels(self) -> int:
        return sum(product.cutout.width * product.cutout.height for product in self._products.values())


def _lookup(folder: Path) -> "Lookup":
    from uniadgen.data.lookup import Lookup  # needs the extra `data`

    if not is_dir(folder):
        raise InputError(f"argument --data: there is no folder {quoted(folder)}; name the folder of a data set")
    return Lookup(folder)


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def client_of(request: Request) -> str:
    """The name of the client whose key a request has."""
    name: str = request.state.client
    return name
