"""FLUX.1 Kontext sees the product and the most similar clicked ads on one sheet, and is told to make the next ad.

It paints the product anew, so where it stands and what became of its proportions only the picture tells.
"""

from PIL import Image, ImageOps

from uniadgen.baselines import Baseline, Made, Prepared, Settings, Task, sampled
from uniadgen.baselines.background_prompts import Scene
from uniadgen.baselines.diffusion import OPTIONS, Diffusion, Paint, prepare, working_size
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import load_rgb

CLICKS = 3  # on the sheet, one below the other
SYSTEM = Diffusion(
    "flux-kontext",
    "black-forest-labs/FLUX.1-Kontext-dev",
    "FluxKontextPipeline",
    frozenset({"FluxKontextPipeline"}),
    ("transformer", "text_encoder", "text_encoder_2", "vae"),
    steps=28,
    guidance=2.5,
)


def sheet(task: Task, clicks: list[int]) -> Image.Image:
    """The product on white at the left, the clicked ads at the right; only the product without clicks. RGB."""
    image = task.request.product.image
    if not isinstance(image, Image.Image):
        raise TypeError("tasks hold cut-outs, no paths")
    width, height = working_size(task.size)
    product = ImageOps.pad(flatten(image), (width, height), color="white")
    if not clicks:
        return product
    side = height // CLICKS
    result = Image.new("RGB", (width + side, height), "white")
    result.paste(product)
    for row, number in enumerate(clicks):
        picture = load_rgb(task.request.history[number].image, f"history[{number}].image")
        result.paste(ImageOps.fit(picture, (side, side)), (width, row * side))
    return result


def make(task: Task, scene: Scene, paint: Paint, settings: Settings) -> Made:
    clicks = [] if settings.general else sampled(task, CLICKS, "most-similar")
    words = (
        "Make one new advertising photograph of the product at the left, unchanged in shape and proportions, in a new scene. "
    )
    if clicks:
        words += "Take mood, colours and light from the small pictures at the right, but copy nothing of them. "
    width, height = working_size(task.size)
    picture = paint(prompt=words + scene.prompt, image=sheet(task, clicks), max_area=width * height, _auto_resize=False)
    return Made(picture=picture, clicks=tuple(sorted({*clicks, *scene.clicks})))


def prepared(settings: Settings) -> Prepared:
    return prepare(SYSTEM, settings, make)


BASELINE = Baseline(
    "flux-kontext",
    "FLUX.1 Kontext edits a sheet of the product and the most similar clicks into an ad",
    "picture",
    needs="FLUX.1-Kontext-dev (FLUX.1 [dev] non-commercial licence, 34 GB of GPU memory in bf16)",
    options=(*OPTIONS, "general"),
    prepare=prepared,
)
