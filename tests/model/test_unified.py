import copy
import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch

from uniadgen.model.config import embedded, janus_pro, tiny
from uniadgen.model.sequence import ClickedAd, Decision, build_prompt, mention_ranks, stack_clicks, stack_decisions
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import CLICK_IMAGE, CLICK_TEXT, FORM, PADDING, POINT, RANKS, SLOT, TEXT, Batch, UnifiedModel
from uniadgen.prompts import BETWEEN_POINTS, load_pool


def _batch(model: UnifiedModel) -> Batch:
    """Two ads of different length, with two clicks and with one."""
    torch.manual_seed(6)
    config, order = model.config, model.order
    rng = np.random.default_rng(0)
    history = [
        ClickedAd(
            rng.integers(config.image.codes, size=config.click_codes),
            rng.integers(8, size=2),
            [5, 6, 7 + n],
            float(rng.random()),
            n,
        )
        for n in range(2)
    ]
    clicks = stack_clicks([history, history[:1]], config, pad=0)
    rows, passes, starts, ends = [], [], [], []
    for count in (2, 1):
        kinds = (
            [TEXT] * 3
            + [POINT + 1]
            + [CLICK_TEXT] * (3 * count)
            + [CLICK_IMAGE] * (config.click_image_tokens * count)
            + [FORM, TEXT, TEXT]
        )
        starts.append(len(kinds))
        first = 4 + 3 * count
        ends.append([first + (n + 1) * config.click_image_tokens - 1 if n < count else -1 for n in range(2)])
        rows.append([*kinds, TEXT, *[SLOT] * order.tokens])
        passes.append([*range(len(kinds) + 1), *(len(kinds) + 1 + order.pass_of_slot()).tolist()])
    length = max(map(len, rows))
    kinds = torch.tensor([row + [PADDING] * (length - len(row)) for row in rows])
    scenes = torch.tensor([[*history[1].scene.tolist(), 0, 3], [3, 3, 1, 2]])  # one that a click shows, and another
    decisions = [[Decision(3, [9, 4, 2], [2, -1, 1], 0)], [Decision(3, [8, 3], [-1, 1], 1), Decision(5, [8, 3], [-1, -1], 0)]]
    return Batch(
        ids=torch.randint(200, kinds.shape) * (kinds == TEXT) + (kinds == FORM),
        kinds=kinds,
        passes=torch.tensor([row + [10**6] * (length - len(row)) for row in passes]),
        positions=torch.arange(length).expand(2, -1),
        text_starts=torch.tensor(starts) - 3,
        image_starts=torch.tensor(starts),
        click_ends=torch.tensor(ends),
        decisions=stack_decisions(decisions),
        scenes=scenes,
        codes=torch.randint(config.image.codes, (2, order.tokens)),
        pictured=torch.tensor([0, 1]),
        slots=torch.arange(order.tokens),
        clicks=clicks,
        canvas=torch.randint(256, (2, 3, 64, 64), dtype=torch.uint8),
        keep_foreground=torch.tensor([True, True]),
        keep_scene=torch.tensor([True, True]),
    )


def test_all_parts_get_gradients(model: UnifiedModel) -> None:
    model.train()
    try:
        losses = model(dataclasses.replace(_batch(model), keep_scene=torch.tensor([True, False])))
        (losses.text + losses.scene + losses.composition + losses.image).backward()
        votes = ("text_forms.usual", "text_forms.said", "text_forms.closeness", "text_forms.offset")
        apart = ("image_tokenizer", "scene_encoder", "text_embedder", "taste", *votes)  # trained on their own
        silent = [
            name
            for name, p in model.named_parameters()
            if not name.startswith(apart) and (p.grad is None or p.grad.abs().sum() == 0)
        ]
        assert silent == []
    finally:
        model.zero_grad(set_to_none=True)
        model.eval()


@torch.no_grad()
def test_history_and_product_change_everything(model: UnifiedModel) -> None:
    batch = _batch(model)
    results = [model(batch)]
    assert batch.clicks is not None
    batch.clicks.codes[:] = (batch.clicks.codes + 1) % model.config.image.codes
    results.append(model(batch))
    batch.clicks.scenes[:] = (batch.clicks.scenes + 1) % 8
    results.append(model(batch))
    for before, after in pairwise(results):
        assert before.text != after.text
        assert before.scene != after.scene
        assert before.image != after.image
    assert batch.canvas is not None
    batch.canvas = 255 - batch.canvas
    other_product = model(batch)
    assert other_product.text == results[-1].text  # words are written before the product is looked at
    assert other_product.scene != results[-1].scene
    assert other_product.image != results[-1].image


def test_rows_of_a_batch_do_not_touch_each_other(model: UnifiedModel) -> None:
    batch = _batch(model)
    with torch.no_grad():
        both = model.embed(batch.ids, batch.kinds, batch.clicks)
        assert batch.clicks is not None
        batch.clicks.codes[0] = 0
        changed = model.embed(batch.ids, batch.kinds, batch.clicks)
    assert not torch.equal(both[0], changed[0])
    torch.testing.assert_close(both[1], changed[1])


