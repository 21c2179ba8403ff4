"""POST /v1/ads: ads for one product and one shopper."""

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from uniadgen.ads import Ad, AdRequest
from uniadgen.campaign import Campaign, preset, size_of
from uniadgen.errors import InputError, lacks_memory
from uniadgen.imaging.loading import TOO_LARGE, PictureError
from uniadgen.options import GenerateOptions
from uniadgen.output import FORMATS, Format, Output
from uniadgen.pipeline.setting import with_words
from uniadgen.request import CheckedRequest, check_fields, parse_object, read_history, read_placement, read_product_fields
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
    MAX_SIZES,
    MAX_TEXT,
    AdsAnswer,
    ads_schema,
    errors,
)
from uniadgen.service.service import Service, Settings, client_of, service_of
from uniadgen.typography.brand import Brand, FindFile, brand_of
from uniadgen.typography.fonts import check_installed
from uniadgen.typography.layers import Kind, layers_of

if TYPE_CHECKING:
    from uniadgen.data.lookup import Lookup

T = TypeVar("T")

ROUTER = APIRouter(tags=["ads"])

_PICTURES = {f"image/{kind}": kind for kind in FORMATS}
_BODY = {"required": True, "content": {"application/json": {"schema": ads_schema()}}}


@dataclass(frozen=True)
class Wanted:
    """The options of a request that are not the model's: how many ads from which seed on, in which sizes and files. layers: a
    file with layers of what is typeset, too."""

    count: Annotated[int, Range(1, MAX_COUNT)] = 1
    seed: Annotated[int, Range(0, MAX_SEED - MAX_COUNT)] = 0
    format: Format | None = None
    quality: Annotated[int | None, Range(1, 100)] = None
    presets: Annotated[tuple[str, ...], Range(0, MAX_SIZES)] = ()
    layers: Kind | None = None


@dataclass(frozen=True)
class Plan:
    """What is to be made of a request, as its options and headers say. brand: the kit that words are set with, once it is read;
    bare: the picture by itself."""

    wanted: Wanted
    options: GenerateOptions
    campaign: Campaign
    output: Output
    bare: bool
    brand: Brand | None = None

    @property
    def seeds(self) -> range:
        return range(self.wanted.seed, self.wanted.seed + self.wanted.count)


@ROUTER.post(
    "/v1/ads",
    response_model=AdsAnswer,
    responses=errors(400, 401, 404, 406, 408, 413, 415, 422, 429, 503) | {200: {"content": {kind: {} for kind in _PICTURES}}},
    openapi_extra={"requestBody": _BODY},
)
async def make_ads(request: Request) -> Response:
    """Make ads. The same request and seed gives the same ad, also on the command line.

    With `Accept: image/png` (or image/webp, image/jpeg) the answer is the picture itself, and the rest of it is not told.
    """
    service, client = service_of(request), client_of(request)
    picture = _accepted_picture(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "the body must be JSON; send the header Content-Type: application/json", None)
    service.batcher.take(0)  # a full or ending service says so before it reads
    with service.settings.bodies.room(request):
        fields = _parsed(await service.settings.bodies.read(request))
        plan = _plan(fields.get("options", {}), service.settings, picture)
        references = References(client, service.media, service.root)
        job, plan = await _queued(service, fields, references, plan)
    ads = await _made(service, request, job, references)
    if plan.bare:
        file = await service.aside(_bare, plan, job, ads[0])
        return Response(file, media_type=plan.output.media_type)
    return JSONResponse({"ads": [await service.aside(_answer, service, client, plan, job, ad) for ad in ads]})


def _bare(plan: Plan, job: Job, ad: Ad) -> bytes:
    """The picture by itself, with the words in it if they are wanted."""
    _, main = next(plan.campaign.cut(ad, job.request.cutout))
    words = with_words(main, job.request.history, plan.options, plan.brand).typesetting
    return plan.output.encoded(main.image if words is None else words.image, ad.model)


