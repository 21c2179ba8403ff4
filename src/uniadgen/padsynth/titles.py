"""The texts of PAd-Synth's ads: titles as shops write them, and a writer that uses nothing but the words of the selling points.

A style is a habit of shops: which kinds of selling points stand where, what joins them, what stands in brackets. Every title
names the brand and what the thing is. Selling points keep their words and their case; only the style's marks are added, so
whoever removes MARKS has words of the selling points left, none of them used more often than given.

Lengths and order follow a public sample of 11,452 Flipkart titles: 91 % begin with the brand, half have 5 to 8 words and
nearly all 3 to 14; 10 % have a dash, mostly before an audience or a size, 8 % commas, 5 % a pack. Brackets in front, bars and
full-width marks are the habit of other marketplaces. Chinese products get the same styles in Chinese form: no spaces,
full-width marks.

`pseudo_title_task` makes the same task with invented words, to teach a small model to copy what it has never read.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from uniadgen.padsynth.catalogue import brand_name, chinese_brand, is_chinese, model_code, pseudo_word, series_name
from uniadgen.padsynth.pools import PROMOTIONS
from uniadgen.padsynth.specs import ProductSpec, SellingPoint

MARKS = " ,|-[]()【】（），｜!！"  # that a style may add
CHINESE_SHARE = 0.15  # of invented tasks, and of the clicked ads of the others
OF_THE_SAME = 0.6  # share of the clicked ads of a Chinese task that are Chinese, too
FITTING = 0.7  # share of a style's slots that a product must be able to fill
# What a text must not lose to the rule that no word comes twice.
_NEVER_LEFT_OUT = frozenset({"brand", "type", "series"})
_SMALL_WORDS = frozenset({"for", "of", "with", "and", "a", "in"})
_BRACKETS = {"[": "]", "(": ")", "【": "】", "（": "）"}
_IN_CHINESE = {" ": "", ", ": "，", " | ": "｜", " - ": " ", "[": "【", "]": "】", "(": "（", ")": "）", "!": "！"}


@dataclass(frozen=True)
class Part:
    """A stretch of a style inside one pair of brackets, or outside of any.

    lead: what stands before it. items: (what stands before the slot, its type of selling point); the first stands there bare.
    """

    lead: str
    opening: str  # a bracket, or empty
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TextStyle:
    """How the shops of one kind put a title together.

    template: types of selling points as they follow each other, between the marks of the style; "feature" comes as often as
    features are told. Slots that a product cannot fill are left out, with the mark before them.
    """

    name: str
    template: str

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        parts: list[Part] = []
        lead = ""
        pieces = re.finditer(r"([\[(【（])([^\])】）]*)[\])】）]|([^\[(【（]+)", self.template.removesuffix("!"))
        for bracket, inside, outside in (piece.groups() for piece in pieces):
            items = tuple(re.findall(r"([^a-z]*)([a-z]+)", inside or outside))
            if items:
                parts.append(Part(lead + ("" if bracket else items[0][0]), bracket or "", items))
            lead = "" if bracket else re.sub(r".*[a-z]", "", outside)
        return tuple(parts)

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """Types of selling points in order."""
        return tuple(slot for part in self.parts for _, slot in part.items)

    @cached_property
    def marked(self) -> frozenset[str]:
        """The types without which the style could not be told: what it begins with, and what stands in brackets."""
        return frozenset({self.slots[0], *(slot for part in self.parts if part.opening for _, slot in part.items)})

    @property
    def emphasis(self) -> bool:
        return self.template.endswith("!")


STYLES: dict[str, TextStyle] = {
    style.name: style
    for style in (
        TextStyle("short", "brand type feature"),
        TextStyle("brand_first", "brand series feature material type"),
        TextStyle("audience_dash", "brand model feature type - audience"),
        TextStyle("size_dash_pack", "brand feature colour type - size (pack)"),
        TextStyle("audience_commas", "brand type, feature, feature, colour, audience"),
        TextStyle("kind_commas", "type, feature, feature, material, brand"),
        TextStyle("kind_dashes", "type - brand series - feature - size"),
        TextStyle("feature_first", "feature feature colour type brand"),
        TextStyle("promotion_square", "[promotion] brand type feature feature"),
        TextStyle("promotion_lenticular", "【promotion】brand feature type size"),
        TextStyle("lenticular_several", "【brand series】type feature feature【pack, promotion】"),
        TextStyle("brand_square_long", "[brand] series model feature feature material type size colour audience"),
        TextStyle("spec_pipes", "brand type | model | size | material | colour | feature | feature"),
        TextStyle("full_width", "brand｜type｜feature｜feature（material，size）"),
        TextStyle("deal", "brand type size pack promotion!"),
    )
}


def fitting_styles(points: Sequence[SellingPoint]) -> list[TextStyle]:
    """The styles whose beginning and brackets these selling points can fill, and which keep most of their slots."""
    types = {point.type for point in points}
    return [
        style
        for style in STYLES.values()
        if style.marked <= types and sum(slot in types for slot in style.slots) >= FITTING * len(style.slots)
    ]


def compose_text(points: Sequence[SellingPoint], style: TextStyle, draw: random.Random) -> str:
    """A title of this style from these selling points; which features are told is drawn, the order is the style's."""
    chosen = _choose(points, style, draw)
    chinese = any(is_chinese(point.text) for point in points if point.type == "type")

    def mark(text: str) -> str:
        return _IN_CHINESE.get(text, text) if chinese else text

    title, place = "", 0
    for part in style.parts:
        texts = chosen[place : place + len(part.items)]
        place += len(part.items)
        filled = [(before, text) for (before, _), text in zip(part.items, texts, strict=True) if text is not None]
        if not filled:
            continue
        inside = filled[0][1]
        for before, text in filled[1:]:
            inside = _joined(inside, mark(before), text)
        if part.opening:
            inside = mark(part.opening) + inside + mark(_BRACKETS[part.opening])
        title = _joined(title, mark(part.lead), inside) if title else inside
    return title + (mark("!") if style.emphasis else "")