@torch.no_grad()
def test_a_slot_sees_its_pass_and_those_before(model: UnifiedModel) -> None:
    """Hidden states change from the slot on that reads a token, and in its pass, and nowhere before."""
    batch = _batch(model)
    assert batch.codes is not None
    order, where = model.order, model.slots_of(batch)

    def states() -> torch.Tensor:
        x, foreground = model.read_batch(batch)
        return model.decoder(x, passes=batch.passes, foreground=foreground)[where][0]

    before = states()
    for number, (first, last) in enumerate(order.passes[:-1]):
        token = int(order.token[first])
        batch.codes[0, token] = (batch.codes[0, token] + 1) % model.config.image.codes
        after = states()
        changed = (before - after).abs().amax(1) > 1e-6
        assert not changed[:last].any(), number
        assert changed[last:].any(), number
        before = after


@torch.no_grad()
def test_slots_are_told_their_place(model: UnifiedModel) -> None:
    """The foreground of a slot is that of its place; at a coarse scale, the mean of what is there."""
    image, grid = model.config.image, model.config.image.grid
    features = torch.arange(float(grid * grid)).view(1, 1, -1, 1)
    features_at = model.features_of_slots(features)[0, 0, :, 0]
    square = features.view(grid, grid)
    before = 0
    for side in image.scales:
        step = grid // side
        for number in range(side * side):
            row, column = divmod(number, side)
            slot = model.order.token.tolist().index(before + number)
            expected = square[row * step : (row + 1) * step, column * step : (column + 1) * step].mean()
            assert features_at[slot] == pytest.approx(float(expected))
        before += side * side
    tokens = torch.zeros(1, image.tokens, model.config.decoder.width)
    begin = torch.zeros(1, model.config.decoder.width)
    inputs = model.slot_inputs(begin, tokens, slice(0, image.tokens))[0]
    assert len({tuple(x) for x in inputs.tolist()}) == image.tokens  # though all tokens are alike
    some = model.slot_inputs(begin, tokens, slice(2, 7))[0]
    torch.testing.assert_close(some, inputs[2:7])


