"""Which selling points name the product."""

import pytest

from uniadgen.pipeline.product_name import name_places


@pytest.mark.parametrize(
    ("description", "points", "names"),
    [
        ("Bazhaix Spinner Luggage Case sand", ["Sand", "Bazhaix", "20 Inch"], ["Bazhaix"]),
        (
            "Running Smartwatch by Melemurn, 40 mm",
            ["40 mm", "Melemurn", "Running Smartwatch"],
            ["Running Smartwatch", "Melemurn"],
        ),
        ("Gym Weight (dumbbell) by Weaco, 12 kg", ["Weaco", "Gym Weight"], ["Gym Weight", "Weaco"]),
        ("The sporty Joust Duffle Bag can't be beat.", ["Gym", "Joust Duffle Bag"], ["Joust Duffle Bag"]),
        ("The Compete Track Tote holds a host of supplies.", ["Tote", "Compete Track Tote"], ["Compete Track Tote"]),
        ("School books get along in the Driven Backpack.", ["School", "Backpack", "Driven Backpack"], ["Driven Backpack"]),
        ("柯菲昕诺系列黑巧克力，古铜色", ["古铜色", "柯菲"], ["柯菲"]),
        ("Waterproof boots for hikers", ["Waterproof", "For Hikers"], []),
        ("Soft and warm. Acme Soft Socks are here.", ["Acme Soft Socks"], []),  # of the first sentence only
        ("The Body Shop Water Lotus Mist, 100 ml", ["100 ml", "Mist", "The Body Shop"], ["The Body Shop"]),
        ("New Balance 574 Sneakers for men", ["Sneakers", "New Balance 574 Sneakers"], ["New Balance 574 Sneakers"]),
        ("", ["Acme"], []),
        ("İstanbul Kettle", ["İstanbul Kettle"], []),  # folded it is longer, so places in it are none of the text
    ],
)
def test_names_are_found_in_the_description(description: str, points: list[str], names: list[str]) -> None:
    assert sorted(points[place] for place in name_places(description, points)) == sorted(names)