def _joined(left: str, mark: str, right: str) -> str:
    """Two texts with a mark between them, and a space where Latin words would run together."""
    apart = not mark and _is_latin(left[-1]) and _is_latin(right[0])
    return left + (" " if apart else mark) + right


def _is_latin(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "%.")


def _choose(points: Sequence[SellingPoint], style: TextStyle, draw: random.Random) -> list[str | None]:
    """The text of each slot of the style, None where there is none; never all selling points, and no word twice."""
    left = list(points)
    draw.shuffle(left)
    chosen: list[str | None] = [None] * len(style.slots)
    used: set[str] = set()
    # The brand and the kind first, features last: those give way that have a word in common with what must be told.
    order = sorted(range(len(chosen)), key=lambda k: (style.slots[k] not in _NEVER_LEFT_OUT, style.slots[k] == "feature", k))
    for slot in order:
        kind = style.slots[slot]
        point = next((p for p in left if p.type == kind and (kind in _NEVER_LEFT_OUT or not used & _words(p.text))), None)
        if point is not None and len(left) > 1:
            left.remove(point)
            chosen[slot] = point.text
            used |= _words(point.text)
    return chosen


def _words(text: str) -> set[str]:
    """Words, and pairs of Chinese characters, that a title should not say twice."""
    pairs = {text[i : i + 2] for i in range(len(text) - 1) if is_chinese(text[i]) and is_chinese(text[i + 1])}
    return ({word.lower() for part in text.split() for word in part.split("-")} - _SMALL_WORDS) | pairs


def write(product: ProductSpec, style: TextStyle, draw: random.Random) -> str:
    """The text of one ad for this product in this style."""
    return compose_text(product.selling_points, style, draw)


# --- invented tasks ---

