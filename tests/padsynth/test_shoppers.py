"""Shoppers click what they like, mostly; and nothing of the test products reaches training."""

import itertools
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest

from uniadgen.padsynth.shoppers import (
    CLICKS,
    FAMILY_WEIGHT,
    KINDS,
    LIGHT_WEIGHT,
    PALETTE_WEIGHT,
    STYLE_WEIGHT,
    CreativeIndex,
    Taste,
    affinity,
    index_creatives,
    make_shoppers,
    make_taste,
    sample_history,
    shopper_split,
)
from uniadgen.padsynth.specs import CATEGORIES, DEPARTMENTS, PLAUSIBLE, SCENE_FAMILIES, CreativeSpec
from uniadgen.padsynth.titles import STYLES
from uniadgen.padsynth.worldgen import World, make_world
from uniadgen.rng import stream

WEIGHTS = (FAMILY_WEIGHT, PALETTE_WEIGHT, LIGHT_WEIGHT, STYLE_WEIGHT)


class Setting:
    """A world, with what the tests look up in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.index: CreativeIndex = index_creatives(world.products, world.creatives, world.splits)
        self.creative: dict[str, CreativeSpec] = {creative.id: creative for creative in world.creatives}
        self.shoppers = list(world.shoppers())
        self.department = {product.id: product.department for product in world.products}
        self.category = {product.id: product.category for product in world.products}

    def fit(self, name: str, taste: Taste) -> list[bool]:
        """Whether family, palette, light and text style of a creative are preferred."""
        c = self.creative[name]
        department = self.department[c.product_id]
        traits = (c.scene.family, c.scene.palette, c.scene.light, c.text_style)
        liked = (taste.families, taste.palettes, taste.lights, taste.text_styles)
        return [name in of[department] for name, of in zip(traits, liked, strict=True)]

    def rates(self, pairs: Iterable[tuple[str, Taste]]) -> tuple[float, ...]:
        return tuple(np.mean([self.fit(name, taste) for name, taste in pairs], axis=0).tolist())


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(make_world(0, 200, 1000))


def test_tastes_are_plausible_and_reproducible() -> None:
    for index in range(100):
        taste = make_taste(0, index)
        assert taste == make_taste(0, index) == Taste.from_dict(taste.as_dict())
        assert all(set(families) <= set(PLAUSIBLE[department]) for department, families in taste.families.items())
        for liked in (taste.palettes, taste.lights, taste.text_styles):
            assert set(liked) == set(DEPARTMENTS)
            assert all(1 <= len(set(chosen)) == len(chosen) <= 2 for chosen in liked.values())
        assert 2 <= len(set(taste.interests)) == len(taste.interests) <= 3
        assert {CATEGORIES[name].department for name in taste.wanted} == set(taste.interests)
        for families in taste.families.values():  # of what stands or leans, lies, hangs
            kinds = [SCENE_FAMILIES[name].postures[0].replace("leans", "stands") for name in families]
            assert len(set(families)) == len(families)
            assert set(Counter(kinds)) == {"stands", "lies", "hangs"}
            assert max(Counter(kinds).values()) <= 2
    named = [make_taste(0, index) for index in range(200)]
    assert {name for taste in named for chosen in taste.text_styles.values() for name in chosen} == set(STYLES)
    # Departments are tasted apart, but now and then alike.
    alike = np.mean([a == b for taste in named for a, b in itertools.combinations(taste.palettes.values(), 2)])
    assert 0.1 < alike < 0.4


def test_a_taste_of_the_first_world_is_read() -> None:
    old = {
        "families": {"beauty": ["marble"]},
        "palettes": ["sky"],
        "lights": ["soft"],
        "text_style": "short",
        "interests": ["beauty"],
    }
    assert Taste.from_dict(old) == Taste(
        {"beauty": ("marble",)}, {"beauty": ("sky",)}, {"beauty": ("soft",)}, {"beauty": ("short",)}, ("beauty",), ()
    )


def test_clicks_follow_the_taste(setting: Setting) -> None:
    shoppers = setting.shoppers[:400]
    clicked = setting.rates((name, s.taste) for s in shoppers for name, _ in s.clicks)
    # The clicks of one shopper against the taste of another show what chance alone would give.
    chance = setting.rates((name, t.taste) for s, t in itertools.pairwise(shoppers) for name, _ in s.clicks)
    targets = setting.rates((s.target, s.taste) for s in shoppers)
    for got, base, best in zip(clicked, chance, targets, strict=True):
        assert got > 1.4 * base
        assert best > got
    assert clicked[0] > 2 * chance[0]
    assert targets[0] > 0.8


def test_most_clicks_fall_on_departments_of_interest(setting: Setting) -> None:
    shoppers = setting.shoppers[:400]
    clicked = [setting.department[setting.creative[n].product_id] in s.taste.interests for s in shoppers for n, _ in s.clicks]
    targets = [setting.department[setting.creative[s.target].product_id] in s.taste.interests for s in shoppers]
    assert 0.6 < np.mean(clicked) < 0.9  # 0.42 by chance
    assert np.mean(targets) > 0.9  # a split of a small world may lack a department
    wanted = np.mean(
        [setting.category[setting.creative[n].product_id] in s.taste.wanted for s in shoppers for n, _ in s.clicks]
    )
    assert 0.3 < wanted < 0.6  # 0.16 by chance


def test_a_history_is_mixed(setting: Setting) -> None:
    """Mostly clicks by taste; gifts come in bursts, in departments of no interest and in somebody else's taste."""
    kinds = Counter(kind for s in setting.shoppers for kind in s.kinds)
    shares = {kind: count / kinds.total() for kind, count in kinds.items()}
    assert set(shares) == set(KINDS)
    assert 0.6 < shares["taste"] < 0.8
    assert 0.05 < shares["gift"] < 0.2
    assert 0.1 < shares["one-off"] < 0.2
    bursts = [
        [setting.department[setting.creative[name].product_id] for _, (name, _) in burst]
        for s in setting.shoppers
        for kind, burst in itertools.groupby(zip(s.kinds, s.clicks, strict=True), lambda click: click[0])
        if kind == "gift"
    ]
    assert np.mean([len(set(burst)) == 1 for burst in bursts]) > 0.8  # two bursts may stand side by side
    assert np.mean([len(burst) >= 3 for burst in bursts]) > 0.8
    fit = {
        kind: [(n, s.taste) for s in setting.shoppers for (n, _), k in zip(s.clicks, s.kinds, strict=True) if k == kind]
        for kind in KINDS
    }
    rates = {kind: np.mean(setting.rates(pairs)) for kind, pairs in fit.items()}
    assert rates["taste"] > 2 * rates["gift"]
    assert rates["taste"] > 2 * rates["one-off"]
    foreign = [setting.department[setting.creative[n].product_id] not in taste.interests for n, taste in fit["gift"]]
    assert all(foreign)


