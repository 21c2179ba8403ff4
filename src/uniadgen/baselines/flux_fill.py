"""FLUX.1 Fill paints everything outside of the product's outline; the product stays where and as large as the true ad has it.

Its picture is taken as it comes: what it does to the product's edge and surface is measured, not mended.
"""

from uniadgen.baselines import Baseline, Made, Prepared, Settings, Task, standing_box
from uniadgen.baselines.background_prompts import Scene
from uniadgen.baselines.diffusion import OPTIONS, Diffusion, Paint, on_white, prepare

SYSTEM = Diffusion(
    "flux-fill",
    "black-forest-labs/FLUX.1-Fill-dev",
    "FluxFillPipeline",
    frozenset({"FluxFillPipeline"}),
    ("transformer", "text_encoder", "text_encoder_2", "vae"),
    steps=50,
    guidance=30.0,
)


def make(task: Task, scene: Scene, paint: Paint, settings: Settings) -> Made:
    canvas, mask = on_white(task)
    picture = paint(prompt=scene.prompt, image=canvas, mask_image=mask)
    return Made(picture=picture, box=standing_box(task), clicks=scene.clicks)


def prepared(settings: Settings) -> Prepared:
    return prepare(SYSTEM, settings, make)


BASELINE = Baseline(
    "flux-fill",
    "FLUX.1 Fill paints the scene around the product",
    "picture",
    needs="FLUX.1-Fill-dev (FLUX.1 [dev] non-commercial licence, 34 GB of GPU memory in bf16)",
    options=OPTIONS,
    prepare=prepared,
)