_THINGS = (
    "Kettle|Lamp|Jacket|Drone|Chair|Sofa|Blanket|Backpack|Watch|Tablet|Keyboard|Mouse|Router|Printer|Helmet|Tent|Scooter|"
    "Stroller|"
    "Pillow|Mattress|Curtain|Rug|Mirror|Clock|Knife|Pan|Oven|Mixer|Juicer|Grill|Fan|Heater|Drill|Saw|Ladder|Vase|Candle|Serum|"
    "Mask|Lotion|Soap|Toothbrush|Razor|Comb|Shirt|Sneakers|Boots|Gloves|Scarf|Belt|Wallet|Necklace|Ring|Sunglasses|"
    "Guitar|Piano|"
    "Puzzle|Doll|Robot|Crayon|Notebook|Pen|Coffee|Honey|Noodles|Cookies|Chocolate|Pasta|Sauce|Milk|Racket|Kayak|Bicycle|"
    "Treadmill"
)
_PARTS = (
    "Grip|Lid|Filter|Handle|Coating|Motor|Blade|Sensor|Timer|Battery|Display|Lens|Zip|Pocket|Sole|Lining|Strap|Base|Cover|Seal|"
    "Wheel|Hinge|Button|Mode|Control|Cleaning|Cooling|Heating|Charging|Storage|Design|Finish|Comfort|Protection|Release|Lock|"
    "Texture|Flavour|Aroma|Formula|Care|Technology|Extract|Support|Cushion|Sound|Vision|Balance|Fit|Touch"
)
_ADJECTIVES = (
    "Quick|Silent|Soft|Solid|Smart|Slim|Bright|Deep|Gentle|Rapid|Steady|Clear|Firm|Light|Warm|Cool|Pure|Rich|Crisp|Dual|Triple|"
    "Hidden|Magnetic|Removable|Foldable|Adjustable|Washable|Breathable|Waterproof|Anti-Slip|Non-Stick|Long-Life|Shock-Proof|"
    "Ergonomic|Compact|Portable|Wireless|Natural|Organic|Reinforced|Flexible|Tempered|Elastic|Seamless|Sturdy|Polished"
)
_STUFFS = (
    "Steel|Oak|Cotton|Leather|Glass|Bamboo|Silicone|Wool|Ceramic|Aluminium|Linen|Velvet|Walnut|Silk|Nylon|Marble|Copper|Cork"
)
_HUES = "White|Black|Grey|Blue|Green|Red|Pink|Yellow|Orange|Purple|Brown|Silver|Gold|Beige|Turquoise|Ivory|Crimson|Indigo"
_PEOPLE = (
    "Men|Women|Kids|Babies|Teens|Seniors|Families|Students|Runners|Hikers|Gamers|Campers|Drivers|Cyclists|Artists|Chefs|Pets|"
    "Travel|Office|Home|Outdoors|School|Camping|Weddings|Winter|Summer|Parties|Gardening|Yoga|Fishing"
)
_UNITS = "ml|L|g|kg|cm|mm|m|W|Inch|GB|oz|Hz|V|mAh"
_EXTRAS = ("Made In", "Tested By", "Designed In", "Certified By", "Approved By")


def _one(draw: random.Random, pool: str) -> str:
    return draw.choice(pool.split("|"))


def _rare(draw: random.Random) -> str:
    return pseudo_word(draw).capitalize()


def _qualified(draw: random.Random, pool: str) -> str:
    """A word of the pool, mostly behind an adjective or a word nobody has seen."""
    kind = draw.random()
    before = f"{_rare(draw)} " if kind < 0.45 else f"{_one(draw, _ADJECTIVES)} " if kind < 0.85 else ""
    return before + _one(draw, pool)


def _amount(draw: random.Random) -> str:
    number = draw.choice((str(draw.randint(1, 999)), str(draw.randint(1, 99)), f"{draw.uniform(0.1, 9.9):.1f}"))
    return f"{number} {_one(draw, _UNITS)}"


def _pack(draw: random.Random) -> str:
    # Several wordings, all recognisable without knowing the type.
    number = draw.randint(2, 48)
    forms = (
        f"Pack Of {number}",
        f"Set Of {number}",
        f"{number} Pieces",
        f"With {_one(draw, _PARTS)}",
        "Single Pack",
        "Gift Box",
    )
    return draw.choice(forms)