def test_clicks_on_related_products_tell_more(setting: Setting) -> None:
    """Of clicks by taste: those in the target's department share its palette, light and style more often than others do."""
    near: list[tuple[bool, ...]] = []
    far: list[tuple[bool, ...]] = []
    for s in setting.shoppers:
        aim = setting.creative[s.target]
        for name, _ in s.clicks:
            c = setting.creative[name]
            same = setting.department[c.product_id] == setting.department[aim.product_id]
            alike = (c.scene.palette == aim.scene.palette, c.scene.light == aim.scene.light, c.text_style == aim.text_style)
            (near if same else far).append(alike)
    assert (np.mean(near, axis=0) > 1.3 * np.mean(far, axis=0)).all()


def test_the_better_an_ad_fits_the_more_often_it_is_clicked(setting: Setting) -> None:
    """Clicks per ad that could have been clicked, by how well it fits: it rises, and noise keeps it from falling to zero."""
    bounds = [0.5, 10.0, 17.0]  # between: nothing fits, one thing, two, more

    def fits(taste: Taste, names: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        some = [setting.creative[name] for name in names]
        values = [affinity(taste, setting.department[c.product_id], c.scene, c.text_style) for c in some]
        return np.bincount(np.digitize(values, bounds), minlength=4)

    clicked, there = np.zeros(4), np.zeros(4)
    for number, shopper in enumerate(setting.shoppers[:400]):
        clicked += fits(shopper.taste, (name for name, _ in shopper.clicks))
        there += fits(shopper.taste, list(setting.creative)[number % 10 :: 10])
    rate = clicked / clicked.sum() / (there / there.sum())
    assert 0.2 < rate[0] < 0.35  # as much as noise alone makes
    assert rate[1] > rate[0]  # pages are long: an ad with one merit is hardly ever the best on its page
    assert rate[2] > 3 * rate[1], rate
    assert rate[3] > 1.5 * rate[2], rate  # few products of a small world have an ad that fits in more


def test_the_world_has_all_that_is_promised(setting: Setting) -> None:
    products, creatives = setting.world.products, setting.world.creatives
    assert len({product.department for product in products}) == 6
    assert len({product.category for product in products}) >= 24
    assert len({creative.scene.family for creative in creatives}) >= 12
    assert len({creative.text_style for creative in creatives}) >= 8
    assert {shopper.split for shopper in setting.shoppers} == {"train", "val", "test"}
    uses = Counter(creative.scene.id for creative in creatives)
    assert 0.15 < sum(count > 1 for count in uses.values()) / len(uses) < 0.35


def test_affinity_adds_up(setting: Setting) -> None:
    for creative in setting.world.creatives[:50]:
        for k in range(5):
            taste = make_taste(5, k)
            fit = setting.fit(creative.id, taste)
            value = affinity(taste, setting.department[creative.product_id], creative.scene, creative.text_style)
            assert (value > 0) == any(fit)
            assert value == pytest.approx(sum(w for w, hit in zip(WEIGHTS, fit, strict=True) if hit))


def test_shoppers_are_sound(setting: Setting) -> None:
    for shopper in setting.shoppers:
        names = [name for name, _ in shopper.clicks]
        times = [when for _, when in shopper.clicks]
        assert len(names) == len(shopper.kinds) <= CLICKS[1]
        assert len(names) >= CLICKS[0] - 2
        assert times == sorted(times)
        assert len(set(names)) == len(names)
        product = setting.creative[shopper.target].product_id
        assert product not in {setting.creative[name].product_id for name in names}


def test_splits_are_disjoint(setting: Setting) -> None:
    splits = setting.world.splits
    seen_in_training: set[str] = set()
    for shopper in setting.shoppers:
        assert splits[setting.creative[shopper.target].product_id] == shopper.split
        names = [name for name, _ in shopper.clicks]
        assert {splits[setting.creative[name].product_id] for name in names} <= {"train", shopper.split}
        if shopper.split == "train":
            seen_in_training.update(setting.creative[name].scene.id for name in (*names, shopper.target))
    tested = {setting.creative[shopper.target].scene.id for shopper in setting.shoppers if shopper.split == "test"}
    assert tested
    assert not tested & seen_in_training
    assert [shopper_split(0, k) for k in range(20)].count("test") == 2


def test_same_seed_same_shoppers(setting: Setting) -> None:
    assert list(make_shoppers(0, 50, setting.index)) == setting.shoppers[:50]
    assert list(make_shoppers(1, 50, setting.index)) != setting.shoppers[:50]


def test_sampled_histories_lead_to_their_target(setting: Setting) -> None:
    hits: list[tuple[float, ...]] = []
    base: list[tuple[float, ...]] = []
    names = list(setting.creative)
    for k in range(400):
        target = setting.creative[names[k]]
        history = sample_history(stream(0, "history", k), target.id, setting.index, 10)
        clicks = [setting.creative[name] for name in history]
        assert 8 <= len(clicks) <= 10
        assert history == sample_history(stream(0, "history", k), target.id, setting.index, 10)
        assert target.product_id not in {click.product_id for click in clicks}
        allowed = {"train", setting.world.splits[target.product_id]}
        assert {setting.world.splits[click.product_id] for click in clicks} <= allowed
        other = setting.creative[names[-1 - k]]
        for aim, collected in ((target, hits), (other, base)):
            department = setting.department[aim.product_id]
            for c in clicks:
                same = setting.department[c.product_id] == department
                family = float(c.scene.family == aim.scene.family) if same else np.nan
                collected.append((family, c.scene.palette == aim.scene.palette, c.text_style == aim.text_style))
    assert (np.nanmean(hits, axis=0) > 1.5 * np.nanmean(base, axis=0)).all()


def test_histories_of_any_length(setting: Setting) -> None:
    target = setting.world.creatives[0].id
    assert sample_history(stream(0), target, setting.index, 0) == []
    assert [len(sample_history(stream(0, n), target, setting.index, n)) for n in (1, 3, 12, 30)] == [1, 3, 12, 30]
    assert len(sample_history(stream(0), target, setting.index, 12, clear=True)) == 12


def test_no_products_no_shoppers(setting: Setting) -> None:
    only_train = [c for c in setting.world.creatives if setting.world.splits[c.product_id] == "train"]
    index = index_creatives(setting.world.products, only_train, setting.world.splits)
    assert {shopper.split for shopper in make_shoppers(0, 40, index)} == {"train"}