def _answer(service: Service, client: str, plan: Plan, job: Job, ad: Ad) -> dict[str, Any]:
    """What is said of an ad; its pictures are among the client's media from now on."""

    def pictures(other: Ad) -> dict[str, Any]:
        files, words = {"image": plan.output.encoded(other.image, ad.model)}, other.typesetting
        answer: dict[str, Any] = {}
        if words is not None:
            files["typeset"] = plan.output.encoded(words.image, ad.model)
            answer["typesetting"] = words.as_dict()
            if plan.wanted.layers is not None:
                layers, notes = layers_of(other, words, plan.wanted.layers)
                files["layers"] = plan.output.layers(layers, ad.model)
                answer["typesetting"]["notes"] = [*words.notes, *notes]
        return {role: f"media:{service.media.put(client, file)}" for role, file in files.items()} | answer

    sizes = [
        (size, with_words(one, job.request.history, plan.options, plan.brand))
        for size, one in plan.campaign.cut(ad, job.request.cutout)
    ]
    (_, main), *further = sizes
    answer: dict[str, Any] = pictures(main) | main.as_dict()
    if further:
        answer["sizes"] = [
            {"name": size.name, "image_size": list(other.image.size), "placement": other.placement.as_dict()} | pictures(other)
            for size, other in further
        ]
    return answer


def _accepted_picture(request: Request) -> Format | None:
    """The format of a picture that the client wants by itself, None for JSON. Raises Refusal where it takes neither."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    if accepted[0] in _PICTURES:
        return _PICTURES[accepted[0]]
    if any(kind in ("application/json", "application/*", "*/*", "") for kind in accepted):
        return None
    for kind in accepted:
        if kind in _PICTURES or kind == "image/*":
            return _PICTURES.get(kind, "png")
    raise Refusal(406, f"the answer is application/json, or one of {', '.join(_PICTURES)}; accept one of them")


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        return parse_object(body, "the body")
    except InputError as error:
        raise Refusal.of(error, 400) from None


def _plan(values: object, settings: Settings, picture: Format | None) -> Plan:
    """What is to be made. values: the request's options; picture: the format that its headers ask for. Raises InputError."""
    if not isinstance(values, dict):
        raise InputError("options: an object is needed")
    values = {name: value if name == "brand" else _whole(value) for name, value in values.items()}
    branded = "brand" in values
    service_options = {name: value for name, value in values.items() if name in Wanted.__dataclass_fields__}
    wanted: Wanted = read(Wanted, service_options, "options")
    given = {name: value for name, value in values.items() if name not in service_options and name != "brand"}
    options = GenerateOptions.from_mapping(given, "options")
    sizes = [size_of(*options.size)] if "size" in values or not wanted.presets else []
    campaign = Campaign((*sizes, *(preset(name, "options.presets") for name in dict.fromkeys(wanted.presets))))
    output = replace(settings.output, format=picture or wanted.format or settings.output.format)
    output = output if wanted.quality is None else replace(output, quality=wanted.quality)
    if not options.typeset and (branded or wanted.layers or options.layout != "auto"):
        raise InputError("options.typeset: brand, layout and layers need it; add it, or leave them out")
    if options.typeset:
        check_installed()
    if picture and wanted.layers:
        raise InputError("options.layers: a picture by itself has none; leave them out, or accept JSON")
    if picture and wanted.count > 1:
        raise InputError("options.count: a picture by itself is one ad; leave it out, or accept JSON")
    if wanted.count > settings.queue:
        raise InputError(f"options.count: {wanted.count} is too much here; use at most {settings.queue}")
    if math.prod(options.size) > MAX_AD_PIXELS:
        raise InputError(f"options.size: has more than {MAX_AD_PIXELS:,} pixels; use a smaller one")
    if (options.history_length or 0) > MAX_HISTORY_LENGTH:
        raise InputError(f"options.history_length: {options.history_length} is too much; use at most {MAX_HISTORY_LENGTH}")
    return Plan(wanted, options, campaign, output, picture is not None)


def _whole(value: object) -> object:
    """A number without a fraction as the whole number that JSON doesn't tell it from; also inside a list."""
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