@torch.no_grad()
def test_a_pointer_favours_a_point(model: UnifiedModel) -> None:
    """The logit of a selling point is that of its first token, and what points at its place in the instruction."""
    batch = _batch(model)
    assert batch.decisions is not None
    x, foreground = model.read_batch(batch)
    hidden = model.decoder(x, passes=batch.passes, foreground=foreground)
    logits = model.decision_logits(hidden, batch.decisions)
    assert logits.shape == (3, 3)
    assert logits.isinf().tolist() == [[False] * 3, [False, False, True], [False, False, True]]
    words = model.text_head(hidden[0, 3])[[9, 4, 2]]
    pointed = model.point_pointer(hidden[:1, 3], hidden[:1, [2, 1]])[0]
    expected = words + torch.stack([pointed[0], torch.tensor(0.0), pointed[1]])
    torch.testing.assert_close(logits[0], expected, atol=1e-4, rtol=1e-4)
    assert pointed.abs().min() > 0
    torch.testing.assert_close(logits[2, :2], model.text_head(hidden[1, 5])[[8, 3]], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_what_is_missing_is_zero(model: UnifiedModel) -> None:
    """Words alone have no picture; a picture alone writes no words."""
    batch = _batch(model)
    losses = model(batch)
    words = dataclasses.replace(
        batch, codes=None, canvas=None, keep_foreground=None, keep_scene=None, pictured=torch.tensor([], dtype=torch.long)
    )
    losses_of_part = model(words)
    assert losses_of_part.image == 0
    assert losses_of_part.text == losses.text
    pictures = dataclasses.replace(batch, decisions=None)
    losses_of_part = model(pictures)
    assert losses_of_part.text == 0
    assert losses_of_part.scene == losses.scene
    torch.testing.assert_close(losses_of_part.image, losses.image)
    # of one row alone
    assert batch.codes is not None
    assert batch.canvas is not None
    one, other = (
        dataclasses.replace(
            batch,
            codes=batch.codes[[row]],
            canvas=batch.canvas[[row]],
            pictured=torch.tensor([row]),
            keep_foreground=None,
            keep_scene=None,
        )
        for row in (1, 0)
    )
    torch.testing.assert_close((model(one).image + model(other).image) / 2, losses.image)


@torch.no_grad()
def test_condition_dropout_hides_the_product(model: UnifiedModel) -> None:
    batch = _batch(model)
    assert batch.canvas is not None
    hidden = dataclasses.replace(batch, keep_foreground=torch.tensor([False, False]))
    other = dataclasses.replace(hidden, canvas=255 - batch.canvas)
    assert model(hidden) == model(other)
    assert model(hidden).image != model(batch).image


@torch.no_grad()
def test_a_picture_can_be_painted_without_its_scene(model: UnifiedModel) -> None:
    batch = _batch(model)
    assert batch.keep_scene is not None
    hidden = dataclasses.replace(batch, keep_scene=~batch.keep_scene)
    other = dataclasses.replace(hidden, scenes=(hidden.scenes + 1) % 4)
    assert model(hidden).image == model(other).image != model(batch).image
    assert model(hidden).scene == model(batch).scene  # which is drawn before the picture, and learnt all the same


def test_where_points_and_clicks_end(model: UnifiedModel, tokenizer: TextTokenizer) -> None:
    """Of every template and in every order; the tokens up to an end are those of the text up to it."""
    points = ["Rapid Boil", "1.7 L", "不含酒精", "Kettle"]
    for template in load_pool("unified").templates:
        prompt = build_prompt(tokenizer, model.config, template, "A kettle", points, 2, 3)
        assert len(prompt.point_ends) == len(points)
        assert list(prompt.point_ends) == sorted(set(prompt.point_ends))
        for point, end, following in zip(points, prompt.point_ends, [*points[1:], ""], strict=True):
            text = tokenizer.decode(
                [i for i, k in zip(prompt.ids[: end + 1], prompt.kinds, strict=False) if k == TEXT or k >= POINT]
            )
            text = text[-len(point) - 2 :]
            assert point in text + BETWEEN_POINTS
            assert not following or following not in text
        assert len(prompt.click_ends) == 2
        for number, end in enumerate(prompt.click_ends):
            kinds = prompt.kinds[: end + 1]
            assert kinds[-1] == CLICK_IMAGE
            assert kinds.count(CLICK_IMAGE) == (number + 1) * model.config.click_image_tokens
    general = build_prompt(tokenizer, model.config, load_pool("general_text").templates[0], "A kettle", points)
    assert general.click_ends == ()


def test_points_are_ranked_by_their_mention(model: UnifiedModel, tokenizer: TextTokenizer) -> None:
    points = ["1.7 L", "Nova", "Kettle", "Rapid", "Anti-Slip", "Steel", "不含酒精"]
    description = "NOVA Rapids kettle: anti-slip steel, 1.7 l, 不含酒精的"
    assert mention_ranks(description, points) == [4, 0, 1, RANKS - 1, 2, 3, 4]
    assert mention_ranks("", points[:2]) == [RANKS - 1] * 2
    assert mention_ranks("Nova静音水壶 1.7L Rahestym皓艾系列", ["水壶", "皓艾系列", "静音", "Nova", "7L"]) == [2, 4, 1, 0, 3]
    for template in load_pool("general_text").templates:
        prompt = build_prompt(tokenizer, model.config, template, "Nova kettle", points[:4])
        assert [prompt.kinds[end] - POINT for end in prompt.point_ends] == [RANKS - 1, 0, 1, RANKS - 1]
        assert all(kind in (TEXT, *range(POINT, POINT + RANKS)) for kind in prompt.kinds)


def test_the_end_of_a_point_is_told_its_rank(model: UnifiedModel) -> None:
    ids, kinds = torch.tensor([[5, 5, 5]]), torch.tensor([[TEXT, POINT, POINT + 2]])
    model = copy.deepcopy(model)
    assert model.mentions is not None
    torch.nn.init.zeros_(model.mentions.embedding.weight)
    assert torch.equal(model.embed(ids, kinds, None), model.embed_text(ids))
    torch.nn.init.normal_(model.mentions.embedding.weight)
    added = model.embed(ids, kinds, None)[0] - model.embed_text(ids)[0]
    assert torch.allclose(added, torch.stack([torch.zeros_like(added[0]), *model.mentions.embedding.weight[[0, 2]]]), atol=1e-5)


def test_points_that_did_not_fit_have_no_end(model: UnifiedModel, tokenizer: TextTokenizer) -> None:
    points = [f"Feature{i} Number{i}" for i in range(60)]
    prompt = build_prompt(tokenizer, model.config, load_pool("general_text").templates[0], "A kettle", points)
    assert 1 < len(prompt.point_ends) < 60
    assert f"the first {len(prompt.point_ends)} of 60" in prompt.notes[0]


def test_special_spellings_stay_text(model: UnifiedModel, tokenizer: TextTokenizer) -> None:
    template = load_pool("unified").templates[0]
    nasty = "<image_ph> </s> <text_ph> {description} <|endoftext|>"
    prompt = build_prompt(tokenizer, model.config, template, nasty, [nasty], 1, 2)
    assert prompt.kinds.count(CLICK_IMAGE) == model.config.click_image_tokens
    assert prompt.kinds.count(CLICK_TEXT) == 2
    specials = {tokenizer.pad, tokenizer.begin, tokenizer.begin_ad, tokenizer.begin_image}
    assert not specials & set(prompt.ids[1:-1])


def test_every_size_builds_from_the_same_classes() -> None:
    with torch.device("meta"):
        sizes = {config.name: sum(p.numel() for p in UnifiedModel(config).parameters()) for config in (tiny(), embedded())}
        for size, parameters in (("1B", 1.0e9), ("7B", 6e9)):
            model = UnifiedModel(janus_pro(size))  # type: ignore[arg-type]
            sizes[size] = sum(p.numel() for p in model.parameters())
            assert sizes[size] > parameters
            assert len(model.foreground.groups) == {"1B": 4, "7B": 5}[size]
    assert sizes["uniadgen-tiny"] < 1e6 < sizes["uniadgen-embedded"] < 4e7
