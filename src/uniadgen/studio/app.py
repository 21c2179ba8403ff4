"""The pages of the studio, an application of its own: `app.mount("/studio", create_studio(...))`.

Every form works without a script; with it htmx swaps what has changed, and the product can be dragged on the canvas.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from uniadgen.ads import AdRequest, Click, Product
from uniadgen.campaign import presets
from uniadgen.errors import InputError
from uniadgen.imaging.loading import check_picture, load_picture
from uniadgen.imaging.png import transparent_png
from uniadgen.output import FORMATS, plain_file
from uniadgen.pages import Number, environment, serve_static
from uniadgen.request import check_request
from uniadgen.review.criteria import BY_NAME
from uniadgen.studio.dropping import ENDINGS, clicked_ads
from uniadgen.studio.export import archive, picture_file
from uniadgen.studio.making import Making, edited_text, joined
from uniadgen.studio.project import NEAR, SEPARATORS, SIDE, Project, Spec
from uniadgen.studio.store import StudioStore, Variant
from uniadgen.studio.words import LAYOUTS, Kits, fonts_of, own_kit
from uniadgen.typography.brand import packed
from uniadgen.typography.layers import KINDS
from uniadgen.words import clean_text, parse_whole

MAX_COUNT = 12
MAX_BEST_OF = 8
MAX_FILES = 400  # clicked ads and their texts
MAX_DESCRIPTION, MAX_TEXT = 2000, 500  # characters
LOCKS = 16  # that projects share, so that numbers of projects that aren't there take no memory
Shoppers = Callable[[str], list[Click]]


@dataclass(frozen=True)
class Sources:
    """What can be picked instead of dropped: examples by title, shoppers of a data set, and brand kits.

    shoppers: names, for the list; clicks: of one of them. brands: the kits' files by their names.
    """

    examples: dict[str, Callable[[], AdRequest]]
    shoppers: Sequence[str] = ()
    clicks: Shoppers = lambda name: []
    brands: Mapping[str, Path] = field(default_factory=dict)


def create_studio(
    store: StudioStore, making: Making, sources: Sources, root: str = "/studio", client: str | None = None
) -> FastAPI:
    """root: where it is mounted. client: who has signed in, None where nobody has to."""
    app = FastAPI(title="uniadgen studio", docs_url=None, redoc_url=None, openapi_url=None)
    serve_static(app, "uniadgen.studio")
    templates = environment("uniadgen.studio", root)
    templates.filters["percent"] = lambda value: f"{100 * value:.3f}%"
    # A change is read, made and written as one: of two forms that are sent at once neither undoes the other.
    changing = tuple(Lock() for _ in range(LOCKS))
    # Selling points that were typed and not added, of pages without a script, by project; with one the browser keeps them.
    drafts: dict[int, str] = {}
    shared = {
        "separators": SEPARATORS,
        "formats": FORMATS,
        "presets": presets(),
        "side": SIDE,
        "sources": sources,
        "client": client,
        "layouts": LAYOUTS,
        "layers": KINDS,
        "text_files": ",".join(ENDINGS),
        "criteria": BY_NAME,
    }

    def show(
        number: int, chosen: int | None = None, beside: int | None = None, problem: str = "", status: int = 200
    ) -> Response:
        project = store.project(number)
        variants = [store.variant(v) for v in project.variants]
        ids = [variant.id for variant in variants]
        ad = store.variant(chosen) if chosen in ids else None
        page = templates.get_template("studio.html").render(
            **shared,
            number=number,
            project=project,
            projects=store.projects(),
            variants=variants,
            pending=sum(variant.status == "waiting" for variant in variants),
            ad=ad,
            beside=store.variant(beside) if beside in ids and ad is not None else None,
            why=None if ad is None else _why(ad),
            choices=[] if ad is None or ad.result is None else _choices(ad),
            explaining=ad is not None and (ad.why is None or "error" in ad.why) and making.is_explaining(ad.id),
            steps=store.steps(number),
            problem=problem,
            kit=making.kits.content(project.brand),
            kits=_kits_of(making.kits, project, ad),
            fonts=fonts_of(making.kits, ad),
            draft=drafts.get(number, ""),
        )
        return HTMLResponse(page, status)

    def to(number: int, ad: int | None = None, beside: int | None = None) -> Response:
        query = f"?ad={ad}" + (f"&beside={beside}" if beside else "") if ad else ""
        return RedirectResponse(f"{root}/p/{number}{query}", 303)

    def typed(number: int, form: FormData) -> Project:
        """Keep what somebody was still typing when they pressed a button: it comes with the button's form."""
        project = store.project(number)
        texts = {place: form.get(f"typed-text-{place}-{click[:12]}") for place, (click, _) in enumerate(project.clicks)}
        given = {place: _text(text) for place, text in texts.items() if isinstance(text, str)}
        if "typing" in form:
            drafts[number] = _field(form, "points")
        description = form.get("typed-description")
        after = project.with_typed(_description(description) if isinstance(description, str) else None, given)
        if after != project:
            store.save(number, after, amend=True)
        return after

    async def changed(
        request: Request, number: int, change: Callable[[Project, FormData], Project], ad: int | None = None
    ) -> Response:
        """Apply a form to a project, or say on the page why not. What has been typed comes with every form, and is kept."""
        form = _with_query(await request.form(max_files=MAX_FILES, max_fields=2000), request)
        files = {
            key: [(await value.read(), value.filename) for value in form.getlist(key) if isinstance(value, UploadFile)]
            for key in form
        }
        request.state.files = {key: [data for data, _ in parts if data] for key, parts in files.items()}
        request.state.named = {key: [(name or "", data) for data, name in parts if data] for key, parts in files.items()}

        def work() -> Response:
            with changing[number % LOCKS]:
                try:
                    before = typed(number, form)
                    after = change(before, form)
                except InputError as error:
                    return show(number, ad, problem=_sentence(str(error)), status=422)
                chosen = getattr(request.state, "chosen", ad)
                if after != before:
                    store.save(number, after, amend=before.typed_into(after) is not None)
                # In the queue once they are on the table, so that the queue finds them there.
                if after.variants != before.variants:
                    making.queue_all(after.variants)
            return to(number, chosen)

        return await run_in_threadpool(work)

    @app.exception_handler(KeyError)
    def unknown(request: Request, _: Exception) -> Response:
        return HTMLResponse(templates.get_template("gone.html").render(), 404)

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(404)
    def not_found(request: Request, _: Exception) -> Response:
        return HTMLResponse(templates.get_template("gone.html").render(), 404)

    @app.get("/")
    def latest() -> Response:
        projects = store.projects()
        return to(projects[0][0] if projects else store.new_project())

    @app.post("/new")
    async def new(request: Request, of: int | None = None) -> Response:
        """of: the project that is left, of which something may have been typed."""
        form = await request.form()

        def work() -> Response:
            if of is not None and of in (other for other, _ in store.projects()):
                with changing[of % LOCKS]:
                    typed(of, form)
            return to(store.new_project())

        return await run_in_threadpool(work)

    @app.get("/p/{number}")
    def page(number: Number, ad: int | None = None, beside: int | None = None) -> Response:
        return show(number, ad, beside)

    # Product and shopper -------------------------------------------------------------------------------------------------

    @app.post("/p/{number}/photo")
    async def photo(request: Request, number: Number) -> Response:
        def change(project: Project, form: FormData) -> Project:
            files = request.state.files.get("photo", [])
            if not files:
                raise InputError("Choose a photo or cut-out of the product.")
            return replace(project, photo=store.put(files[0]), cutout=_cutout(store, files[0]))

        return await changed(request, number, change)

    @app.post("/p/{number}/description")
    async def description(request: Request, number: Number) -> Response:
        def change(project: Project, form: FormData) -> Project:
            if "description" not in form:  # it came as what was typed
                return project
            return replace(project, description=_description(_field(form, "description")))

        return await changed(request, number, change)

    @app.post("/p/{number}/points")
    async def points(request: Request, number: Number) -> Response:
        def change(project: Project, form: FormData) -> Project:
            action, at = _field(form, "action"), _field(form, "at")
            if action == "add":
                with_them = project.with_points(_field(form, "points"))
                drafts.pop(number, None)
                return with_them
            return project.with_point(_place(at), action)

        return await changed(request, number, change)

    @app.post("/p/{number}/clicks")
    async def clicks(request: Request, number: Number) -> Response:
        def change(project: Project, form: FormData) -> Project:
            action, at = _field(form, "action"), _field(form, "at")
            place = _place(at)
            kept = list(project.clicks)
            if action == "add":
                ads = clicked_ads(request.state.named.get("pictures", []))
                kept += [(store.put(data), _text(text)) for data, text in ads]
            elif action == "remove" and place < len(kept):
                kept = [click for index, click in enumerate(kept) if index != place]
            elif (
                action == "text" and "text" in form and 0 <= place < len(kept) and kept[place][0].startswith(_field(form, "of"))
            ):
                kept[place] = (kept[place][0], _text(_field(form, "text")))
            elif action == "clear":
                kept = []
            elif action == "shopper":
                name = _field(form, "shopper")
                shopper = sources.examples[name]().history if name in sources.examples else sources.clicks(name)
                kept = [(store.put(_bytes(click.image)), click.text) for click in shopper]
            return project.with_clicks(kept)

        return await changed(request, number, change)

    @app.post("/p/{number}/example")
    async def example(request: Request, number: Number) -> Response:
        def change(project: Project, form: FormData) -> Project:
            make = sources.examples.get(_field(form, "example"))
            if make is None:
                raise InputError("There is no such example.")
            given = make()
            data = _bytes(given.product.image)
            started = replace(
                project,
                photo=store.put(data),
                cutout=_cutout(store, data),
                description=given.product.description,
                points=(),
            ).with_points("\n".join(given.product.selling_points))
            return started.with_clicks([(store.put(_bytes(click.image)), click.text) for click in given.history])

        return await changed(request, number, change)

    # Words in the pictures -----------------------------------------------------------------------------------------------

    @app.post("/p/{number}/look")
    async def look(request: Request, number: Number) -> Response:
        """Whether and how the text of the next ads stands in their pictures."""

        def change(project: Project, form: FormData) -> Project:
            layout = _field(form, "layout")
            return replace(project, layout=layout if layout in LAYOUTS else "")

        return await changed(request, number, change)

    @app.post("/p/{number}/brand")
    async def brand(request: Request, number: Number) -> Response:
        """The brand kit: one of the folder's, one put together on the page, or none."""

        def change(project: Project, form: FormData) -> Project:
            action, name, kits = _field(form, "action"), _field(form, "brand"), making.kits
            if action == "none":
                return replace(project, brand=None)
            if action == "pick":
                if name not in sources.brands:
                    raise InputError("There is no such brand kit.")
                return replace(project, brand=kits.keep(packed(sources.brands[name], "brand kit")))
            logos = request.state.files.get("logo", [])
            if logos:
                check_picture(logos[0], "logo")
            logo = logos[0] if logos else _logo_of(kits, project) if _field(form, "keep_logo") else None
            colours = [value for value in form.getlist("words") if isinstance(value, str)]
            accent, capitals = _field(form, "accent"), _field(form, "capitals") == "on"
            return replace(project, brand=kits.keep(own_kit(colours, accent, capitals, logo)))

        return await changed(request, number, change)

    # Variants ------------------------------------------------------------------------------------------------------------

    def make(
        number: int,
        pairs: Sequence[tuple[Spec, Spec]],
        words: dict[str, Any] | None,
        edited: dict[str, Any] | None = None,
    ) -> list[int]:
        return [store.add_variant(number, picture, text, edited=edited, words=words) for picture, text in pairs]

    @app.post("/p/{number}/generate")
    async def generate(request: Request, number: Number) -> Response:
        def change(project: Project, form: FormData) -> Project:
            asked, best_of = (parse_whole(_field(form, name)) for name in ("count", "best_of"))
            wanted = 4 if asked is None else min(MAX_COUNT, max(1, asked))
            if best_of is not None:
                project = replace(project, best_of=min(MAX_BEST_OF, max(1, best_of)))
            project = project.with_points(_field(form, "points"))  # typed, and not added yet
            specs = [project.spec(project.seed + index) for index in range(wanted)]
            made = make(number, [(spec, spec) for spec in specs], project.words)
            drafts.pop(number, None)
            return project.with_variants(made, project.seed + wanted)

        return await changed(request, number, change)

    @app.post("/p/{number}/ad/{ad}/{action}")
    async def act(request: Request, number: Number, ad: Number, action: str, keep: int | None = None) -> Response:
        def change(project: Project, form: FormData) -> Project:
            if ad not in project.variants:
                raise KeyError(ad)
            variant = store.variant(ad)
            if action == "lock":
                locked = tuple(v for v in project.locked if v != ad) if ad in project.locked else (*project.locked, ad)
                return replace(project, locked=locked)
            if action == "remove":
                kept = tuple(v for v in project.variants if v != ad)
                return replace(project, variants=kept, locked=tuple(v for v in project.locked if v != ad))
            seed, words = project.seed, _anew(variant.words)
            if action == "text":  # keep the picture, write anew, with the points as they are now
                fresh = project.spec(seed)
                return project.with_more(make(number, [(variant.picture, fresh)], words), seed + 1, ad)
            if action == "picture":  # keep the text, paint anew, for the shopper as known now
                fresh = project.spec(seed)
                return project.with_more(make(number, [(fresh, variant.text)], words, variant.edited), seed + 1, ad)
            if action == "like":
                same = _settled(variant)
                near = [replace(same, temperature=t) for t in NEAR if t != same.temperature]
                pairs = [(spec, variant.text) for spec in near]
                return project.with_more(make(number, pairs, words, variant.edited), seed, ad)
            if action == "move":
                box = _box(_field(form, "box"))
                moved = replace(_settled(variant), box=box)
                text = variant.text if variant.text != variant.picture else moved
                return project.with_more(make(number, [(moved, text)], words, variant.edited), seed, ad)
            if action == "words":
                return project.with_more([_edited(store, making, variant, form)], seed, ad)
            if action in ("typeset", "blocks"):
                new = _with_words(store, making, variant, project, form, moved=action == "blocks")
                request.state.chosen = new
                return project.with_instead(new, ad)
            raise InputError("This can't be done.")

        return await changed(request, number, change, keep if action in ("lock", "remove") else ad)

    @app.post("/p/{number}/typed")
    async def keep_typed(request: Request, number: Number) -> Response:
        """What was still being typed when the page was left."""
        return await changed(request, number, lambda project, form: project)

    @app.post("/p/{number}/ad/{ad}/why/start")
    async def measure(request: Request, number: Number, ad: Number) -> Response:
        def change(project: Project, form: FormData) -> Project:
            if store.variant(ad).status == "done":
                making.explain(ad)
            return project

        return await changed(request, number, change, ad)

    @app.post("/p/{number}/{step}")
    async def step(request: Request, number: Number, step: str, ad: int | None = None) -> Response:
        form = await request.form()

        def work() -> Response:
            with changing[number % LOCKS]:
                typed(number, form)
                if step in ("undo", "redo"):
                    store.step(number, -1 if step == "undo" else 1)
                    making.queue_all(store.project(number).variants)  # those that an undo had taken out wait once more
            return to(number, ad, parse_whole(_field(form, "beside")) if step == "compare" else None)

        return await run_in_threadpool(work)

    # Files ---------------------------------------------------------------------------------------------------------------

    @app.get("/picture/{digest}")
    def picture(digest: str, side: int = 0) -> Response:
        data = store.read(digest)
        if side:
            try:
                data = _small(data, min(max(side, 16), 1024))
            except InputError:  # brand kits and fonts are kept among the pictures
                raise KeyError(digest) from None
        return Response(data, media_type=_media_type(data), headers={"Cache-Control": "private, max-age=86400, immutable"})

    @app.get("/p/{number}/ad/{ad}/file")
    def file(number: Number, ad: Number, format: str = "png", size: str = "") -> Response:
        variant = store.variant(ad)
        try:
            cutout = load_picture(store.read(_cutout(store, store.read(variant.picture.photo))), "cut-out")
            data, media_type, ending = picture_file(store, making.kits, variant, cutout, format, size, making.output)
        except InputError as error:
            return show(number, ad, problem=_sentence(str(error)), status=422)
        name = f"ad-{number}-{ad}{'-' + size if size else ''}.{ending}"
        return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    @app.get("/p/{number}/ad/{ad}/zip")
    def zipped(number: Number, ad: Number) -> Response:
        variant = store.variant(ad)
        if variant.result is None:
            return show(number, ad, problem="This ad is not finished.", status=422)
        headers = {"Content-Disposition": f'attachment; filename="ad-{number}-{ad}.zip"'}
        return Response(archive(store, making.kits, variant, making.output), media_type="application/zip", headers=headers)

    return app


