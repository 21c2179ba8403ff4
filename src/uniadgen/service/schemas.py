"""What the OpenAPI document says of bodies. Requests are read by `uniadgen.request` and `uniadgen.options`, not by these."""

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from uniadgen.ablations import ABLATIONS
from uniadgen.campaign import presets
from uniadgen.clicks.sampling import SAMPLINGS
from uniadgen.imaging.stance import GREATEST_CM, LEAST_CM, POSTURES
from uniadgen.options import MAX_SIDE, MIN_SIDE, GenerateOptions, hints
from uniadgen.output import FORMATS
from uniadgen.rng import MAX_SEED
from uniadgen.selling_points import MAX_POINT_CHARACTERS, MAX_POINTS
from uniadgen.typography.brand import Corner
from uniadgen.typography.layers import KINDS

Schema = dict[str, Any]

MAX_COUNT = 64  # ads of one request
MAX_SIZES = 12  # in which an ad is wanted
MAX_TEXT = 10_000  # characters of a description, and of a click's text
MAX_CLICKS = 5000  # of a history
MAX_HISTORY_LENGTH = 50  # clicks that the model is shown: its instruction grows with them
MAX_AD_PIXELS = 2**24


class ErrorText(BaseModel):
    message: str
    field: str | None


class Error(BaseModel):
    error: ErrorText


class Status(BaseModel):
    status: str


class PlacementAnswer(BaseModel):
    left: int
    top: int
    width: int
    height: int


class SampledClickAnswer(BaseModel):
    index: int
    similarity: float


class SizeAnswer(BaseModel):
    name: str
    image: str
    typeset: str = ""
    layers: str = ""
    typesetting: dict[str, Any] = {}
    image_size: list[int]
    placement: PlacementAnswer


class StanceAnswer(BaseModel):
    posture: str
    size_cm: float | None


class AdAnswer(BaseModel):
    image: str
    typeset: str = ""
    layers: str = ""
    typesetting: dict[str, Any] = {}
    text: str
    description: str
    selling_points: list[str]
    stance: StanceAnswer
    placement: PlacementAnswer
    seed: int
    model: str
    sampled_clicks: list[SampledClickAnswer]
    timings: dict[str, float]
    image_size: list[int]
    image_passes: int
    notes: list[str]
    inspection: dict[str, Any]
    sizes: list[SizeAnswer] = []


class AdsAnswer(BaseModel):
    ads: list[AdAnswer]


