"""What can be said about the products of PAd-Synth: pools of selling points by category, in English and in Chinese."""

import re
from dataclasses import dataclass
from itertools import product

# Common promotions and packs; a category may say more about packs.
PROMOTIONS = (
    "Free Gift", "New Arrival", "Buy 2 Get 1", "Limited Offer", "20% Off", "30% Off", "Half Price", "Free Shipping",
    "Best Seller", "Flash Deal", "Today Only", "Extra Savings", "Members Price", "Season Sale", "Gift Wrapped", "Launch Price",
    "Clearance", "Bundle Deal", "Hot Pick", "Save 15%",
)  # fmt: skip
CHINESE_PROMOTIONS = (
    "新品上市",
    "限时特惠",
    "买二送一",
    "满减优惠",
    "包邮",
    "第二件半价",
    "热卖",
    "会员价",
    "送赠品",
    "八折优惠",
)
CHINESE_PACKS = ("单件装", "两件装", "三件装", "礼盒装", "送收纳袋")

COLOURS: dict[str, str] = {
    "Pearl White": "#F1EEE6", "Jet Black": "#232326", "Slate Grey": "#6B7480", "Silver": "#C3C7CC", "Navy Blue": "#24365F",
    "Sky Blue": "#78B4DE", "Teal": "#1F8A8A", "Mint": "#A5DBC1", "Forest Green": "#2F6344", "Olive": "#7D7F42",
    "Mustard": "#D9A428", "Lemon": "#F3DF62", "Coral": "#F0806A", "Cherry Red": "#BE2534", "Burgundy": "#6E1E33",
    "Rose Pink": "#E58FA6", "Lilac": "#B79AD6", "Plum": "#66355F", "Sand": "#D9C29C", "Cocoa Brown": "#6A4530",
    "Copper": "#BC7348", "Cream": "#F2E4C4",
}  # fmt: skip
CHINESE_COLOURS: dict[str, str] = {
    "Pearl White": "珍珠白", "Jet Black": "曜石黑", "Slate Grey": "岩石灰", "Silver": "银色", "Navy Blue": "藏青色",
    "Sky Blue": "天蓝色", "Teal": "青绿色", "Mint": "薄荷绿", "Forest Green": "墨绿色", "Olive": "橄榄绿",
    "Mustard": "芥末黄", "Lemon": "柠檬黄", "Coral": "珊瑚橙", "Cherry Red": "樱桃红", "Burgundy": "酒红色",
    "Rose Pink": "玫瑰粉", "Lilac": "丁香紫", "Plum": "梅子紫", "Sand": "沙色", "Cocoa Brown": "可可棕",
    "Copper": "古铜色", "Cream": "奶油色",
}  # fmt: skip


# Words that the shops of a department put before half of all names: related products have them in common.
SECTIONS: dict[str, tuple[str, ...]] = {
    "appliances": ("Electric", "Kitchen"),
    "electronics": ("Smart", "Wireless"),
    "furniture": ("Home", "Living Room"),
    "beauty": ("Beauty", "Salon"),
    "food_baby": ("Family", "Organic"),
    "fashion_sport": ("Sports", "Travel"),
}


@dataclass(frozen=True)
class Pools:
    """What can be said about the products of one category.

    types: what it is, in words that a buyer knows: one of `names`, and a quality before it.
    """

    types: tuple[str, ...]
    names: tuple[str, ...]
    features: tuple[str, ...]
    materials: tuple[tuple[str, str], ...]  # (what the renderer makes it of, how the selling point calls it)
    audiences: tuple[str, ...]
    sizes: tuple[str, ...]
    packs: tuple[str, ...]


def _pools(types: str, features: str, materials: str, audiences: str, sizes: str, packs: str) -> Pools:
    """types: qualities "*" names; all of the one go with all of the other."""
    pairs = tuple((kind, words) for kind, words in (item.split(":") for item in materials.split("|")))
    qualities, names = (part.split("|") for part in types.split(" * "))
    kinds = tuple(f"{quality} {name}" for quality, name in product(qualities, names) if quality not in name.split())
    lists = [tuple(text.split("|")) for text in (features, audiences, sizes, packs)]
    return Pools(kinds, tuple(names), lists[0], pairs, lists[1], lists[2], lists[3])