def _promotion(draw: random.Random) -> str:
    return draw.choice(
        (*PROMOTIONS, f"{draw.randint(5, 90)}% Off", f"Save {draw.randint(2, 60)}%", f"Free {_one(draw, _PARTS)}")
    )


def _extra(draw: random.Random) -> str:
    """A statement that no style has a slot for."""
    forms = (
        f"{draw.randint(1, 10)} Year Warranty",
        f"{draw.choice(_EXTRAS)} {_rare(draw)}",
        f"Rated {draw.uniform(3, 5):.1f} Stars",
    )
    return draw.choice(forms)


@dataclass(frozen=True)
class TitleTask:
    """A copying task without any label: what a model is given, and what it is to write."""

    description: str
    selling_points: list[str]
    text: str
    clicked_texts: list[str]


# Chinese words of any trade; what nobody has read is made of _SYLLABLES.
_CHINESE = {
    "things": "水壶|台灯|外套|椅子|沙发|毛毯|双肩包|手表|键盘|鼠标|头盔|帐篷|婴儿车|枕头|床垫|窗帘|地毯|镜子|炒锅|烤箱|"
    "风扇|花瓶|面霜|面膜|香皂|牙刷|衬衫|跑鞋|"
    "手套|围巾|皮带|钱包|项链|太阳镜|吉他|拼图|笔记本|咖啡|蜂蜜|面条|饼干|牛奶|球拍|自行车",
    "adjectives": "静音|轻便|加厚|智能|超薄|柔软|防滑|防水|可拆卸|可折叠|可调节|透气|便携|无线|天然|加固|复古|简约|大号|迷你",
    "parts": "手柄|滤网|涂层|电机|刀头|定时|电池|屏幕|拉链|口袋|鞋底|内衬|肩带|底座|密封|滚轮|按键|散热|加热|充电|收纳|"
    "设计|触感|护理|配方|支撑|音效",
    "materials": "不锈钢|橡木|纯棉|真皮|玻璃|竹制|硅胶|羊毛|陶瓷|铝合金|亚麻|丝绒|胡桃木|尼龙|大理石|黄铜",
    "colours": "白色|黑色|灰色|蓝色|绿色|红色|粉色|黄色|橙色|紫色|棕色|银色|金色|米色|湖蓝|象牙白",
    "people": "男士|女士|儿童|婴儿|老人|学生|家用|办公室|户外|露营|送礼|旅行|健身|居家|通勤|宿舍",
    "promotions": "新品上市|限时特惠|买一送一|满减优惠|包邮|半价|会员价|送赠品|八折优惠|清仓",
    "packs": "两件装|三件套|单件装|礼盒装|六瓶装|家庭装|送收纳袋",
    "extras": "一年质保|七天退换|产地直发|当日发货",
}


def _chinese_points(draw: random.Random) -> tuple[str, dict[str, Callable[[], str]], Callable[[], str], Callable[[], str]]:
    """The kind, what may be told, a feature and a statement without a slot, of a Chinese product."""

    def qualified(pool: str) -> str:
        kind = draw.random()
        before = chinese_brand(draw) if kind < 0.3 else _one(draw, _CHINESE["adjectives"]) if kind < 0.85 else ""
        return before + _one(draw, _CHINESE[pool])

    chances = {
        "material": lambda: qualified("materials"),
        "colour": lambda: _one(draw, _CHINESE["colours"]),
        "audience": lambda: _one(draw, _CHINESE["people"]),
        "size": lambda: f"{draw.randint(1, 999)}{draw.choice(('ml', 'L', 'g', 'cm', 'W', '寸', '毫升', '厘米'))}",
        "pack": lambda: _one(draw, _CHINESE["packs"]),
        "model": lambda: model_code(draw),
        "promotion": lambda: _one(draw, _CHINESE["promotions"]),
    }
    return qualified("things"), chances, lambda: qualified("parts"), lambda: _one(draw, _CHINESE["extras"])