async def _queued(service: Service, fields: Mapping[str, Any], references: References, plan: Plan) -> tuple[Job, Plan]:
    """A job that waits, with a request that is read and checked, and its plan with the brand kit."""
    service.batcher.take(plan.wanted.count)
    try:
        checked, brand = await asyncio.shield(service.aside(_checked, service, fields, references))
    except BaseException as error:
        service.batcher.release(plan.wanted.count)
        raise _refusal(error, references) from None
    # Words are set when the ad is made, by another thread than the model's
    job = Job(*plan.campaign.prepared(checked, replace(plan.options, typeset=False)), plan.seeds)
    service.batcher.submit(job)
    return job, replace(plan, brand=brand)


def _checked(service: Service, fields: Mapping[str, Any], references: References) -> tuple[CheckedRequest, Brand | None]:
    check_fields(fields, "the request", required=("product",), optional=("history", "shopper", "placement", "options"))
    if "shopper" not in fields:
        history = read_history(fields.get("history", []), references)
    elif "history" in fields:
        raise InputError("shopper: the request has a history, too; leave one of them out")
    else:
        history = _by_id(service, fields["shopper"], "shopper", lambda data, name: data.history(name))
    if len(history) > MAX_CLICKS:
        raise InputError(f"history: {len(history):,} clicks are too many; send the last {MAX_CLICKS:,}")
    if isinstance(fields["product"], str):
        product = _by_id(service, fields["product"], "product", lambda data, name: data.product(name))
    else:
        product = read_product_fields(fields["product"], references)
    texts = {"product.description": product.description} | {f"history[{n}].text": c.text for n, c in enumerate(history)}
    for field, text in texts.items():
        if len(text) > MAX_TEXT:
            raise InputError(f"{field}: {len(text):,} characters are too many; shorten it to at most {MAX_TEXT:,}")
    options = fields.get("options", {})
    brand = _brand(service, options["brand"], references) if "brand" in options else None
    return service.check(AdRequest(product, history, *read_placement(fields))), brand


def _brand(service: Service, value: object, references: References) -> Brand:
    """A kit of --brands by its name, or one that the request brings. Raises InputError, Refusal(404) for an unknown name."""
    where = "options.brand"
    if not isinstance(value, str):
        return brand_of(value, where, FindFile(references.file, references))
    if not service.brands:
        raise InputError(f"{where}: this service has no brand kits; start it with --brands, or send what the kit says")
    if value not in service.brands:
        raise Refusal(404, f"{where}: there is no such brand kit here", where)
    return service.brands[value]


def _by_id(service: Service, name: object, field: str, find: Callable[["Lookup", str], T]) -> T:
    """A product or a history of the service's data set. Raises InputError, and Refusal(404) for an unknown id."""
    if not isinstance(name, str):
        raise InputError(f"{field}: the id of a {field} is needed, which is a text")
    if service.lookup is None:
        raise InputError(
            f"{field}: this service has no data set; start it with --data, or send what there is to say of the {field}"
        )
    try:
        return find(service.lookup, name)
    except InputError as error:
        raise Refusal(404, str(error), field) from None


async def _made(service: Service, request: Request, job: Job, references: References) -> list[Ad]:
    """The ads of a job; it is cancelled when the client goes away."""
    result, left = asyncio.wrap_future(job.future), asyncio.create_task(gone(request))
    try:
        await asyncio.wait((result, left), return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            raise Refusal(499, "the client has gone away")
        return result.result()
    except BaseException as error:
        raise _refusal(error, references) from None
    finally:
        left.cancel()
        service.batcher.cancel(job)


def _refusal(error: BaseException, references: References) -> BaseException:
    """An error in the words for the client."""
    if isinstance(error, InputError):
        refusal = Refusal.of(error, 413 if isinstance(error, PictureError) and error.problem == TOO_LARGE else 422)
        refusal.message = references.hide(refusal.message)
        return refusal
    if isinstance(error, Exception) and lacks_memory(error):
        return Refusal(503, "out of memory; ask for fewer or smaller ads", headers={"Retry-After": "5"})
    return error
