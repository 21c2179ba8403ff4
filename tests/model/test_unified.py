import torch

from uniadgen.model.config import embedded, janus_pro, tiny
from uniadgen.model.sequence import build_prompt, stack_clicks
from uniadgen.model.text_tokenizer import TextTokenizer
from uniadgen.model.unified import CLICK_IMAGE, CLICK_TEXT, IMAGE, PADDING, TEXT, Batch, UnifiedModel
from uniadgen.prompts import load_pool


def _batch(model: UnifiedModel) -> Batch:
    torch.manual_seed(3)
    config = model.config
    history = [(torch.randint(config.image.codes, (config.click_image_tokens,)), [5, 6, 7]) for _ in range(2)]
    clicks = stack_clicks([history, history[:1]], config, pad=0)
    rows = []
    for count in (2, 1):
        kinds = [TEXT] * 4 + [CLICK_TEXT] * (3 * count) + [CLICK_IMAGE] * (config.click_image_tokens * count) + [TEXT] * 3
        rows.append(kinds + [IMAGE] * config.image.tokens)
    length = max(map(len, rows))
    kinds = torch.tensor([row + [PADDING] * (length - len(row)) for row in rows])
    ids = torch.randint(config.image.codes, kinds.shape) * ((kinds == TEXT) | (kinds == IMAGE))
    targets = torch.full_like(ids, -100)
    targets[:, 0] = 9
    starts = torch.tensor([len(row) - config.image.tokens - 1 for row in rows])
    plans = torch.randint(config.image.codes, (2, config.image.tokens)), torch.rand(2, config.image.tokens) < 0.5
    return Batch(ids, kinds, targets, starts, clicks, torch.randn(2, 3, 64, 64), torch.tensor([True, True]), *plans)


OF_SHOPPERS = ("encoder", "words", "usual", "kinship", "worth", "floor", "telling")  # what a plan knows of them


def test_all_parts_get_gradients(model: UnifiedModel) -> None:
    model.train()
    try:
        losses = model(_batch(model))
        (losses.text + losses.image).backward()
        apart = ("image_tokenizer", "outline", *(f"plan.{part}" for part in OF_SHOPPERS))  # trained on their own
        silent = [
            name
            for name, p in model.named_parameters()
            if not name.startswith(apart) and (p.grad is None or p.grad.abs().sum() == 0)
        ]
        assert silent == []
    finally:
        model.zero_grad(set_to_none=True)
        model.eval()


def test_history_and_product_change_the_picture(model: UnifiedModel) -> None:
    batch = _batch(model)
    with torch.no_grad():
        before = model(batch).image
        assert batch.clicks is not None
        batch.clicks.codes[:] = (batch.clicks.codes + 1) % model.config.image.codes
        other_history = model(batch).image
        assert batch.canvas is not None
        batch.canvas = -batch.canvas
        other_product = model(batch).image
    assert before != other_history
    assert other_history != other_product


def test_rows_of_a_batch_do_not_touch_each_other(model: UnifiedModel) -> None:
    batch = _batch(model)
    with torch.no_grad():
        both = model.embed(batch.ids, batch.kinds, batch.clicks)
        assert batch.clicks is not None
        batch.clicks.codes[0] = 0
        changed = model.embed(batch.ids, batch.kinds, batch.clicks)
    assert not torch.equal(both[0], changed[0])
    torch.testing.assert_close(both[1], changed[1])


def test_foreground_stands_where_its_token_is_predicted(model: UnifiedModel) -> None:
    features = torch.arange(1.0, 4.0).view(1, 1, 3, 1)
    placed = model.foreground_at(features, torch.tensor([2]), 7)
    assert placed.flatten().tolist() == [0, 0, 1, 2, 3, 0, 0]


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
