"""All selling points in the given order: shows how far BLEU, ROUGE-L and coverage reward copying the list."""

from uniadgen.baselines import Baseline, Made, Task


def make(task: Task) -> Made:
    return Made(text=", ".join(task.request.product.selling_points))


BASELINE = Baseline("all-points", "all selling points in the given order, joined by commas", "text", make)