POOLS: dict[str, Pools] = {
    "kettle": _pools(
        "Electric|Cordless|Gooseneck|Whistling|Retro|Travel * Kettle|Tea Kettle|Water Kettle",
        "Rapid Boil|Auto Shut-Off|Boil-Dry Protection|Keep Warm|Drip-Free Spout|Cool-Touch Handle|Hidden Element|"
        "Quiet Heating|Washable Limescale Filter|360 Degree Base|Double Wall|One-Touch Lid|Water Window|"
        "Precise Temperature|Cord Storage|LED Indicator",
        "metal:Stainless Steel|glass:Borosilicate Glass|ceramic:Glazed Ceramic|plastic:BPA-Free Plastic",
        "For Tea Lovers|For Families|For Offices|For Dormitories|For Small Kitchens",
        "0.8 L|1.0 L|1.2 L|1.5 L|1.7 L|2.0 L",
        "Set Of 2 Cups|With Tea Infuser|Single Pack|With Spare Filter",
    ),
    "toaster": _pools(
        "2-Slice|4-Slice|Pop-Up|Retro|Long-Slot|Compact * Toaster|Bread Toaster",
        "Extra Wide Slots|Seven Browning Levels|Defrost Button|Reheat Button|Removable Crumb Tray|High Lift Lever|"
        "Even Browning|Cancel Button|Cool-Touch Sides|Bagel Mode|Bun Warmer|Fast Toasting|Anti-Slip Feet|"
        "Countdown Display|Self-Centring Bread",
        "metal:Brushed Steel|plastic:Heat-Resistant Plastic|metal:Enamelled Metal|metal:Die-Cast Aluminium",
        "For Breakfast|For Families|For Couples|For Small Kitchens|For Students",
        "700 W|850 W|900 W|1000 W|1200 W",
        "With Bun Rack|Single Pack|With Dust Cover|With Tongs",
    ),
    "blender": _pools(
        "Smoothie|Countertop|Compact|Power|Personal|Quiet * Blender|Jug Blender|Mixer",
        "Six-Blade Assembly|Ice Crushing|Pulse Mode|Low Noise|Self-Cleaning|Variable Speed|Leakproof Lid|Safety Lock|"
        "Soup Programme|Vacuum Blending|Dishwasher-Safe Jug|Overheat Protection|One-Touch Smoothie|Silent Motor|"
        "Nutrient Lock",
        "glass:Tempered Glass|plastic:Tritan Plastic|metal:Steel Body|plastic:Shatterproof Jar",
        "For Smoothie Fans|For Athletes|For Families|For Home Cooks|For Baby Food",
        "0.6 L|1.0 L|1.5 L|1.8 L|2.0 L",
        "With Travel Cup|With 2 Jars|Single Pack|With Recipe Book",
    ),
    "rice cooker": _pools(
        "Digital|Mini|Smart|Low-Sugar|Electric|Compact|Multi * Rice Cooker|Rice Maker",
        "Nonstick Inner Pot|24-Hour Timer|Keep Warm|Fuzzy Logic|Steam Basket|Quick Cook|Porridge Mode|Even Heating|"
        "Removable Lid|Touch Panel|Brown Rice Mode|Slow Cook|Thick Inner Pot|Anti-Overflow|Cake Mode",
        "plastic:Durable Plastic|metal:Brushed Steel|ceramic:Ceramic Pot|metal:Cast Iron Pot",
        "For Families|For Singles|For Two People|For Students|For Big Families",
        "1.2 L|1.8 L|3 L|4 L|5 L",
        "With Rice Spoon|With Measuring Cup|Single Pack|With Steamer",
    ),
    "smartphone": _pools(
        "5G|Dual SIM|Camera|Slim|Gaming|Big-Screen * Smartphone|Mobile Phone|Phone",
        "Fast Charging|All-Day Battery|Night Photography|Face Unlock|120 Hz Display|Wireless Charging|AMOLED Screen|"
        "Stereo Speakers|Water Resistant|Triple Camera|Optical Zoom|In-Screen Fingerprint|Large Storage|Ultra-Thin Bezel|"
        "Image Stabilisation",
        "glass:Frosted Glass|metal:Aluminium Frame|ceramic:Ceramic Back|metal:Titanium Frame",
        "For Students|For Gamers|For Creators|For Seniors|For Travellers",
        "128 GB|256 GB|512 GB|6.1 Inch|6.7 Inch",
        "With Charger|With Case|Single Pack|With Screen Film",
    ),
    "speaker": _pools(
        "Bluetooth|Portable|Bookshelf|Wireless|Party|Mini|Outdoor * Speaker|Music Speaker",
        "Deep Bass|360 Degree Sound|Waterproof|Stereo Pairing|Voice Assistant|20-Hour Playtime|Hands-Free Calls|Low Latency|"
        "RGB Lights|Passive Radiators|Quick Pairing|Dustproof|Rich Treble|Multi-Room Audio|Clear Vocals",
        "fabric:Woven Fabric|plastic:Matte Plastic|wood:Walnut Cabinet|metal:Aluminium Shell",
        "For Parties|For Home Cinema|For Outdoors|For Music Lovers|For Desks",
        "10 W|20 W|30 W|40 W|60 W",
        "Pair Of 2|With Carry Strap|Single Pack|With Audio Cable",
    ),
    "headphones": _pools(
        "Over-Ear|Wireless|Studio|Gaming|Folding|Bluetooth * Headphones|Stereo Headphones|Headset",
        "Active Noise Cancelling|40-Hour Battery|Memory Foam Cushions|Hi-Res Audio|Transparency Mode|Foldable Design|"
        "Multipoint Connection|Dual Microphones|Low Latency|Deep Bass|Quick Charge|Touch Controls|Adjustable Headband|"
        "Spatial Sound|Lightweight Fit",
        "plastic:Soft-Touch Plastic|leather:Protein Leather|metal:Steel Headband|fabric:Breathable Mesh",
        "For Commuters|For Gamers|For Work Calls|For Travel|For Musicians",
        "40 mm Drivers|50 mm Drivers|210 g|250 g|30 mm Drivers",
        "With Travel Case|With Audio Cable|Single Pack|With Spare Pads",
    ),
    "camera": _pools(
        "Mirrorless|Compact|Digital|Instant|Vlogging|Travel * Camera|Photo Camera|Video Camera",
        "4K Video|Fast Autofocus|Optical Zoom|Image Stabilisation|Flip Screen|Eye Tracking|Burst Mode|Night Mode|"
        "Interchangeable Lens|Built-In Flash|Weather Sealed|Wireless Transfer|Time Lapse|RAW Photos|Wide Aperture",
        "metal:Magnesium Body|leather:Leatherette Grip|plastic:Polycarbonate Body|metal:Aluminium Body",
        "For Beginners|For Vloggers|For Travel|For Families|For Photographers",
        "20 MP|24 MP|26 MP|33 MP|45 MP",
        "With Kit Lens|Body Only|With Memory Card|With Strap",
    ),
    "armchair": _pools(
        "Accent|Lounge|Reading|Wingback|Swivel|Padded * Armchair|Sofa Chair|Single Sofa",
        "Deep Seat|Padded Armrests|High Back|Removable Covers|Easy Assembly|Solid Legs|Non-Slip Feet|Ergonomic Support|"
        "Stain Resistant|High-Density Foam|Button Tufted|Stitched Seams|Pocket Springs|Curved Back|Breathable Cover",
        "fabric:Soft Velvet|leather:Top-Grain Leather|fabric:Woven Linen|fabric:Boucle Fabric",
        "For Living Rooms|For Bedrooms|For Readers|For Small Flats|For Hotels",
        "72 cm Wide|78 cm Wide|85 cm Wide|90 cm Wide|68 cm Wide",
        "With Footstool|With Cushion|Single Piece|Set Of 2",
    ),
    "side table": _pools(
        "Round|Nesting|Small|Modern|Living Room|Bedroom * Side Table|End Table|Sofa Table",
        "Rounded Edges|Scratch Resistant|Easy Assembly|Water Resistant Top|Sturdy Base|Hidden Drawer|Adjustable Feet|"
        "Space Saving|Lower Shelf|Lightweight Build|Heat Resistant|Tool-Free Setup|Tripod Legs|Raised Rim|Smooth Finish",
        "wood:Solid Oak|metal:Powder-Coated Steel|stone:Marble Top|wood:Natural Bamboo",
        "For Living Rooms|For Bedrooms|For Balconies|For Small Flats|For Offices",
        "40 cm|45 cm|50 cm|55 cm|60 cm",
        "Set Of 2|Single Piece|With Tray|Set Of 3",
    ),
    "table lamp": _pools(
        "Bedside|LED|Reading|Modern|Bedroom|Office * Table Lamp|Desk Lamp|Night Lamp",
        "Dimmable Light|Touch Switch|Warm Glow|Flicker Free|Eye Care|Energy Saving|USB Charging Port|Adjustable Arm|"
        "Three Colour Modes|Memory Function|Sleep Timer|Glare Free|Rotating Head|Remote Control|Weighted Base",
        "fabric:Linen Shade|metal:Brass Finish|ceramic:Ceramic Base|wood:Beech Wood",
        "For Bedrooms|For Studying|For Kids|For Offices|For Living Rooms",
        "8 W|10 W|12 W|35 cm Tall|45 cm Tall",
        "With Bulb|Set Of 2|Single Pack|With Adapter",
    ),
    "bookshelf": _pools(
        "Open|Corner|Ladder|Standing|Narrow|Tall * Bookshelf|Bookcase|Book Rack",
        "Anti-Tip Kit|Adjustable Shelves|Easy Assembly|Moisture Proof|Heavy Load|Rounded Corners|Thick Boards|Space Saving|"
        "Stable Frame|Open Back|Large Capacity|Scratch Resistant|Quick Installation|Smooth Edges|Wide Storage",
        "wood:Solid Pine|metal:Steel Frame|wood:Walnut Veneer|wood:Natural Bamboo",
        "For Studies|For Living Rooms|For Kids Rooms|For Offices|For Book Lovers",
        "3 Tiers|4 Tiers|5 Tiers|120 cm Tall|180 cm Tall",
        "Single Piece|With Drawers|Set Of 2|With Tools",
    ),
    "lipstick": _pools(
        "Matte|Satin|Velvet|Moisturising|Glossy|Creamy * Lipstick|Lip Colour",
        "Long Lasting|Transfer Proof|Vivid Pigment|Feather Light|Smudge Proof|One-Swipe Colour|Vitamin E|Soft Texture|"
        "Non-Drying|Shea Butter|Waterproof|Cruelty Free|Silky Glide|All-Day Wear|Fragrance Free",
        "metal:Metal Tube|plastic:Glossy Case|metal:Gilded Case|plastic:Matte Case",
        "For Women|For Daily Makeup|For Weddings|For Beginners|For Evenings",
        "3.2 g|3.5 g|3.8 g|4 g|2.5 g",
        "Set Of 3|Gift Box|Single Pack|With Lip Liner",
    ),
    "face cream": _pools(
        "Moisturising|Night|Day|Repair|Firming|Hydrating * Face Cream|Facial Cream|Skin Cream",
        "Hyaluronic Acid|Fast Absorbing|Deep Hydration|Fragrance Free|Anti-Wrinkle|Barrier Repair|Niacinamide|"
        "Non-Greasy|Soothing Ceramides|Brightening Care|Peptide Complex|Vitamin C|Gentle Formula|Aloe Extract|Oil Control",
        "glass:Glass Jar|ceramic:Porcelain Jar|plastic:Recyclable Jar|plastic:Pearl Jar",
        "For Dry Skin|For Sensitive Skin|For Women|For Men|For Mature Skin",
        "30 ml|50 ml|75 ml|80 ml|100 ml",
        "Twin Pack|With Spatula|Single Pack|Gift Box",
    ),
    "perfume": _pools(
        "Floral|Woody|Citrus|Fresh|Fruity|Musky * Perfume|Eau De Parfum|Eau De Toilette",
        "Long Lasting|Fresh Citrus|White Musk|Warm Amber|Jasmine Heart|Rose Notes|Sandalwood Base|Light Scent|"
        "Travel Friendly|Fine Mist|Vanilla Finish|Green Tea|Spicy Pepper|Elegant Bottle|Sea Breeze",
        "glass:Crystal Glass|glass:Tinted Glass|glass:Frosted Glass|glass:Faceted Glass",
        "For Women|For Men|For Dates|For Daily Wear|For Couples",
        "15 ml|30 ml|50 ml|75 ml|100 ml",
        "Gift Box|With Travel Spray|Single Pack|Set Of 3",
    ),
    "shampoo": _pools(
        "Repair|Volume|Anti-Dandruff|Herbal|Smoothing|Daily * Shampoo|Hair Shampoo|Care Shampoo",
        "Silicone Free|Argan Oil|Deep Cleansing|Fluffy Volume|Scalp Care|Oil Control|Ginger Extract|Lasting Fragrance|"
        "Colour Protection|Sulphate Free|Strong Roots|Silky Smooth|Amino Acid|Tea Tree|Split-End Care",
        "plastic:Pump Bottle|plastic:Recycled Bottle|plastic:Squeeze Bottle|metal:Aluminium Bottle",
        "For Oily Hair|For Dry Hair|For Men|For Women|For Families",
        "250 ml|300 ml|400 ml|500 ml|750 ml",
        "Pack Of 2|With Conditioner|Single Pack|Refill Set",
    ),
    "juice": _pools(
        "Orange|Apple|Mango|Berry|Tropical|Mixed * Juice|Fruit Juice|Juice Drink",
        "Not From Concentrate|No Added Sugar|Cold Pressed|Vitamin C|Real Fruit|Rich Pulp|Low Calorie|Fresh Taste|"
        "Ready To Drink|No Preservatives|Sun-Ripened Fruit|Plant Based|Naturally Sweet|Antioxidants|Zero Fat",
        "glass:Glass Bottle|paper:Paper Carton|plastic:Recyclable Bottle|paper:Plant-Based Carton",
        "For Kids|For Breakfast|For Parties|For Families|For Athletes",
        "250 ml|330 ml|500 ml|1 L|1.5 L",
        "Pack Of 6|Pack Of 12|Pack Of 4|Pack Of 24",
    ),
    "cereal": _pools(
        "Oat|Crunchy|Fruit|Honey|Nut|Multigrain * Cereal|Breakfast Cereal|Granola|Muesli",
        "Whole Grain|High Fibre|Low Sugar|Freeze-Dried Berries|Roasted Nuts|Ready To Eat|Gluten Free|Honey Flavour|"
        "High Protein|Crispy Texture|Slow Baked|Vitamin Enriched|Chia Seeds|No Palm Oil|Probiotic Blend",
        "paper:Cardboard Box|paper:Kraft Box|paper:Recycled Carton|paper:Resealable Box",
        "For Breakfast|For Kids|For Families|For Office Snacks|For Fitness",
        "300 g|375 g|400 g|500 g|750 g",
        "Pack Of 2|Pack Of 3|Family Pack|Pack Of 6",
    ),
    "tea tin": _pools(
        "Green|Black|Jasmine|Oolong|Herbal|White * Tea|Tea Leaves|Loose Tea",
        "Spring Harvest|Loose Leaf|Rich Aroma|Smooth Finish|Hand Picked|High Mountain|Caffeine Free|Sweet Aftertaste|"
        "Resealable Tin|Golden Buds|Floral Notes|Slow Roasted|Single Origin|Fresh Sealed|Mellow Taste",
        "metal:Tin Canister|metal:Embossed Tin|metal:Matte Tin|metal:Lacquered Tin",
        "For Tea Lovers|For Gifts|For Guests|For Elders|For Offices",
        "50 g|80 g|100 g|150 g|250 g",
        "Gift Box|Set Of 2|Single Tin|Set Of 4",
    ),
    "baby bottle": _pools(
        "Wide-Neck|Newborn|Training|Infant|Toddler|Travel * Baby Bottle|Feeding Bottle|Milk Bottle",
        "Anti-Colic Valve|BPA Free|Slow Flow|Easy Grip|Natural Latch|Dishwasher Safe|Leakproof Cap|Quick Clean|"
        "Soft Teat|Measured Scale|Shock Resistant|Heat Resistant|Rounded Inside|Dust Cover|Easy Assembly",
        "glass:Borosilicate Glass|plastic:Medical PPSU|rubber:Food-Grade Silicone|plastic:Tritan Body",
        "For Newborns|For Babies|For Toddlers|For New Parents|For Travel",
        "120 ml|150 ml|180 ml|240 ml|300 ml",
        "Set Of 2|Set Of 3|With Spare Teat|Single Pack",
    ),
    "handbag": _pools(
        "Tote|Crossbody|Bucket|Satchel|Shoulder|Evening * Handbag|Bag|Purse",
        "Large Capacity|Magnetic Closure|Detachable Strap|Inner Pockets|Scratch Resistant|Hand Stitched|Gold Hardware|"
        "Water Repellent|Lightweight Design|Zipped Pocket|Soft Lining|Classic Shape|Structured Base|Laptop Sleeve|"
        "Anti-Theft Zip",
        "leather:Genuine Leather|leather:Vegan Leather|fabric:Cotton Canvas|leather:Grained Leather",
        "For Women|For Work|For Evenings|For Mothers|For Commuters",
        "22 cm|26 cm|30 cm|34 cm|12 L",
        "With Purse|With Scarf|Single Piece|With Dust Bag",
    ),
    "suitcase": _pools(
        "Cabin|Hard-Shell|Trolley|Travel|Spinner|Check-In * Suitcase|Luggage|Luggage Case",
        "Silent Wheels|Combination Lock|Expandable Zip|Telescopic Handle|Scratch Resistant|USB Charging Port|Dry-Wet Pocket|"
        "Shock Absorbing|Ultra Light|Aluminium Corners|Cup Holder|Double Zip|Compression Straps|Smooth Gliding|"
        "Front Opening",
        "plastic:Polycarbonate Shell|metal:Aluminium Frame|fabric:Oxford Fabric|plastic:ABS Shell",
        "For Business Trips|For Students|For Holidays|For Families|For Men",
        "20 Inch|22 Inch|24 Inch|26 Inch|28 Inch",
        "Set Of 2|With Cover|Single Piece|Set Of 3",
    ),
    "water bottle": _pools(
        "Insulated|Sports|Gym|Hiking|Vacuum|School * Water Bottle|Drink Bottle|Flask",
        "Keeps Cold 24 Hours|Leakproof Lid|Wide Mouth|BPA Free|One-Hand Opening|Sweat Free|Carry Loop|Straw Lid|"
        "Double Wall|Shatterproof|Odour Free|Easy Clean|Time Markings|Non-Slip Base|Powder Coating",
        "metal:Stainless Steel|plastic:Tritan Plastic|glass:Sleeved Glass|metal:Pure Titanium",
        "For Gym|For Hiking|For School|For Cyclists|For Kids",
        "350 ml|500 ml|750 ml|1 L|1.2 L",
        "With Brush|Pack Of 2|Single Pack|With 2 Lids",
    ),
    "dumbbell": _pools(
        "Hex|Fitness|Home|Gym|Round|Workout * Dumbbell|Hand Weight|Dumbbell Weight",
        "Anti-Slip Grip|Anti-Roll Design|Quiet Landing|Floor Protection|Ergonomic Handle|Quick Adjust|Sweat Proof|"
        "Rust Resistant|Solid Core|Odour Free|Compact Storage|Balanced Weight|Knurled Handle|Wear Resistant|Full-Body Training",
        "rubber:Rubber Coating|metal:Cast Iron|rubber:Neoprene Coating|metal:Chrome Steel",
        "For Home Gym|For Beginners|For Men|For Women|For Strength Training",
        "2 kg|4 kg|5 kg|8 kg|10 kg|12 kg",
        "Pair Of 2|Single Piece|With Rack|Set Of 3",
    ),
    "frying pan": _pools(
        "Induction|Deep|Egg|Crepe|Chef|Camping * Frying Pan|Fry Pan|Skillet",
        "Nonstick Coating|Induction Ready|Even Heating|Cool-Touch Handle|Oven Safe|Dishwasher Safe|Scratch Resistant|"
        "Thick Base|"
        "Easy Clean|Low Oil|Hanging Loop|Pouring Rim|Riveted Handle|Fast Heating|Warp Free",
        "metal:Cast Iron|metal:Stainless Steel|ceramic:Ceramic Coating|metal:Forged Aluminium",
        "For Home Cooks|For Families|For Eggs|For Induction Hobs|For Singles",
        "20 cm|24 cm|26 cm|28 cm|30 cm",
        "With Lid|Set Of 2|Single Piece|With Spatula",
    ),
    "smartwatch": _pools(
        "Fitness|Sports|GPS|Health|Running|Outdoor * Smartwatch|Smart Watch|Watch",
        "Heart Rate Monitor|Sleep Tracking|AMOLED Display|Water Resistant|Step Counter|Blood Oxygen|14-Day Battery|"
        "Bluetooth Calls|"
        "Quick Release Strap|Always-On Display|Stress Monitor|Music Control|Built-In GPS|Message Alerts|Fast Charging",
        "rubber:Silicone Strap|leather:Leather Strap|metal:Steel Case|fabric:Woven Nylon Strap",
        "For Runners|For Men|For Women|For Swimmers|For Seniors",
        "40 mm|41 mm|44 mm|45 mm|47 mm",
        "With Spare Strap|With Charger|Single Pack|With Screen Film",
    ),
    "wall clock": _pools(
        "Silent|Quartz|Retro|Kitchen|Round|Modern * Wall Clock|Clock|Analog Clock",
        "Silent Movement|Large Numerals|Easy To Read|Battery Operated|Non-Ticking|Shatterproof Cover|Simple Hanging|"
        "Luminous Hands|"
        "Slim Profile|Accurate Quartz|Domed Glass|Sweeping Second Hand|Dust Proof|Lightweight Build|Clear Dial",
        "wood:Solid Wood Frame|metal:Metal Frame|plastic:Durable Plastic|wood:Natural Bamboo",
        "For Living Rooms|For Kitchens|For Offices|For Bedrooms|For Classrooms",
        "25 cm|28 cm|30 cm|35 cm|40 cm",
        "With Battery|Single Piece|With Wall Hook|Gift Boxed",
    ),
    "hair brush": _pools(
        "Paddle|Detangling|Cushion|Styling|Round|Travel * Hair Brush|Hairbrush|Brush",
        "Gentle Bristles|Scalp Massage|Anti-Static|Detangles Fast|Ventilated Cushion|Rounded Tips|Non-Slip Handle|"
        "Reduces Breakage|"
        "Wet And Dry Use|Easy Clean|Lightweight Grip|Smooth Finish|Flexible Pins|Heat Resistant|Adds Shine",
        "wood:Beech Wood|plastic:Recycled Plastic|wood:Natural Bamboo|rubber:Soft-Touch Coating",
        "For Long Hair|For Curly Hair|For Women|For Kids|For Thick Hair",
        "20 cm|22 cm|24 cm|25 cm|26 cm",
        "With Comb|Set Of 2|Single Pack|With Pouch",
    ),
    "chocolate bar": _pools(
        "Milk|Dark|Nut|Caramel|White|Almond * Chocolate Bar|Chocolate|Chocolate Tablet",
        "Slow Conched|Fair Trade|Whole Hazelnuts|Sea Salt|Single Origin|No Palm Oil|Gluten Free|Smooth Melt|Rich Aroma|"
        "Less Sugar|Organic Cocoa|Handmade|Crunchy Pieces|Vegan Recipe|Roasted Almonds",
        "paper:Paper Wrapper|paper:Recyclable Wrapper|paper:Foil Lined Wrapper|paper:Kraft Paper",
        "For Gifts|For Sharing|For Cocoa Lovers|For Hiking|For Baking",
        "70 g|80 g|90 g|100 g|150 g",
        "Pack Of 3|Pack Of 5|Single Bar|Box Of 10",
    ),
    "t-shirt": _pools(
        "Crew Neck|Graphic|Running|Basic|Oversized|V-Neck * T-Shirt|Tee Shirt|Tee",
        "Soft Touch|Breathable|Quick Dry|Pre-Shrunk|Ribbed Collar|No Side Seams|Colour Fast|Stretch Fit|Relaxed Cut|"
        "Tagless Neck|"
        "Sweat Wicking|Double Stitched|Lightweight Jersey|UV Protection|Easy Care",
        "fabric:Organic Cotton|fabric:Combed Cotton|fabric:Cotton Blend|fabric:Bamboo Jersey",
        "For Men|For Women|For Teens|For Sports|For Summer",
        "Size S|Size M|Size L|Size XL|Size XXL",
        "Pack Of 2|Pack Of 3|Single Piece|Pack Of 5",
    ),
    "jump rope": _pools(
        "Speed|Weighted|Fitness|Boxing|Beaded|Gym * Jump Rope|Skipping Rope|Jumping Rope",
        "Ball Bearings|Adjustable Length|Tangle Free|Anti-Slip Handles|Lightweight Handles|Smooth Rotation|Foam Grip|"
        "Wear Resistant|"
        "Fast Spin|Sweat Proof|Durable Cable|Easy Storage|Quiet Turns|Balanced Weight|Full-Body Training",
        "rubber:PVC Cord|plastic:Coated Steel Cable|fabric:Braided Cotton|rubber:Soft Rubber",
        "For Boxing|For Kids|For Beginners|For Cardio|For Crossfit",
        "2.4 m|2.8 m|3 m|3.2 m|2.6 m",
        "With Spare Cord|Set Of 2|Single Piece|With Bag",
    ),
    "backpack": _pools(
        "Laptop|School|Travel|Hiking|Everyday|City * Backpack|Rucksack|Daypack",
        "Padded Straps|Laptop Sleeve|Water Repellent|Large Capacity|Side Pockets|Hidden Pocket|Breathable Back|Chest Strap|"
        "Lightweight Build|Strong Zips|Reflective Strips|Luggage Strap|Wide Opening|Ergonomic Fit|Roll Top",
        "fabric:Oxford Fabric|fabric:Recycled Polyester|leather:Vegan Leather|fabric:Waxed Canvas",
        "For School|For Commuters|For Students|For Hiking|For Travel",
        "15 L|18 L|20 L|25 L|30 L",
        "With Rain Cover|With Pouch|Single Piece|Set Of 2",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ChinesePools:
    """The same in Chinese; materials in the order of the English ones. Sizes are translated by `chinese_size`."""

    types: tuple[str, ...]
    features: tuple[str, ...]
    materials: tuple[str, ...]
    audiences: tuple[str, ...]


def _chinese(*lists: str) -> ChinesePools:
    types, features, materials, audiences = (tuple(text.split("|")) for text in lists)
    return ChinesePools(types, features, materials, audiences)


CHINESE_POOLS: dict[str, ChinesePools] = {
    "kettle": _chinese(
        "电热水壶|电水壶|烧水壶|保温电水壶|细口壶",
        "快速沸腾|自动断电|防干烧|双层防烫|一键开盖|低噪加热|可视水窗|智能控温",
        "不锈钢|高硼硅玻璃|釉面陶瓷|食品级塑料",
        "家用|宿舍|办公室",
    ),
    "toaster": _chinese(
        "多士炉|烤面包机|吐司机|全自动多士炉|复古吐司机",
        "七档烘烤|加宽面包槽|一键解冻|防烫外壳|可拆屑盘|自动弹起|均匀上色|快速加热",
        "拉丝钢|耐热塑料|烤漆金属|压铸铝",
        "早餐|家用|小户型",
    ),
    "blender": _chinese(
        "榨汁机|破壁机|料理机|搅拌机|果汁机",
        "六叶刀头|轻松碎冰|低噪电机|一键清洗|安全锁盖|无级变速|过热保护|可洗杯体",
        "钢化玻璃|食品级塑料|不锈钢|防摔杯体",
        "家用|健身|宝宝辅食",
    ),
    "rice cooker": _chinese(
        "电饭煲|迷你电饭锅|智能电饭煲|低糖电饭煲|电饭锅",
        "不粘内胆|预约定时|柴火饭|快速煮饭|触控面板|可拆上盖|保温锁水|煮粥模式",
        "耐用塑料|拉丝钢|陶瓷釉|铸铁",
        "家用|单人|宿舍",
    ),
    "frying pan": _chinese(
        "平底锅|煎锅|不粘锅|牛排煎锅|早餐煎锅",
        "少油烟|受热均匀|防烫手柄|电磁炉通用|加厚锅底|易清洗|不易变形|可悬挂",
        "铸铁|不锈钢|陶瓷|锻造铝",
        "家用|煎蛋|电磁炉",
    ),
    "smartphone": _chinese(
        "智能手机|拍照手机|游戏手机|大屏手机|双卡手机",
        "超长续航|夜景拍摄|人脸解锁|高刷屏|无线充电|立体声|防水机身|三摄镜头",
        "磨砂玻璃|铝合金边框|陶瓷后盖|钛金属边框",
        "学生|长辈|游戏玩家",
    ),
    "speaker": _chinese(
        "蓝牙音箱|便携音箱|无线音响|户外音箱|桌面音箱",
        "重低音|环绕立体声|防水防尘|语音助手|超长播放|快速配对|炫彩灯光|清晰人声",
        "编织网面|磨砂塑料|胡桃木箱体|铝合金外壳",
        "户外|家庭影院|桌面",
    ),
    "headphones": _chinese(
        "头戴式耳机|无线耳机|蓝牙耳机|游戏耳机|录音耳机",
        "主动降噪|久戴舒适|通透模式|低延迟|可折叠|触控操作|快速充电|高清通话",
        "亲肤塑料|蛋白皮|不锈钢头梁|透气网布",
        "通勤|学习|电竞",
    ),
    "camera": _chinese(
        "微单相机|数码相机|拍立得|旅行相机|卡片相机",
        "高清录像|快速对焦|光学变焦|光学防抖|翻转屏|连拍|夜拍模式|无线传输",
        "镁合金机身|皮纹握把|塑料机身|铝合金机身",
        "新手|旅行|博主",
    ),
    "smartwatch": _chinese(
        "智能手表|运动手表|健康手表|户外手表|跑步手表",
        "心率监测|睡眠监测|高清彩屏|蓝牙通话|久坐提醒|快拆表带|音乐控制|消息提醒",
        "硅胶表带|真皮表带|钢表壳|尼龙表带",
        "男士|女士|跑步",
    ),
    "armchair": _chinese(
        "单人沙发|休闲椅|阅读椅|扶手椅|懒人沙发椅",
        "高靠背|加厚坐垫|可拆洗|稳固椅脚|护腰设计|高密度海绵|防滑脚垫|弧形靠背",
        "柔软丝绒|头层牛皮|亚麻布|圈圈绒",
        "客厅|卧室|小户型",
    ),
    "side table": _chinese(
        "边几|床头桌|沙发边桌|小茶几|角几",
        "圆角设计|防刮桌面|安装简单|稳固底座|隐藏抽屉|防水台面|双层收纳|可调脚垫",
        "橡木|烤漆钢|大理石台面|竹木",
        "客厅|卧室|阳台",
    ),
    "table lamp": _chinese(
        "台灯|床头灯|护眼灯|阅读灯|小夜灯",
        "三档调光|触控开关|暖光|无频闪|可调灯臂|定时关灯|防眩光|遥控操作",
        "亚麻灯罩|黄铜|陶瓷底座|榉木",
        "学生|卧室|办公",
    ),
    "bookshelf": _chinese(
        "书架|落地书柜|置物架|梯形书架|转角书柜",
        "防倾倒|可调层板|承重强|防潮板材|圆角打磨|安装简单|大容量|加厚层板",
        "松木|钢架|胡桃木|竹木",
        "书房|客厅|儿童房",
    ),
    "wall clock": _chinese(
        "挂钟|静音挂钟|石英钟|客厅挂钟|时钟",
        "静音机芯|大数字|走时准确|夜光指针|防尘表面|轻薄机身|易于悬挂|免打孔",
        "实木边框|金属边框|耐用塑料|竹制",
        "客厅|卧室|办公室",
    ),
    "lipstick": _chinese(
        "口红|哑光口红|丝绒唇膏|滋润唇膏|唇釉口红",
        "持久显色|不易沾杯|顺滑质地|高饱和|滋润不干|轻薄贴唇|一抹成色|淡香",
        "金属管|亮面外壳|鎏金外壳|磨砂外壳",
        "女士|日常妆|新手",
    ),
    "face cream": _chinese(
        "面霜|保湿面霜|晚霜|日霜|修护霜",
        "玻尿酸|深层补水|快速吸收|清爽不腻|神经酰胺|提亮肤色|温和配方|无香精",
        "玻璃瓶|瓷瓶|可回收瓶|珠光瓶",
        "干皮|敏感肌|男士",
    ),
    "perfume": _chinese(
        "香水|花香香水|木质香水|淡香水|柑橘香水",
        "持久留香|白麝香|茉莉花香|雪松木香|清新果香|细腻喷雾|绿茶香|香草尾调",
        "水晶玻璃|彩色玻璃|磨砂玻璃|切面玻璃",
        "女士|男士|约会",
    ),
    "shampoo": _chinese(
        "洗发水|去屑洗发水|修护洗发露|控油洗发水|洗发露",
        "无硅油|深层清洁|蓬松丰盈|滋养头皮|生姜精华|持久留香|氨基酸|柔顺亮泽",
        "按压瓶|再生瓶|挤压瓶|铝瓶",
        "油性发质|干性发质|家庭",
    ),
    "hair brush": _chinese(
        "梳子|气垫梳|顺发梳|按摩梳|卷发梳",
        "按摩头皮|防静电|不拉扯|圆头梳齿|防滑手柄|干湿两用|易清洁|透气气垫",
        "榉木|再生塑料|竹制|亲肤涂层",
        "长发|卷发|儿童",
    ),
    "juice": _chinese(
        "橙汁|苹果汁|芒果汁|混合果汁|莓果汁",
        "鲜榨工艺|无添加糖|富含果肉|维生素C|开盖即饮|低热量|冷压|无防腐剂",
        "玻璃瓶|纸盒|可回收瓶|植物基纸盒",
        "儿童|早餐|聚会",
    ),
    "cereal": _chinese(
        "麦片|水果燕麦片|坚果麦片|早餐谷物|玉米片",
        "全谷物|高纤维|低糖|冻干草莓|烘烤坚果|开袋即食|酥脆口感|高蛋白",
        "纸盒|牛皮纸盒|再生纸盒|密封盒",
        "早餐|儿童|健身",
    ),
    "tea tin": _chinese(
        "绿茶|红茶|茉莉花茶|乌龙茶|花草茶",
        "春茶|手工采摘|高山产区|回甘持久|清香型|慢火烘焙|单一产地|密封保鲜",
        "马口铁罐|压纹铁罐|磨砂铁罐|烤漆铁罐",
        "送礼|待客|办公室",
    ),
    "baby bottle": _chinese(
        "奶瓶|宽口奶瓶|新生儿奶瓶|防胀气奶瓶|婴儿奶瓶",
        "不含双酚A|防漏瓶盖|慢流速|易握瓶身|柔软奶嘴|刻度清晰|易清洗|耐摔",
        "高硼硅玻璃|医用级材质|食品级硅胶|轻量瓶身",
        "新生儿|宝宝|新手爸妈",
    ),
    "chocolate bar": _chinese(
        "巧克力|黑巧克力|牛奶巧克力|坚果巧克力|焦糖巧克力",
        "丝滑口感|海盐风味|整颗榛子|低糖配方|有机可可|单一产地|手工制作|香脆颗粒",
        "纸质包装|可回收包装|锡纸内衬|牛皮纸包装",
        "送礼|分享|烘焙",
    ),
    "handbag": _chinese(
        "手提包|托特包|斜挎包|单肩包|水桶包",
        "大容量|磁吸开合|可拆肩带|内袋分层|防刮|手工缝线|防泼水|轻便",
        "真皮|纯素皮革|棉帆布|荔枝纹皮",
        "女士|通勤|妈妈",
    ),
    "suitcase": _chinese(
        "行李箱|登机箱|拉杆箱|旅行箱|万向轮行李箱",
        "静音轮|密码锁|可扩容|干湿分离|防刮箱体|加厚拉杆|轻量箱体|前开口",
        "聚碳酸酯|铝框|牛津布|抗摔外壳",
        "出差|学生|旅行",
    ),
    "water bottle": _chinese(
        "保温杯|运动水杯|水壶|随行杯|吸管杯",
        "长效保冷|防漏杯盖|大口径|单手开盖|易清洗|双层真空|提环设计|时间刻度",
        "不锈钢|轻量塑料|玻璃内胆|纯钛",
        "健身|户外|学生",
    ),
    "dumbbell": _chinese(
        "哑铃|六角哑铃|健身哑铃|可调哑铃|小哑铃",
        "防滑手柄|防滚设计|静音落地|不伤地板|防锈|实心配重|吸汗握感|耐磨",
        "包胶|铸铁|浸塑|镀铬钢",
        "家用|新手|女士",
    ),
    "t-shirt": _chinese(
        "T恤|短袖T恤|圆领T恤|运动T恤|宽松T恤",
        "柔软亲肤|透气速干|不易变形|宽松版型|不易褪色|弹力面料|免烫|双线车缝",
        "有机棉|精梳棉|棉混纺|竹纤维",
        "男士|女士|夏季",
    ),
    "jump rope": _chinese(
        "跳绳|竞速跳绳|负重跳绳|健身跳绳|儿童跳绳",
        "轴承转动|长度可调|不易打结|防滑手柄|静音|耐磨绳体|吸汗|轻便收纳",
        "PVC绳|包胶钢丝|编织棉绳|软橡胶",
        "健身|儿童|新手",
    ),
    "backpack": _chinese(
        "双肩包|电脑背包|书包|登山包|旅行背包",
        "减压肩带|电脑夹层|防泼水|大容量|透气背板|暗袋防盗|轻便|反光条",
        "牛津布|再生涤纶|纯素皮革|蜡面帆布",
        "学生|通勤|旅行",
    ),
}  # fmt: skip

_CHINESE_SIZES = (
    (r"^(.+) cm Wide$", r"宽\1cm"), (r"^(.+) cm Tall$", r"高\1cm"), (r"^(.+) mm Drivers$", r"\1mm单元"),
    (r"^(.+) Tiers$", r"\1层"), (r"^(.+) Inch$", r"\1寸"), (r"^Size (.+)$", r"\1码"),
    (r"^(.+) MP$", r"\g<1>00万像素"), (r"^(\S+) (\S+)$", r"\1\2"),
)  # fmt: skip


def chinese_size(size: str) -> str:
    """A size of the English pools as a Chinese shop writes it: "1.5 L" as "1.5L", "20 Inch" as "20寸"."""
    for pattern, form in _CHINESE_SIZES:
        if re.match(pattern, size):
            return re.sub(pattern, form, size)
    return size