def _with_query(form: FormData, request: Request) -> FormData:
    """With what stands in the address: without a script all buttons send the one form of what is typed, and say there what
    they do."""
    query = request.query_params
    return FormData([*((key, value) for key, value in form.multi_items() if key not in query), *query.multi_items()])


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _description(text: str) -> str:
    return clean_text(text)[:MAX_DESCRIPTION]


def _text(text: str) -> str:
    """Of a clicked ad."""
    return clean_text(text)[:MAX_TEXT]


def _place(at: str) -> int:
    """A place in a list; -1 for what is none."""
    place = parse_whole(at)
    return -1 if place is None else place


def _sentence(text: str) -> str:
    """A message of the library as a sentence on a page."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _bytes(picture: Any) -> bytes:
    """A file of a picture, whatever it is given as."""
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, Image.Image):
        return plain_file(picture, "png") if picture.mode == "RGB" else transparent_png(picture)
    if hasattr(picture, "read_bytes"):
        return bytes(picture.read_bytes())
    if isinstance(picture, str):
        with open(picture, "rb") as file:
            return file.read()
    return bytes(picture.read())


def _cutout(store: StudioStore, photo: bytes) -> str:
    """Cut a photo out, at once, and keep it. Raises InputError with what to supply."""
    checked = check_request(AdRequest(Product(photo, "product", ["point"])))
    return store.put(transparent_png(checked.cutout))


def _small(data: bytes, side: int) -> bytes:
    picture = load_picture(data, "picture", keep=4 * side * side)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=86, method=2)
    return buffer.getvalue()


def _media_type(data: bytes) -> str:
    for magic, kind in ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"RIFF", "webp"), (b"GIF8", "gif")):
        if data.startswith(magic):
            return f"image/{kind}"
    return "application/octet-stream"


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        x0, y0, x1, y1 = (round(float(part), 4) for part in text.split(","))
    except ValueError:
        raise InputError("The product's place is four numbers.") from None
    if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
        raise InputError("The product must stand inside of the picture.")
    return x0, y0, x1, y1


def _edited(store: StudioStore, making: Making, variant: Variant, form: FormData) -> int:
    """A variant with the same picture and a text that somebody has put together."""
    if variant.result is None:
        raise InputError("This ad is not finished.")
    chosen = [value for value in form.getlist("point") if isinstance(value, str)]
    separator = _field(form, "separator")
    edited = {"points": chosen, "separator": separator}
    words, text = _anew(variant.words), edited_text(edited, variant.text.points)
    result = making.with_words(replace(variant, words=words, result=joined({**variant.result, **text})))
    return store.add_variant(variant.project, variant.picture, variant.text, edited=edited, words=words, result=result)


def _anew(words: dict[str, Any] | None) -> dict[str, Any] | None:
    """How words are set into another picture: as in this one, but for where somebody has moved them."""
    return None if words is None else {"layout": words["layout"], "brand": words["brand"]}


def _settled(variant: Variant) -> Spec:
    """The picture's spec without a choice: of several candidates the one that was chosen."""
    if variant.picture.best_of == 1 or variant.result is None:
        return variant.picture
    return replace(variant.picture, seed=variant.result["chosen_seed"], best_of=1)


