"""What the service says instead of an answer: {"error": {"message", "field"}}, always in this form."""

import re
from collections.abc import Mapping

from starlette.responses import JSONResponse

from uniadgen.errors import InputError

_FIELD = re.compile(r"([a-z_]+(?:\[\d+\]|\.[a-z_]+)*): ")


class Refusal(Exception):
    """An answer other than success. field: of the request that it is about, such as "product.image"."""

    def __init__(self, status: int, message: str, field: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.field, self.headers = status, message, field, dict(headers or {})

    @classmethod
    def of(cls, error: InputError, status: int = 422) -> "Refusal":
        """The sentence that the command line prints, with the field that it begins with."""
        message = str(error)
        match = _FIELD.match(message)
        return cls(status, message, match[1] if match else None)

    def response(self) -> JSONResponse:
        return JSONResponse({"error": {"message": self.message, "field": self.field}}, self.status, self.headers)


def busy(seconds: int) -> Refusal:
    return Refusal(429, "the queue is full; try again later", headers={"Retry-After": str(seconds)})


def draining() -> Refusal:
    """The service ends: what it has accepted it finishes, and this is not among it."""
    return Refusal(503, "the service is ending; ask another one", headers={"Retry-After": "5", "Connection": "close"})
