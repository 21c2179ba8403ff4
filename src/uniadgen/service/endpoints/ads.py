"""POST /v1/ads: ads for one product and one shopper."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from uniadgen.ad_files import png
from uniadgen.ads import Ad, AdRequest
from uniadgen.errors import InputError, lacks_memory
from uniadgen.imaging.loading import TOO_LARGE, PictureError
from uniadgen.options import GenerateOptions
from uniadgen.request import CheckedRequest, check_fields, parse_object, read_box, read_history, read_product_fields
from uniadgen.rng import MAX_SEED
from uniadgen.schema import Range, read
from uniadgen.service.batching import Job
from uniadgen.service.bodies import gone
from uniadgen.service.references import References
from uniadgen.service.refusals import Refusal
from uniadgen.service.schemas import (
    MAX_AD_PIXELS,
    MAX_CLICKS,
    MAX_COUNT,
    MAX_HISTORY_LENGTH,
    AdsAnswer,
    ads_schema,
    errors,
)
from uniadgen.service.service import Service, client_of, service_of

ROUTER = APIRouter(tags=["ads"])

_BODY = {"required": True, "content": {"application/json": {"schema": ads_schema()}}}


@dataclass(frozen=True)
class Wanted:
    """The options of a request: how many ads from which seed on, and how each is to be."""

    count: Annotated[int, Range(1, MAX_COUNT)] = 1
    seed: Annotated[int, Range(0, MAX_SEED - MAX_COUNT)] = 0


@ROUTER.post(
    "/v1/ads",
    response_model=AdsAnswer,
    responses=errors(400, 401, 404, 406, 408, 413, 415, 422, 429, 503) | {200: {"content": {"image/png": {}}}},
    openapi_extra={"requestBody": _BODY},
)
async def make_ads(request: Request) -> Response:
    """Make ads. The same request and seed gives the same ad, also on the command line.

    With `Accept: image/png` the answer is the picture itself, and the rest of it is not told.
    """
    service, client = service_of(request), client_of(request)
    as_picture = _wants_picture(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "the body must be JSON; send the header Content-Type: application/json", None)
    service.batcher.take(0)  # a full or ending service says so before it reads
    with service.settings.bodies.room(request):
        fields = _parsed(await service.settings.bodies.read(request))
        wanted, options = _options(fields.get("options", {}))
        if as_picture and wanted.count > 1:
            raise Refusal(422, "options.count: a picture by itself is one ad; leave it out, or accept JSON", "options.count")
        if wanted.count > service.settings.queue:
            raise Refusal(422, f"options.count: at most {service.settings.queue} here", "options.count")
        references = References(client, service.media, service.root)
        job = await _queued(service, fields, references, wanted, options)
    ads = await _made(service, request, job, references)
    pictures = [await service.aside(png, ad.image) for ad in ads]
    if as_picture:
        return Response(pictures[0], media_type="image/png")
    answers = []
    for ad, picture in zip(ads, pictures, strict=True):
        digest = await service.aside(service.media.put, client, picture)
        answers.append({"image": f"media:{digest}", **ad.as_dict()})
    return JSONResponse({"ads": answers})


def _wants_picture(request: Request) -> bool:
    """Raises Refusal for a client that takes neither JSON nor a picture."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    if any(kind in ("application/json", "application/*", "*/*", "") for kind in accepted):
        return accepted[0] == "image/png"
    if "image/png" in accepted or "image/*" in accepted:
        return True
    raise Refusal(406, "the answer is application/json or image/png; accept one of them")


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        return parse_object(body, "the body")
    except InputError as error:
        raise Refusal.of(error, 400) from None


def _options(values: object) -> tuple[Wanted, GenerateOptions]:
    """Raises InputError."""
    if not isinstance(values, dict):
        raise InputError("options: an object is needed")
    own = {name: value for name, value in values.items() if name in Wanted.__dataclass_fields__}
    wanted: Wanted = read(Wanted, own, "options")
    options = GenerateOptions.from_mapping({n: v for n, v in values.items() if n not in own}, "options")
    if math.prod(options.size) > MAX_AD_PIXELS:
        raise InputError(f"options.size: has more than {MAX_AD_PIXELS:,} pixels; use a smaller one")
    if (options.history_length or 0) > MAX_HISTORY_LENGTH:
        raise InputError(f"options.history_length: {options.history_length} is too much; use at most {MAX_HISTORY_LENGTH}")
    return wanted, options


async def _queued(
    service: Service, fields: Mapping[str, Any], references: References, wanted: Wanted, options: GenerateOptions
) -> Job:
    """A job that waits, with a request that is read and checked."""
    service.batcher.take(wanted.count)
    try:
        checked = await asyncio.shield(service.aside(_checked, service, fields, references))
    except BaseException as error:
        service.batcher.release(wanted.count)
        raise _told(error, references) from None
    job = Job(checked, range(wanted.seed, wanted.seed + wanted.count), options)
    service.batcher.submit(job)
    return job


def _checked(service: Service, fields: Mapping[str, Any], references: References) -> CheckedRequest:
    check_fields(fields, "the request", required=("product",), optional=("history", "placement", "options"))
    history = read_history(fields.get("history", []), references)
    if len(history) > MAX_CLICKS:
        raise InputError(f"history: {len(history):,} clicks are too many; send the last {MAX_CLICKS:,}")
    product = read_product_fields(fields["product"], references)
    return service.check(AdRequest(product, history, read_box(fields["placement"]) if "placement" in fields else None))


async def _made(service: Service, request: Request, job: Job, references: References) -> list[Ad]:
    """The ads of a job; it is cancelled when the client goes away."""
    result, left = asyncio.wrap_future(job.future), asyncio.create_task(gone(request))
    try:
        await asyncio.wait((result, left), return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            raise Refusal(499, "the client has gone away")
        return result.result()
    except BaseException as error:
        raise _told(error, references) from None
    finally:
        left.cancel()
        service.batcher.cancel(job)


def _told(error: BaseException, references: References) -> BaseException:
    """An error in the words for the client."""
    if isinstance(error, InputError):
        refusal = Refusal.of(error, 413 if isinstance(error, PictureError) and error.problem == TOO_LARGE else 422)
        refusal.message = references.hide(refusal.message)
        return refusal
    if isinstance(error, Exception) and lacks_memory(error):
        return Refusal(503, "out of memory; ask for fewer or smaller ads", headers={"Retry-After": "5"})
    return error
