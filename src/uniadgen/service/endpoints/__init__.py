"""The endpoints: a module each, with a `ROUTER = APIRouter(...)`, by which `create_app` finds it.

    ROUTER = APIRouter(tags=["ads"])

    @ROUTER.get("/v1/hello")
    async def hello(request: Request) -> dict[str, str]: ...

What they share is `service_of(request)`. Errors are raised: `Refusal`, or `InputError` for a 422.
"""
