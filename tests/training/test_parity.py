"""Training and generation compute the same: what is drawn step by step, with caches, is the likeliest in one forward pass."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from uniadgen.ads import AdRequest, Click, Product
from uniadgen.decoding.scene_sampling import decode_scene
from uniadgen.decoding.text_grammar import decode_texts
from uniadgen.model.heads import LevelHead, join_levels, split_levels
from uniadgen.model.sequence import ClickedAd, unconditional_prompt
from uniadgen.model.unified import UnifiedModel
from uniadgen.options import GenerateOptions
from uniadgen.pipeline.generator import AdGenerator
from uniadgen.pipeline.painting import paint_backgrounds
from uniadgen.pipeline.preparing import PreparedAd, foreground_canvas
from uniadgen.pipeline.reading import read_instructions
from uniadgen.pipeline.writing import draw_forms, write_texts
from uniadgen.training.batches import Example, Kept, ProductView, collate, spelled

OPTIONS = GenerateOptions(size=(64, 64), temperature=0.0, text_temperature=0.0, sampling="most-similar")
CLOSE = {"atol": 2e-3, "rtol": 1e-3}


def _clicks(count: int) -> list[Click]:
    return [Click(Image.new("RGB", (90, 60 + i), (i * 80 % 256, 80, 200 - 60 * i)), f"Kettle {i} </s>") for i in range(count)]


def _history(ad: PreparedAd) -> list[ClickedAd]:
    if ad.clicks is None:
        return []
    clicks, parts = ad.clicks, []
    for number in range(clicks.codes.shape[1]):
        text = clicks.text[0, number][clicks.text_visible[0, number]].tolist()
        alike = float(clicks.similarity[0, number])
        form = int(clicks.forms[0, number])
        parts.append(ClickedAd(clicks.codes[0, number].numpy(), clicks.scenes[0, number].numpy(), text, alike, form))
    return parts


@dataclasses.dataclass
class Drawn:
    """What was decoded: texts, the logits of each choice by row, scene tokens, image tokens."""

    ads: list[PreparedAd]
    texts: list[str]
    logits: list[list[Tensor]]
    scenes: Tensor
    codes: Tensor
    passes: int


@torch.inference_mode()
def _decode(generator: AdGenerator, requests: list[AdRequest], guidance: float, patch: pytest.MonkeyPatch) -> Drawn:
    loaded, options = generator.loaded, dataclasses.replace(OPTIONS, guidance=guidance)
    ads = generator.prepare(requests, range(len(requests)), options)
    seen: list[list[Tensor]] = [[] for _ in ads]
    scenes: list[Tensor] = []

    def recorded(grammars: Any, hidden: Any, read: Any, logits: Callable[..., Tensor], *more: Any) -> None:
        def asked(row: int, state: Tensor, choices: Any) -> Tensor:
            values = logits(row, state, choices)
            seen[row].append(values.clone())
            return values

        decode_texts(grammars, hidden, read, asked, *more)

    def spied(*arguments: Any, **options: Any) -> Tensor:
        scenes.append(decode_scene(*arguments, **options))
        return scenes[-1]

    patch.setattr("uniadgen.pipeline.writing.decode_texts", recorded)
    patch.setattr("uniadgen.pipeline.painting.decode_scene", spied)
    instructions, draws = read_instructions(loaded, ads), [loaded.generator(ad.seed) for ad in ads]
    texts = write_texts(loaded, ads, instructions, draws, options)
    painted = paint_backgrounds(loaded, ads, instructions, draws, options)
    drawn = scenes[0] if scenes else torch.zeros(len(ads), 0, dtype=torch.long)
    return Drawn(ads, texts, seen, drawn, painted.codes, painted.passes)


def _example(generator: AdGenerator, drawn: Drawn, row: int, conditional: bool = True) -> Example:
    """What training would make of an ad that has been drawn; or of its picture alone."""
    model, tokenizer, ad = generator.model, generator.tokenizer, drawn.ads[row]
    canvas = foreground_canvas(generator.loaded, ad.request.cutout, OPTIONS.size, ad.placement)
    product_view = ProductView(0, 0, ((canvas + 1) * 127.5).round().byte().permute(1, 2, 0).numpy())
    scene, codes = drawn.scenes[row].numpy(), drawn.codes[row].numpy()
    if not conditional:
        return Example(unconditional_prompt(tokenizer, model.config, 1), -1, [], [], scene, codes, [], product_view)
    written = spelled(tokenizer, model.config, ad.prompt, ad.request.selling_points, drawn.texts[row])
    with torch.no_grad():
        forms = draw_forms(model, [ad.clicks], 0.0, [])
    return Example(ad.prompt, -1 if forms is None else int(forms[0]), *written, scene, codes, _history(ad), product_view)


@pytest.mark.parametrize("kind", ["in passes", "row by row"])
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_one_forward_pass_says_what_was_decoded(
    generator: AdGenerator,
    raster_generator: AdGenerator,
    cutout: Image.Image,
    guidance: float,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ads of different length in one batch, with several clicks, with one and with none."""
    used = generator if kind == "in passes" else raster_generator
    model, order = used.model, used.model.order
    kettle = Product(cutout, "A kettle", ["Aster", "Rapid Boil", "Steel Kettle", "1.7 L", "<image_ph>"])
    mug = Product(cutout, "A mug for those who are never done with drinking tea", ["Birch", "White Mug", "不含酒精", "300 ml"])
    requests = [AdRequest(kettle, _clicks(5)), AdRequest(mug, _clicks(1)), AdRequest(kettle), AdRequest(mug, _clicks(3))]
    drawn = _decode(used, requests, guidance, monkeypatch)
    rows = len(requests)
    examples = [_example(used, drawn, row) for row in range(rows)]
    if guidance != 1:
        examples += [_example(used, drawn, row, conditional=False) for row in range(rows)]
    keep = Kept(torch.ones(len(examples), dtype=torch.bool), torch.arange(len(examples)) < rows)
    batch = collate(examples, model.config, used.tokenizer, keep, torch.arange(order.tokens))
    assert len({len(e.prompt.ids) + len(e.text) for e in examples}) > 2
    with torch.no_grad():
        x, foreground = model.read_batch(batch)
        hidden = model.decoder(x, passes=batch.passes, positions=batch.positions, foreground=foreground)

        # the text: all logits
        assert batch.decisions is not None
        logits = model.decision_logits(hidden, batch.decisions)
        decoded = [(row, values) for row in range(rows) for values in drawn.logits[row]]
        assert len(decoded) == len(logits) > 6
        for (row, values), expected, number in zip(decoded, logits, batch.decisions.row.tolist(), strict=True):
            assert row == number
            torch.testing.assert_close(values, expected[: len(values)], **CLOSE)  # type: ignore[arg-type]
            assert expected[len(values) :].isinf().all()
        assert (batch.decisions.points >= 0).any()

        def guided(conditional: Tensor, other: Tensor) -> Tensor:
            return conditional if guidance == 1 else torch.lerp(other, conditional, guidance)

        # the scene token: the likeliest at each level
        if model.scene_head is not None:
            head, some = model.scene_head, torch.arange(len(examples))
            at = hidden[some, batch.image_starts]
            votes, scenes = model.clicks_votes(hidden, batch, at)
            for level, own_logits in head.taught(at, batch.scenes[:, : head.levels]):
                mixed = head.log_probabilities(own_logits, level, votes, scenes)
                likeliest = guided(mixed[:rows], own_logits[rows:].log_softmax(-1)).argmax(-1)
                assert likeliest.tolist() == drawn.scenes[:, level].tolist()
            composition = model.composition
            assert composition is not None
            begun = composition.head.taught(
                torch.cat([at, head.embed(batch.scenes[:, : head.levels])], 1), batch.scenes[:, head.levels :]
            )
            for level, own_logits in begun:
                shares = own_logits.log_softmax(-1)
                likeliest = guided(shares[:rows], shares[rows:]).argmax(-1)
                assert likeliest.tolist() == drawn.scenes[:, head.levels + level].tolist()

        # the picture: the likeliest in every slot
        states, codes = hidden[model.slots_of(batch)], batch.codes[:, order.token]  # type: ignore[index]
        assert torch.equal(codes[:rows], drawn.codes[:, order.token])
        if isinstance(model.image_head, LevelHead):
            levels = model.image_head.levels
            taught = [level_logits for _, level_logits in model.image_head.taught(states, split_levels(codes, levels))]
            likeliest = join_levels(torch.stack([guided(t[:rows], t[rows:]).argmax(-1) for t in taught], -1), levels)
        else:
            likeliest = guided(*(model.image_head(part) for part in (states[:rows], states[rows:]))).argmax(-1)
        assert likeliest.tolist() == codes[:rows].tolist()
        assert len(drawn.codes.unique()) > 2
        losses = model(batch)
    assert all(bool(getattr(losses, name).isfinite()) for name in ("text", "scene", "composition", "image"))


def test_a_text_that_the_grammar_cannot_write_is_read(model: UnifiedModel, generator: AdGenerator) -> None:
    """It teaches no choices; the picture after it is learnt all the same."""
    tokenizer, config = generator.tokenizer, model.config
    prompt = unconditional_prompt(tokenizer, config, 1)
    ids, decisions = spelled(tokenizer, config, prompt, ["Aster", "Kettle"], "A very fine Kettle by Aster")
    assert decisions == []
    assert ids == tokenizer.encode(" A very fine Kettle by Aster")[: config.text.ad_tokens]
    ids, decisions = spelled(tokenizer, config, prompt, ["Aster", "Kettle"], "Kettle, Aster")
    assert len(decisions) > 2
    assert [d.position for d in decisions] == sorted({d.position for d in decisions})
    assert spelled(tokenizer, config, prompt, [], "Kettle")[1] == []