def _with_words(store: StudioStore, making: Making, variant: Variant, project: Project, form: FormData, moved: bool) -> int:
    """The same ad with its text in its picture, elsewhere or not at all. Raises InputError where no word can be set."""
    if variant.result is None:
        raise InputError("This ad is not finished.")
    words: dict[str, Any] | None = None
    if moved:
        if variant.words is None or "typesetting" not in variant.result:
            raise InputError("This ad has no words in its picture.")
        there = variant.result["typesetting"]
        words = {**variant.words, "blocks": _moved_blocks(there["blocks"], form), "behind": there["behind"]}
    elif (layout := _field(form, "ad-layout" if "ad-layout" in form else "layout")) in LAYOUTS:
        words = {"layout": layout, "brand": project.brand}
    changed = replace(variant, words=words)
    try:
        result = making.with_words(changed) if words is None else making.set_words(changed)
    except InputError as error:  # "words.blocks[1].box: the words leave ..."
        raise InputError(str(error).partition(": ")[2] or str(error)) from None
    return store.add_variant(variant.project, variant.picture, variant.text, edited=variant.edited, words=words, result=result)


def _moved_blocks(blocks: Sequence[dict[str, Any]], form: FormData) -> list[dict[str, Any]]:
    """The blocks as the fields of a form have them, in the same order; those whose text is empty are left out."""
    names = ("text", "left", "top", "size", "colour")
    columns = [[value for value in form.getlist(name) if isinstance(value, str)] for name in names]
    if any(len(column) != len(blocks) for column in columns):
        raise InputError("These are not the words of this ad; reload the page.")
    moved = []
    fonts = [value for value in form.getlist("font") if isinstance(value, str)]
    if len(fonts) != len(blocks):  # of a page of before
        fonts = [block["font"] for block in blocks]
    for block, text, left, top, size, colour, font in zip(blocks, *columns, fonts, strict=True):
        if not text:
            continue
        try:
            place, pixels = {"left": round(float(left)), "top": round(float(top))}, float(size)
        except (ValueError, OverflowError):
            raise InputError("Place and size of words are numbers.") from None
        lines = block["lines"] if text == block["text"] else []
        moved.append({**block, "text": text, "lines": lines, "box": place, "size": pixels, "colour": colour, "font": font})
    if not moved:
        raise InputError("Leave at least one of the words, or take all of them out.")
    return moved