class MediaAnswer(BaseModel):
    media: str
    bytes: int
    width: int
    height: int


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of an endpoint that may refuse with these."""
    said = {
        400: "The body is no JSON, or no form",
        401: "The key is missing or unknown",
        404: "There is no such thing here",
        406: "Nothing of what is accepted can be made",
        408: "The body came too slowly",
        413: "The body, or a picture, is too large",
        415: "The body is of another type, or no picture",
        422: "A field can't be used",
        429: "The queue is full",
        503: "The service is ending",
    }
    return {status: {"model": Error, "description": said[status]} for status in statuses}


def ads_schema() -> Schema:
    """The body of POST /v1/ads."""
    text: Schema = {"type": "string", "maxLength": MAX_TEXT}
    click = _object({"image": _REFERENCE, "text": text}, ("image", "text"))
    points: Schema = {"type": "array", "minItems": 1, "maxItems": MAX_POINTS, "description": "Not all blank"}
    points["items"] = {"type": "string", "maxLength": MAX_POINT_CHARACTERS}
    size: Schema = {"type": "number", "minimum": LEAST_CM, "maximum": GREATEST_CM}
    size["description"] = "Longest visible side in centimetres"
    product = _object(
        {"image": _REFERENCE, "description": text, "selling_points": points, "size_cm": size},
        ("image", "description", "selling_points"),
    )
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    box: Schema = {"type": "array", "items": share, "minItems": 4, "maxItems": 4}
    box["description"] = "x0, y0, x1, y1 in fractions of the canvas, y downwards; x0 < x1, y0 < y1"
    return _object(
        {
            "product": {"oneOf": [product, _id("product")]},
            "history": {"type": "array", "items": click, "maxItems": MAX_CLICKS, "description": "Clicks, oldest first"},
            "shopper": _id("shopper"),
            "placement": _object({"box": box, "posture": {"type": "string", "enum": list(POSTURES)}}, ())
            | {"minProperties": 1},
            "options": _object(options_schema(), ()) | {"anyOf": [_TYPESET, {"not": {"anyOf": _OF_WORDS}}]},
        },
        ("product",),
    ) | {"not": {"required": ["history", "shopper"]}}


def options_schema() -> Schema:
    """The options of a request by name: those of the service, and those of `GenerateOptions`."""
    service_options: Schema = {
        "count": _whole(1, MAX_COUNT) | {"description": "Ads to make; ad i has seed + i"},
        "seed": _whole(0, MAX_SEED - MAX_COUNT),
        "format": {"type": ["string", "null"], "enum": [*FORMATS, None], "description": "Of the pictures; png when left out"},
        "quality": _whole(1, 100) | {"type": ["integer", "null"], "description": "Of webp and jpeg; 90 when left out"},
        "presets": {
            "type": "array",
            "items": {"type": "string", "enum": list(presets())},
            "maxItems": MAX_SIZES,
            "description": "Further sizes by name, of the same painted background",
        },
    }
    service_options["layers"] = {"type": ["string", "null"], "enum": [*KINDS, None]}
    service_options["layers"]["description"] = "A file with layers of what is typeset, too"
    service_options["brand"] = {"oneOf": [_id("brand"), _brand_schema()]}
    help_of = {name: field.metadata["help"] for name, field in GenerateOptions.__dataclass_fields__.items()}
    generate = {name: _of_type(kind, name) | {"description": help_of[name]} for name, kind in hints().items()}
    generate["size"]["description"] = f"Width and height in pixels, at most {MAX_AD_PIXELS:,} of them"
    generate["history_length"]["maximum"] = MAX_HISTORY_LENGTH
    return service_options | generate


_REFERENCE: Schema = {
    "type": "string",
    "format": "picture-reference",
    "minLength": 1,
    "description": "A data: URL with base64, media:SHA256 from POST /v1/media, or a path below --media-root",
}
_TYPESET: Schema = {"properties": {"typeset": {"const": True}}, "required": ["typeset"]}
_OF_WORDS: list[Schema] = [
    *({"required": [name]} for name in ("brand", "layers")),
    {"properties": {"layout": {"not": {"const": "auto"}}}, "required": ["layout"]},
]
_CHOICES = {"sampling": tuple(SAMPLINGS), "without": tuple(ABLATIONS)}


def _id(of: str) -> Schema:
    said = "The name of a kit in --brands" if of == "brand" else f"The id of a {of} in the data set that is served"
    return {"type": "string", "format": f"{of}-id", "description": said}


def _brand_schema() -> Schema:
    """What a brand kit's file may say, with references to its pictures."""
    text: Schema = {"type": "string", "maxLength": 1000}
    font: Schema = {
        "type": ["string", "null"],
        "format": "font-reference",
        "minLength": 1,
        "maxLength": 2**12,
        "description": "A path below --media-root",
    }
    colour: Schema = {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}
    words: Schema = {"type": "array", "items": colour, "maxItems": 8, "description": "Of letters, those preferred first"}
    maybe = colour | {"type": ["string", "null"]}
    logo = _object(
        {
            "image": _REFERENCE,
            "width": {"type": "number", "minimum": 0.03, "maximum": 0.5},
            "clear_space": {"type": "number", "minimum": 0, "maximum": 2},
            "corner": {"type": "string", "enum": list(get_args(Corner))},
        },
        ("image",),
    )
    return _object(
        {
            "name": text,
            "fonts": _object({"headline": font, "text": font}, ()),
            "colours": _object({"words": words, "accent": maybe, "plate": maybe}, ()),
            "logo": logo | {"type": ["object", "null"]},
            "capitals": {"type": "string", "enum": ["none", "headline"]},
        },
        (),
    )


def _object(properties: Schema, required: tuple[str, ...]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _of_type(kind: Any, name: str) -> Schema:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        inner = _of_type(arguments[0], name)
        return inner | {"minimum": arguments[1].least, "maximum": arguments[1].most}
    if origin in (Union, types.UnionType):
        inner = _of_type(next(part for part in arguments if part is not types.NoneType), name)
        return inner | {"type": [inner["type"], "null"]}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if name == "size":
        return {"type": "array", "items": _whole(MIN_SIDE, MAX_SIDE), "minItems": 2, "maxItems": 2}
    if origin is tuple and name in _CHOICES:
        return {"type": "array", "items": {"type": "string", "enum": list(_CHOICES[name])}}
    if origin is tuple:
        return {"type": "array", "items": {"type": "string", "pattern": r"\S"}}
    if name in _CHOICES:
        return {"type": "string", "enum": list(_CHOICES[name])}
    return {"type": {bool: "boolean", int: "integer", float: "number", str: "string"}[kind]}