def pseudo_selling_points(draw: random.Random, chinese: bool = False) -> list[SellingPoint]:
    """8 to 18 selling points of a product that does not exist, distractors among them (type "extra"), in no order."""
    if chinese:
        kind, makes, feature, extra = _chinese_points(draw)
        brand = chinese_brand(draw) if draw.random() < 0.6 else brand_name(draw)
        series = chinese_brand(draw) + draw.choice(("", "系列", " Pro"))
    else:
        kind, brand = _qualified(draw, _THINGS), brand_name(draw)
        series = series_name(draw) + draw.choice(("", " Series", " Pro", " Plus"))
        makes = {
            "material": lambda: _qualified(draw, _STUFFS),
            "colour": lambda: _qualified(draw, _HUES),
            "audience": lambda: f"For {_one(draw, _PEOPLE)}",
            "size": lambda: _amount(draw),
            "pack": lambda: _pack(draw),
            "model": lambda: model_code(draw),
            "promotion": lambda: _promotion(draw),
        }
        feature, extra = lambda: _qualified(draw, _PARTS), lambda: _extra(draw)
    points = [SellingPoint("brand", brand), SellingPoint("type", kind), SellingPoint("series", series)]
    points += [SellingPoint(name, make()) for name, make in makes.items() if draw.random() < _CHANCES[name]]
    points += [SellingPoint("feature", feature()) for _ in range(draw.randint(3, 6))]
    points += [SellingPoint("extra", extra()) for _ in range(draw.choice((0, 0, 1, 2)))]
    points = list({point.text: point for point in points}.values())
    while len(points) < 8:
        points = list({p.text: p for p in [*points, SellingPoint("feature", feature())]}.values())
    # Shops differ in their use of capitals; brand and model keep theirs.
    cases: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper)
    case = draw.choices(cases, (0.8, 0.12, 0.08))[0]
    points = [p if p.type in ("brand", "model", "size", "series") else SellingPoint(p.type, case(p.text)) for p in points]
    draw.shuffle(points)
    return points


_CHANCES = {"material": 0.85, "colour": 0.8, "audience": 0.8, "size": 0.85, "pack": 0.6, "model": 0.65, "promotion": 0.7}


def _pseudo_description(points: Sequence[SellingPoint], chinese: bool, draw: random.Random) -> str:
    by_type = {point.type: point.text for point in points}
    features = [point.text.lower() for point in points if point.type == "feature"]
    features_used = draw.sample(features, min(len(features), draw.randint(1, 3)))
    extras = [
        by_type[name]
        for name in ("series", "size", "colour", "material", "audience")
        if name in by_type and draw.random() < 0.6
    ]
    if chinese:
        return f"{by_type['brand']}{by_type['type']}，{'，'.join([*extras, *features_used])}"
    return " ".join([by_type["brand"], by_type["type"], *extras, "with", " and ".join(features_used)])


def pseudo_title_task(draw: random.Random, history: int = 10, style: TextStyle | None = None) -> TitleTask:
    """One copying task, with the texts of `history` clicked ads.

    The clicked ads are of other invented products; about three in four have the style of the text, the others any style,
    as in the clicks of a shopper. The types of the selling points and the style are not given: their form tells them.
    style: of the text; drawn by default.
    """
    chinese = draw.random() < CHINESE_SHARE
    while True:
        points = pseudo_selling_points(draw, chinese)
        fitting = fitting_styles(points)
        if fitting and (style is None or style in fitting):
            break
    habit = style or draw.choice(fitting)
    texts = []
    for _ in range(history):
        other = pseudo_selling_points(draw, draw.random() < (OF_THE_SAME if chinese else CHINESE_SHARE))
        fitting = fitting_styles(other)
        texts.append(compose_text(other, habit if habit in fitting and draw.random() < 0.75 else draw.choice(fitting), draw))
    return TitleTask(
        _pseudo_description(points, chinese, draw), [point.text for point in points], compose_text(points, habit, draw), texts
    )
