"""What may stand as a badge: promotions, awards and sizes, and no feature that only has a word of them."""

import pytest

from uniadgen.typography.hierarchy import kind_of, messages

FEATURES = (
    "Auto Shut-Off|Off-White|Off-Road Tires|Takes Off Quickly|Hands-Off|Gift Box|Save Energy|Save 20 % Energy|50 % Off-White|"
    "Save Space|BPA-Free|Bundle Of Herbs|Ground Clearance|Coupon Wallet|Point of Sale|Big Deal Breaker|"
    "2 in 1 Brush|3 in 1|2 in One|5G Phone|Joust Bag 45 L|حقيبة Nike 45 L|轻便旅行包45升|3个月|2升级|100支持|"
    "Rated IP67|Fire Rated|Winning Smile|奖杯|人气奖励|身份认证|送风均匀|配送快|输送1级|送礼|捐赠|3折伞"
)
BADGES = {
    "promotion": (
        "20% Off|20 % off|$5 Off|Save $10|Save 20%|Save up to 30 %|Free Gift|Free Shipping|Free Returns|Buy One Get One|"
        "On Sale|Summer Sale|Flash Deal|Half Price|Discount|10 % Rabatt|买一送一|包邮|满100减20|8折|7.5折|"
        "限时优惠|赠品|送收纳袋|免费配送|以旧换新"
    ),
    "award": (
        "Award Winner|Award-Winning|Best Seller|No. 1 Brand|Top Rated|Rated 4.8 Stars|Gold Medal|"
        "Editor's Choice|GOTS Certified|Red Dot Award 2024|获奖|金奖|设计奖|热销|国际认证"
    ),
    "size": (
        "45 L|1.7 L|500ml|45升|45 L Capacity|Capacity 45 L|容量45升|大容量45升|宽30cm|30 x 40 cm|Up to 12 kg|12 Pack|3件套|"
        'M|均码|10"|5 m Cable|1,200 W|12人|32 in|8 in Tablet|5 g'
    ),
}


@pytest.mark.parametrize("point", FEATURES.split("|"))
def test_a_feature_is_no_badge(point: str) -> None:
    assert kind_of(point) is None


@pytest.mark.parametrize(("kind", "point"), [(kind, point) for kind, points in BADGES.items() for point in points.split("|")])
def test_promotions_awards_and_sizes_are(kind: str, point: str) -> None:
    assert kind_of(point) == kind


def test_a_name_that_ends_with_a_size_stays_in_the_headline() -> None:
    said = messages("حقيبة Nike 45 L، مقاومة للماء", ["حقيبة Nike 45 L", "مقاومة للماء"])
    assert not any(message.badges for message in said)
    assert said[0].headline.startswith("حقيبة Nike 45 L")
