"""/v1/media: pictures sent once, to be named in many requests, and pictures that were made."""

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Message

from uniadgen.imaging.loading import TOO_LARGE, PictureError, check_whole_picture, picture_size
from uniadgen.service.media import content_type
from uniadgen.service.refusals import Refusal
from uniadgen.service.schemas import MediaAnswer, errors
from uniadgen.service.service import client_of, service_of

ROUTER = APIRouter(tags=["media"])

_POLICY = "sandbox; default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"  # of an SVG shown by itself

_FORM = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
    "additionalProperties": False,
}


@ROUTER.post(
    "/v1/media",
    status_code=201,
    response_model=MediaAnswer,
    responses=errors(400, 401, 408, 413, 415, 422, 429, 503),
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def send(request: Request) -> Response:
    """Send a picture, as the field `file` of a form; the answer names it for requests. Only its sender can use it."""
    service, client = service_of(request), client_of(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise Refusal(415, "the body must be a form; send the picture as multipart/form-data, in the field file")
    with service.settings.bodies.room(request):
        data = await _file_of(request, await service.settings.bodies.read(request))
        size = await service.aside(_checked, data)
        digest = await service.aside(service.media.put, client, data)
    answer = {"media": f"media:{digest}", "bytes": len(data), "width": size[0], "height": size[1]}
    return JSONResponse(answer, 201, {"Location": f"/v1/media/{digest}"})


async def _file_of(request: Request, body: bytes) -> bytes:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form(max_files=1, max_fields=8) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile) or len(form.multi_items()) > 1:
                raise Refusal(422, "file: one picture is needed, as a file in the field file", "file")
            return await file.read()
    except Refusal:
        raise
    except Exception as error:  # whatever parsers raise on a broken form
        said = str(error) if isinstance(error, MultiPartException) else "is broken"
        raise Refusal(400, f"the form can't be read ({said})") from None


def _checked(data: bytes) -> tuple[int, int]:
    """The picture's width and height. Raises Refusal for what is no whole picture within the limits."""
    try:
        check_whole_picture(data, "file")
        return picture_size(data, "file")
    except PictureError as error:
        raise Refusal.of(error, 413 if error.problem == TOO_LARGE else 415) from None


@ROUTER.get(
    "/v1/media/{sha256}",
    response_class=Response,
    responses=errors(401, 404) | {200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def fetch(request: Request, sha256: str) -> Response:
    """The bytes of a picture that this client has sent, or that was made for it."""
    service = service_of(request)
    path = service.media.find(client_of(request), sha256)
    if path is None:
        raise Refusal(404, "there is no such media; another client's can't be had")
    kind = await service.aside(content_type, path)
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": _POLICY}
    return FileResponse(path, media_type=kind, headers=headers)
