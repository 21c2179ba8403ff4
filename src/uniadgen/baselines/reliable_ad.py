"""ReliableAd's generation: Stable Diffusion 1.5 with an edge ControlNet paints around the product, and the best of N is kept.

The product is pasted over the result, as its public code does. Its reward model (RFNet) is not public; the best is the one that
our own inspection of pictures holds the least against.
"""

from PIL import Image

from uniadgen.baselines import Baseline, Made, Prepared, Settings, Task, standing_box
from uniadgen.baselines.background_prompts import Scene
from uniadgen.baselines.diffusion import NEGATIVE, OPTIONS, ControlNet, Diffusion, Paint, edges_of, on_white, prepare
from uniadgen.imaging.composing import compose

CANDIDATES = 4
SYSTEM = Diffusion(
    "reliable-ad",
    "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "StableDiffusionControlNetInpaintPipeline",
    frozenset({"StableDiffusionPipeline", "StableDiffusionControlNetInpaintPipeline"}),
    ("unet", "text_encoder", "vae"),
    steps=40,
    guidance=7.5,
    controlnet=ControlNet("lllyasviel/control_v11p_sd15_canny", "ControlNetModel", {}),
)


def make(task: Task, scene: Scene, paint: Paint, settings: Settings) -> Made:
    canvas, mask = on_white(task)
    painted = [
        paint(
            seed=number,
            prompt=scene.prompt,
            negative_prompt=NEGATIVE,
            image=canvas,
            mask_image=mask,
            control_image=edges_of(canvas),
            controlnet_conditioning_scale=1.0,
        )
        for number in range(settings.candidates or CANDIDATES)
    ]
    return Made(background=min(painted, key=lambda background: _against(task, background)), clicks=scene.clicks)


def _against(task: Task, background: Image.Image) -> float:
    """How sure the inspection is that a picture is to be rejected, 0 to 1."""
    from uniadgen.imaging.stance import find_stance
    from uniadgen.inspection.picture import inspect_picture

    product, placement = task.request.product, standing_box(task)
    if not isinstance(product.image, Image.Image):
        raise TypeError("tasks hold cut-outs, no paths")
    stance = find_stance(product.image, product.description, product.selling_points, product.size_cm)
    return inspect_picture(compose(background, product.image, placement), background, placement, product.image, stance).worst


def prepared(settings: Settings) -> Prepared:
    return prepare(SYSTEM, settings, make)


BASELINE = Baseline(
    "reliable-ad",
    "Stable Diffusion 1.5 with an edge ControlNet around the product, the best of N by our inspection",
    "picture",
    needs="Stable Diffusion 1.5 and its canny ControlNet (CreativeML OpenRAIL-M, 4 GB of GPU memory in fp16)",
    options=(*OPTIONS, "controlnet", "candidates"),
    prepare=prepared,
)