def _kits_of(kits: Kits, project: Project, ad: Variant | None) -> dict[str, str]:
    """What the brand kits are called that the page speaks of, by their digests."""
    digests = {project.brand, ((ad and ad.words) or {}).get("brand")}
    return {digest: str(kits.content(digest).get("name") or "its own brand kit") for digest in digests if digest}


def _logo_of(kits: Kits, project: Project) -> bytes | None:
    """The logo's file of the present kit."""
    logo = kits.content(project.brand).get("logo")
    return None if not logo or project.brand is None else kits.files(project.brand)[logo["image"]]


def _choices(variant: Variant) -> list[tuple[str, bool]]:
    """The selling points that a text may have, and whether this one has them: those first, in its order."""
    points, text = variant.text.points, (variant.result or {})["text"].casefold()
    if variant.edited:
        there = list(variant.edited["points"])
    else:
        there = sorted((p for p in points if p.casefold() in text), key=lambda p: text.index(p.casefold()))
    return [*((point, True) for point in there), *((point, False) for point in points if point not in there)]


def _why(variant: Variant) -> dict[str, Any] | None:
    """The explanation for the page: clicks with their pictures, strongest first, and bars as shares of the strongest."""
    if variant.why is None or "error" in variant.why:
        return variant.why
    entries = []
    most = {
        kind: max((entry[kind] or 0.0 for entry in variant.why["clicks"]), default=0.0) or 1.0 for kind in ("picture", "text")
    }
    for entry in variant.why["clicks"]:
        picture, text = variant.picture.clicks[entry["index"]]
        bars = {f"{kind}_bar": (entry[kind] or 0.0) / most[kind] for kind in most}
        entries.append({**entry, **bars, "image": picture, "words": text})
    entries.sort(key=lambda entry: -(entry["picture_bar"] + entry["text_bar"]))
    return {**variant.why, "clicks": entries}
