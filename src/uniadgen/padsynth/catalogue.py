"""The products of PAd-Synth: invented brands and series, typed selling points, descriptions.

`make_product(seed, index)` needs nothing but its arguments, so a small world is a prefix of a large one. Departments and
categories take turns; brands and series are pseudo-words; everything else comes from the pools of the category below.
"""

import random
from dataclasses import dataclass

from uniadgen.padsynth.specs import CATEGORIES, DEPARTMENTS, Posture, ProductSpec, SellingPoint, View, categories_of, rgb
from uniadgen.rng import stream

BILLBOARD_SHARE = 0.15

COLOURS: dict[str, str] = {
    "Pearl White": "#F1EEE6", "Jet Black": "#232326", "Slate Grey": "#6B7480", "Silver": "#C3C7CC", "Navy Blue": "#24365F",
    "Sky Blue": "#78B4DE", "Teal": "#1F8A8A", "Mint": "#A5DBC1", "Forest Green": "#2F6344", "Olive": "#7D7F42",
    "Mustard": "#D9A428", "Lemon": "#F3DF62", "Coral": "#F0806A", "Cherry Red": "#BE2534", "Burgundy": "#6E1E33",
    "Rose Pink": "#E58FA6", "Lilac": "#B79AD6", "Plum": "#66355F", "Sand": "#D9C29C", "Cocoa Brown": "#6A4530",
    "Copper": "#BC7348", "Cream": "#F2E4C4",
}  # fmt: skip
ACCENTS: tuple[str, ...] = (
    "#F4F1EA", "#26262A", "#C9A45C", "#B4353F", "#2E5E8C", "#3C7D5A", "#E39A3B", "#8A5FA8", "#D67C93", "#8C9199", "#3FA7A3",
)  # fmt: skip

# Common promotions and packs; a category may say more about packs.
PROMOTIONS = (
    "Free Gift", "New Arrival", "Buy 2 Get 1", "Limited Offer", "20% Off", "30% Off", "Half Price", "Free Shipping",
    "Best Seller", "Flash Deal", "Today Only", "Extra Savings", "Members Price", "Season Sale", "Gift Wrapped", "Launch Price",
    "Clearance", "Bundle Deal", "Hot Pick", "Save 15%",
)  # fmt: skip


@dataclass(frozen=True)
class Pools:
    """What can be said about the products of one category."""

    types: tuple[str, ...]
    features: tuple[str, ...]
    materials: tuple[tuple[str, str], ...]  # (what the renderer makes it of, how the selling point calls it)
    audiences: tuple[str, ...]
    sizes: tuple[str, ...]
    packs: tuple[str, ...]


def _pools(types: str, features: str, materials: str, audiences: str, sizes: str, packs: str) -> Pools:
    pairs = tuple((kind, words) for kind, words in (item.split(":") for item in materials.split("|")))
    lists = [tuple(text.split("|")) for text in (types, features, audiences, sizes, packs)]
    return Pools(lists[0], lists[1], pairs, lists[2], lists[3], lists[4])


POOLS: dict[str, Pools] = {
    "kettle": _pools(
        "Electric Kettle|Cordless Kettle|Tea Kettle|Gooseneck Kettle|Whistling Kettle",
        "Rapid Boil|Auto Shut-Off|Boil-Dry Protection|Keep Warm|Drip-Free Spout|Cool-Touch Handle|Hidden Element|"
        "Quiet Heating|Washable Limescale Filter|360 Degree Base|Double Wall|One-Touch Lid|Water Window|"
        "Precise Temperature|Cord Storage|LED Indicator",
        "metal:Stainless Steel|glass:Borosilicate Glass|ceramic:Glazed Ceramic|plastic:BPA-Free Plastic",
        "For Tea Lovers|For Families|For Offices|For Dormitories|For Small Kitchens",
        "0.8 L|1.0 L|1.2 L|1.5 L|1.7 L|2.0 L",
        "Set Of 2 Cups|With Tea Infuser|Single Pack|With Spare Filter",
    ),
    "toaster": _pools(
        "2-Slice Toaster|Pop-Up Toaster|Retro Toaster|Long-Slot Toaster|Bread Toaster",
        "Extra Wide Slots|Seven Browning Levels|Defrost Button|Reheat Button|Removable Crumb Tray|High Lift Lever|"
        "Even Browning|Cancel Button|Cool-Touch Sides|Bagel Mode|Bun Warmer|Fast Toasting|Anti-Slip Feet|"
        "Countdown Display|Self-Centring Bread",
        "metal:Brushed Steel|plastic:Heat-Resistant Plastic|metal:Enamelled Metal|metal:Die-Cast Aluminium",
        "For Breakfast|For Families|For Couples|For Small Kitchens|For Students",
        "700 W|850 W|900 W|1000 W|1200 W",
        "With Bun Rack|Single Pack|With Dust Cover|With Tongs",
    ),
    "blender": _pools(
        "Smoothie Blender|Countertop Blender|Jug Blender|Kitchen Blender|Power Blender",
        "Six-Blade Assembly|Ice Crushing|Pulse Mode|Low Noise|Self-Cleaning|Variable Speed|Leakproof Lid|Safety Lock|"
        "Soup Programme|Vacuum Blending|Dishwasher-Safe Jug|Overheat Protection|One-Touch Smoothie|Silent Motor|"
        "Nutrient Lock",
        "glass:Tempered Glass|plastic:Tritan Plastic|metal:Steel Body|plastic:Shatterproof Jar",
        "For Smoothie Fans|For Athletes|For Families|For Home Cooks|For Baby Food",
        "0.6 L|1.0 L|1.5 L|1.8 L|2.0 L",
        "With Travel Cup|With 2 Jars|Single Pack|With Recipe Book",
    ),
    "rice cooker": _pools(
        "Digital Rice Cooker|Mini Rice Cooker|Smart Rice Cooker|Multi Cooker|Low-Sugar Rice Cooker",
        "Nonstick Inner Pot|24-Hour Timer|Keep Warm|Fuzzy Logic|Steam Basket|Quick Cook|Porridge Mode|Even Heating|"
        "Removable Lid|Touch Panel|Brown Rice Mode|Slow Cook|Thick Inner Pot|Anti-Overflow|Cake Mode",
        "plastic:Durable Plastic|metal:Brushed Steel|ceramic:Ceramic Pot|metal:Cast Iron Pot",
        "For Families|For Singles|For Two People|For Students|For Big Families",
        "1.2 L|1.8 L|3 L|4 L|5 L",
        "With Rice Spoon|With Measuring Cup|Single Pack|With Steamer",
    ),
    "smartphone": _pools(
        "5G Smartphone|Dual SIM Phone|Camera Phone|Slim Smartphone|Gaming Phone",
        "Fast Charging|All-Day Battery|Night Photography|Face Unlock|120 Hz Display|Wireless Charging|AMOLED Screen|"
        "Stereo Speakers|Water Resistant|Triple Camera|Optical Zoom|In-Screen Fingerprint|Large Storage|Ultra-Thin Bezel|"
        "Image Stabilisation",
        "glass:Frosted Glass|metal:Aluminium Frame|ceramic:Ceramic Back|metal:Titanium Frame",
        "For Students|For Gamers|For Creators|For Seniors|For Travellers",
        "128 GB|256 GB|512 GB|6.1 Inch|6.7 Inch",
        "With Charger|With Case|Single Pack|With Screen Film",
    ),
    "speaker": _pools(
        "Bluetooth Speaker|Portable Speaker|Bookshelf Speaker|Wireless Speaker|Party Speaker",
        "Deep Bass|360 Degree Sound|Waterproof|Stereo Pairing|Voice Assistant|20-Hour Playtime|Hands-Free Calls|Low Latency|"
        "RGB Lights|Passive Radiators|Quick Pairing|Dustproof|Rich Treble|Multi-Room Audio|Clear Vocals",
        "fabric:Woven Fabric|plastic:Matte Plastic|wood:Walnut Cabinet|metal:Aluminium Shell",
        "For Parties|For Home Cinema|For Outdoors|For Music Lovers|For Desks",
        "10 W|20 W|30 W|40 W|60 W",
        "Pair Of 2|With Carry Strap|Single Pack|With Audio Cable",
    ),
    "headphones": _pools(
        "Over-Ear Headphones|Wireless Headphones|Studio Headphones|Gaming Headphones|Foldable Headphones",
        "Active Noise Cancelling|40-Hour Battery|Memory Foam Cushions|Hi-Res Audio|Transparency Mode|Foldable Design|"
        "Multipoint Connection|Dual Microphones|Low Latency|Deep Bass|Quick Charge|Touch Controls|Adjustable Headband|"
        "Spatial Sound|Lightweight Fit",
        "plastic:Soft-Touch Plastic|leather:Protein Leather|metal:Steel Headband|fabric:Breathable Mesh",
        "For Commuters|For Gamers|For Work Calls|For Travel|For Musicians",
        "40 mm Drivers|50 mm Drivers|210 g|250 g|30 mm Drivers",
        "With Travel Case|With Audio Cable|Single Pack|With Spare Pads",
    ),
    "camera": _pools(
        "Mirrorless Camera|Compact Camera|Digital Camera|Instant Camera|Vlogging Camera",
        "4K Video|Fast Autofocus|Optical Zoom|Image Stabilisation|Flip Screen|Eye Tracking|Burst Mode|Night Mode|"
        "Interchangeable Lens|Built-In Flash|Weather Sealed|Wireless Transfer|Time Lapse|RAW Photos|Wide Aperture",
        "metal:Magnesium Body|leather:Leatherette Grip|plastic:Polycarbonate Body|metal:Aluminium Body",
        "For Beginners|For Vloggers|For Travel|For Families|For Photographers",
        "20 MP|24 MP|26 MP|33 MP|45 MP",
        "With Kit Lens|Body Only|With Memory Card|With Strap",
    ),
    "armchair": _pools(
        "Accent Armchair|Lounge Armchair|Reading Chair|Wingback Armchair|Swivel Armchair",
        "Deep Seat|Padded Armrests|High Back|Removable Covers|Easy Assembly|Solid Legs|Non-Slip Feet|Ergonomic Support|"
        "Stain Resistant|High-Density Foam|Button Tufted|Stitched Seams|Pocket Springs|Curved Back|Breathable Cover",
        "fabric:Soft Velvet|leather:Top-Grain Leather|fabric:Woven Linen|fabric:Boucle Fabric",
        "For Living Rooms|For Bedrooms|For Readers|For Small Flats|For Hotels",
        "72 cm Wide|78 cm Wide|85 cm Wide|90 cm Wide|68 cm Wide",
        "With Footstool|With Cushion|Single Piece|Set Of 2",
    ),
    "side table": _pools(
        "Round Side Table|Bedside Table|Nesting Side Table|Coffee Side Table|Sofa Side Table",
        "Rounded Edges|Scratch Resistant|Easy Assembly|Water Resistant Top|Sturdy Base|Hidden Drawer|Adjustable Feet|"
        "Space Saving|Lower Shelf|Lightweight Build|Heat Resistant|Tool-Free Setup|Tripod Legs|Raised Rim|Smooth Finish",
        "wood:Solid Oak|metal:Powder-Coated Steel|stone:Marble Top|wood:Natural Bamboo",
        "For Living Rooms|For Bedrooms|For Balconies|For Small Flats|For Offices",
        "40 cm|45 cm|50 cm|55 cm|60 cm",
        "Set Of 2|Single Piece|With Tray|Set Of 3",
    ),
    "table lamp": _pools(
        "Bedside Lamp|Desk Lamp|LED Table Lamp|Reading Lamp|Night Lamp",
        "Dimmable Light|Touch Switch|Warm Glow|Flicker Free|Eye Care|Energy Saving|USB Charging Port|Adjustable Arm|"
        "Three Colour Modes|Memory Function|Sleep Timer|Glare Free|Rotating Head|Remote Control|Weighted Base",
        "fabric:Linen Shade|metal:Brass Finish|ceramic:Ceramic Base|wood:Beech Wood",
        "For Bedrooms|For Studying|For Kids|For Offices|For Living Rooms",
        "8 W|10 W|12 W|35 cm Tall|45 cm Tall",
        "With Bulb|Set Of 2|Single Pack|With Adapter",
    ),
    "bookshelf": _pools(
        "Open Bookshelf|Corner Bookshelf|Ladder Bookshelf|Standing Bookcase|Narrow Bookshelf",
        "Anti-Tip Kit|Adjustable Shelves|Easy Assembly|Moisture Proof|Heavy Load|Rounded Corners|Thick Boards|Space Saving|"
        "Stable Frame|Open Back|Large Capacity|Scratch Resistant|Quick Installation|Smooth Edges|Wide Storage",
        "wood:Solid Pine|metal:Steel Frame|wood:Walnut Veneer|wood:Natural Bamboo",
        "For Studies|For Living Rooms|For Kids Rooms|For Offices|For Book Lovers",
        "3 Tiers|4 Tiers|5 Tiers|120 cm Tall|180 cm Tall",
        "Single Piece|With Drawers|Set Of 2|With Tools",
    ),
    "lipstick": _pools(
        "Matte Lipstick|Satin Lipstick|Velvet Lipstick|Moisturising Lipstick|Glossy Lipstick",
        "Long Lasting|Transfer Proof|Vivid Pigment|Feather Light|Smudge Proof|One-Swipe Colour|Vitamin E|Soft Texture|"
        "Non-Drying|Shea Butter|Waterproof|Cruelty Free|Silky Glide|All-Day Wear|Fragrance Free",
        "metal:Metal Tube|plastic:Glossy Case|metal:Gilded Case|plastic:Matte Case",
        "For Women|For Daily Makeup|For Weddings|For Beginners|For Evenings",
        "3.2 g|3.5 g|3.8 g|4 g|2.5 g",
        "Set Of 3|Gift Box|Single Pack|With Lip Liner",
    ),
    "face cream": _pools(
        "Moisturising Cream|Night Cream|Day Cream|Repair Cream|Firming Cream",
        "Hyaluronic Acid|Fast Absorbing|Deep Hydration|Fragrance Free|Anti-Wrinkle|Barrier Repair|Niacinamide|"
        "Non-Greasy|Soothing Ceramides|Brightening Care|Peptide Complex|Vitamin C|Gentle Formula|Aloe Extract|Oil Control",
        "glass:Glass Jar|ceramic:Porcelain Jar|plastic:Recyclable Jar|plastic:Pearl Jar",
        "For Dry Skin|For Sensitive Skin|For Women|For Men|For Mature Skin",
        "30 ml|50 ml|75 ml|80 ml|100 ml",
        "Twin Pack|With Spatula|Single Pack|Gift Box",
    ),
    "perfume": _pools(
        "Eau De Parfum|Floral Perfume|Woody Perfume|Citrus Perfume|Eau De Toilette",
        "Long Lasting|Fresh Citrus|White Musk|Warm Amber|Jasmine Heart|Rose Notes|Sandalwood Base|Light Scent|"
        "Travel Friendly|Fine Mist|Vanilla Finish|Green Tea|Spicy Pepper|Elegant Bottle|Sea Breeze",
        "glass:Crystal Glass|glass:Tinted Glass|glass:Frosted Glass|glass:Faceted Glass",
        "For Women|For Men|For Dates|For Daily Wear|For Couples",
        "15 ml|30 ml|50 ml|75 ml|100 ml",
        "Gift Box|With Travel Spray|Single Pack|Set Of 3",
    ),
    "shampoo": _pools(
        "Repair Shampoo|Volume Shampoo|Anti-Dandruff Shampoo|Herbal Shampoo|Smoothing Shampoo",
        "Silicone Free|Argan Oil|Deep Cleansing|Fluffy Volume|Scalp Care|Oil Control|Ginger Extract|Lasting Fragrance|"
        "Colour Protection|Sulphate Free|Strong Roots|Silky Smooth|Amino Acid|Tea Tree|Split-End Care",
        "plastic:Pump Bottle|plastic:Recycled Bottle|plastic:Squeeze Bottle|metal:Aluminium Bottle",
        "For Oily Hair|For Dry Hair|For Men|For Women|For Families",
        "250 ml|300 ml|400 ml|500 ml|750 ml",
        "Pack Of 2|With Conditioner|Single Pack|Refill Set",
    ),
    "juice": _pools(
        "Orange Juice|Apple Juice|Mango Juice|Berry Juice|Tropical Juice",
        "Not From Concentrate|No Added Sugar|Cold Pressed|Vitamin C|Real Fruit|Rich Pulp|Low Calorie|Fresh Taste|"
        "Ready To Drink|No Preservatives|Sun-Ripened Fruit|Plant Based|Naturally Sweet|Antioxidants|Zero Fat",
        "glass:Glass Bottle|paper:Paper Carton|plastic:Recyclable Bottle|paper:Plant-Based Carton",
        "For Kids|For Breakfast|For Parties|For Families|For Athletes",
        "250 ml|330 ml|500 ml|1 L|1.5 L",
        "Pack Of 6|Pack Of 12|Pack Of 4|Pack Of 24",
    ),
    "cereal": _pools(
        "Oat Cereal|Fruit Muesli|Crunchy Granola|Corn Flakes|Breakfast Cereal",
        "Whole Grain|High Fibre|Low Sugar|Freeze-Dried Berries|Roasted Nuts|Ready To Eat|Gluten Free|Honey Flavour|"
        "High Protein|Crispy Texture|Slow Baked|Vitamin Enriched|Chia Seeds|No Palm Oil|Probiotic Blend",
        "paper:Cardboard Box|paper:Kraft Box|paper:Recycled Carton|paper:Resealable Box",
        "For Breakfast|For Kids|For Families|For Office Snacks|For Fitness",
        "300 g|375 g|400 g|500 g|750 g",
        "Pack Of 2|Pack Of 3|Family Pack|Pack Of 6",
    ),
    "tea tin": _pools(
        "Green Tea|Black Tea|Jasmine Tea|Oolong Tea|Herbal Tea",
        "Spring Harvest|Loose Leaf|Rich Aroma|Smooth Finish|Hand Picked|High Mountain|Caffeine Free|Sweet Aftertaste|"
        "Resealable Tin|Golden Buds|Floral Notes|Slow Roasted|Single Origin|Fresh Sealed|Mellow Taste",
        "metal:Tin Canister|metal:Embossed Tin|metal:Matte Tin|metal:Lacquered Tin",
        "For Tea Lovers|For Gifts|For Guests|For Elders|For Offices",
        "50 g|80 g|100 g|150 g|250 g",
        "Gift Box|Set Of 2|Single Tin|Set Of 4",
    ),
    "baby bottle": _pools(
        "Feeding Bottle|Wide-Neck Baby Bottle|Newborn Bottle|Training Bottle|Milk Bottle",
        "Anti-Colic Valve|BPA Free|Slow Flow|Easy Grip|Natural Latch|Dishwasher Safe|Leakproof Cap|Quick Clean|"
        "Soft Teat|Measured Scale|Shock Resistant|Heat Resistant|Rounded Inside|Dust Cover|Easy Assembly",
        "glass:Borosilicate Glass|plastic:Medical PPSU|rubber:Food-Grade Silicone|plastic:Tritan Body",
        "For Newborns|For Babies|For Toddlers|For New Parents|For Travel",
        "120 ml|150 ml|180 ml|240 ml|300 ml",
        "Set Of 2|Set Of 3|With Spare Teat|Single Pack",
    ),
    "handbag": _pools(
        "Tote Handbag|Crossbody Handbag|Shoulder Bag|Bucket Bag|Satchel Handbag",
        "Large Capacity|Magnetic Closure|Detachable Strap|Inner Pockets|Scratch Resistant|Hand Stitched|Gold Hardware|"
        "Water Repellent|Lightweight Design|Zipped Pocket|Soft Lining|Classic Shape|Structured Base|Laptop Sleeve|"
        "Anti-Theft Zip",
        "leather:Genuine Leather|leather:Vegan Leather|fabric:Cotton Canvas|leather:Grained Leather",
        "For Women|For Work|For Evenings|For Mothers|For Commuters",
        "22 cm|26 cm|30 cm|34 cm|12 L",
        "With Purse|With Scarf|Single Piece|With Dust Bag",
    ),
    "suitcase": _pools(
        "Cabin Suitcase|Hard-Shell Suitcase|Trolley Suitcase|Travel Suitcase|Spinner Suitcase",
        "Silent Wheels|Combination Lock|Expandable Zip|Telescopic Handle|Scratch Resistant|USB Charging Port|Dry-Wet Pocket|"
        "Shock Absorbing|Ultra Light|Aluminium Corners|Cup Holder|Double Zip|Compression Straps|Smooth Gliding|"
        "Front Opening",
        "plastic:Polycarbonate Shell|metal:Aluminium Frame|fabric:Oxford Fabric|plastic:ABS Shell",
        "For Business Trips|For Students|For Holidays|For Families|For Men",
        "20 Inch|22 Inch|24 Inch|26 Inch|28 Inch",
        "Set Of 2|With Cover|Single Piece|Set Of 3",
    ),
    "water bottle": _pools(
        "Insulated Bottle|Sports Bottle|Vacuum Flask|Gym Water Bottle|Hiking Bottle",
        "Keeps Cold 24 Hours|Leakproof Lid|Wide Mouth|BPA Free|One-Hand Opening|Sweat Free|Carry Loop|Straw Lid|"
        "Double Wall|Shatterproof|Odour Free|Easy Clean|Time Markings|Non-Slip Base|Powder Coating",
        "metal:Stainless Steel|plastic:Tritan Plastic|glass:Sleeved Glass|metal:Pure Titanium",
        "For Gym|For Hiking|For School|For Cyclists|For Kids",
        "350 ml|500 ml|750 ml|1 L|1.2 L",
        "With Brush|Pack Of 2|Single Pack|With 2 Lids",
    ),
    "dumbbell": _pools(
        "Hex Dumbbell|Adjustable Dumbbell|Rubber Dumbbell|Fitness Dumbbell|Home Dumbbell",
        "Anti-Slip Grip|Anti-Roll Design|Quiet Landing|Floor Protection|Ergonomic Handle|Quick Adjust|Sweat Proof|"
        "Rust Resistant|Solid Core|Odour Free|Compact Storage|Balanced Weight|Knurled Handle|Wear Resistant|Full-Body Training",
        "rubber:Rubber Coating|metal:Cast Iron|rubber:Neoprene Coating|metal:Chrome Steel",
        "For Home Gym|For Beginners|For Men|For Women|For Strength Training",
        "2 kg|4 kg|5 kg|8 kg|10 kg|12 kg",
        "Pair Of 2|Single Piece|With Rack|Set Of 3",
    ),
    "frying pan": _pools(
        "Frying Pan|Nonstick Skillet|Grill Pan|Deep Frying Pan|Crepe Pan",
        "Nonstick Coating|Induction Ready|Even Heating|Cool-Touch Handle|Oven Safe|Dishwasher Safe|Scratch Resistant|"
        "Thick Base|Easy Clean|Low Oil|Hanging Loop|Pouring Rim|Riveted Handle|Fast Heating|Warp Free",
        "metal:Cast Iron|metal:Stainless Steel|ceramic:Ceramic Coating|metal:Forged Aluminium",
        "For Home Cooks|For Families|For Eggs|For Induction Hobs|For Singles",
        "20 cm|24 cm|26 cm|28 cm|30 cm",
        "With Lid|Set Of 2|Single Piece|With Spatula",
    ),
    "smartwatch": _pools(
        "Smart Watch|Fitness Watch|Sports Watch|GPS Watch|Health Watch",
        "Heart Rate Monitor|Sleep Tracking|AMOLED Display|Water Resistant|Step Counter|Blood Oxygen|14-Day Battery|"
        "Bluetooth Calls|Quick Release Strap|Always-On Display|Stress Monitor|Music Control|Built-In GPS|Message Alerts",
        "rubber:Silicone Strap|leather:Leather Strap|metal:Steel Case|fabric:Woven Nylon Strap",
        "For Runners|For Men|For Women|For Swimmers|For Seniors",
        "40 mm|41 mm|44 mm|45 mm|47 mm",
        "With Spare Strap|With Charger|Single Pack|With Screen Film",
    ),
    "wall clock": _pools(
        "Wall Clock|Silent Wall Clock|Quartz Wall Clock|Kitchen Clock|Retro Wall Clock",
        "Silent Movement|Large Numerals|Easy To Read|Battery Operated|Non-Ticking|Shatterproof Cover|Simple Hanging|"
        "Luminous Hands|Slim Profile|Accurate Quartz|Domed Glass|Sweeping Second Hand|Dust Proof|Lightweight Build|Clear Dial",
        "wood:Solid Wood Frame|metal:Metal Frame|plastic:Durable Plastic|wood:Natural Bamboo",
        "For Living Rooms|For Kitchens|For Offices|For Bedrooms|For Classrooms",
        "25 cm|28 cm|30 cm|35 cm|40 cm",
        "With Battery|Single Piece|With Wall Hook|Gift Boxed",
    ),
    "hair brush": _pools(
        "Hair Brush|Paddle Brush|Detangling Brush|Cushion Brush|Styling Brush",
        "Gentle Bristles|Scalp Massage|Anti-Static|Detangles Fast|Ventilated Cushion|Rounded Tips|Non-Slip Handle|"
        "Reduces Breakage|Wet And Dry Use|Easy Clean|Lightweight Grip|Smooth Finish|Flexible Pins|Heat Resistant|Adds Shine",
        "wood:Beech Wood|plastic:Recycled Plastic|wood:Natural Bamboo|rubber:Soft-Touch Coating",
        "For Long Hair|For Curly Hair|For Women|For Kids|For Thick Hair",
        "20 cm|22 cm|24 cm|25 cm|26 cm",
        "With Comb|Set Of 2|Single Pack|With Pouch",
    ),
    "chocolate bar": _pools(
        "Chocolate Bar|Milk Chocolate Bar|Dark Chocolate Bar|Nut Chocolate Bar|Caramel Chocolate Bar",
        "Slow Conched|Fair Trade|Whole Hazelnuts|Sea Salt|Single Origin|No Palm Oil|Gluten Free|Smooth Melt|Rich Aroma|"
        "Less Sugar|Organic Cocoa|Handmade|Crunchy Pieces|Vegan Recipe|Roasted Almonds",
        "paper:Paper Wrapper|paper:Recyclable Wrapper|paper:Foil Lined Wrapper|paper:Kraft Paper",
        "For Gifts|For Sharing|For Cocoa Lovers|For Hiking|For Baking",
        "70 g|80 g|90 g|100 g|150 g",
        "Pack Of 3|Pack Of 5|Single Bar|Box Of 10",
    ),
    "t-shirt": _pools(
        "Crew Neck T-Shirt|Graphic T-Shirt|Running T-Shirt|Basic T-Shirt|Oversized T-Shirt",
        "Soft Touch|Breathable|Quick Dry|Pre-Shrunk|Ribbed Collar|No Side Seams|Colour Fast|Stretch Fit|Relaxed Cut|"
        "Tagless Neck|Sweat Wicking|Double Stitched|Lightweight Jersey|UV Protection|Easy Care",
        "fabric:Organic Cotton|fabric:Combed Cotton|fabric:Cotton Blend|fabric:Bamboo Jersey",
        "For Men|For Women|For Teens|For Sports|For Summer",
        "Size S|Size M|Size L|Size XL|Size XXL",
        "Pack Of 2|Pack Of 3|Single Piece|Pack Of 5",
    ),
    "jump rope": _pools(
        "Jump Rope|Speed Rope|Skipping Rope|Weighted Jump Rope|Fitness Rope",
        "Ball Bearings|Adjustable Length|Tangle Free|Anti-Slip Handles|Lightweight Handles|Smooth Rotation|Foam Grip|"
        "Wear Resistant|Fast Spin|Sweat Proof|Durable Cable|Easy Storage|Quiet Turns|Balanced Weight|Full-Body Training",
        "rubber:PVC Cord|plastic:Coated Steel Cable|fabric:Braided Cotton|rubber:Soft Rubber",
        "For Boxing|For Kids|For Beginners|For Cardio|For Crossfit",
        "2.4 m|2.8 m|3 m|3.2 m|2.6 m",
        "With Spare Cord|Set Of 2|Single Piece|With Bag",
    ),
    "backpack": _pools(
        "Laptop Backpack|School Backpack|Travel Backpack|Hiking Backpack|Everyday Backpack",
        "Padded Straps|Laptop Sleeve|Water Repellent|Large Capacity|Side Pockets|Hidden Pocket|Breathable Back|Chest Strap|"
        "Lightweight Build|Strong Zips|Reflective Strips|Luggage Strap|Wide Opening|Ergonomic Fit|Roll Top",
        "fabric:Oxford Fabric|fabric:Recycled Polyester|leather:Vegan Leather|fabric:Waxed Canvas",
        "For School|For Commuters|For Students|For Hiking|For Travel",
        "15 L|18 L|20 L|25 L|30 L",
        "With Rain Cover|With Pouch|Single Piece|Set Of 2",
    ),
}  # fmt: skip

_ONSETS = (
    "b", "br", "c", "cl", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "kr", "l", "m", "n", "p", "pl", "qu", "r", "s",
    "sk", "st", "t", "tr", "v", "w", "z", "zh", "th", "v", "l", "m", "n", "r", "t",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ea", "io", "ua", "oo", "y")
_CODAS = ("", "", "", "", "n", "l", "r", "s", "x", "m", "nd", "th", "k", "rn", "lt")
# Names that the syllables can make and that exist, each between spaces; invented brands must stay invented.
_TAKEN = (
    " nivea sony canon dove bose lego nike puma asus acer vivo oppo nokia dior zara lidl kia fiat ford tesla visa gucci prada "
    "rolex sanyo casio olay lux mars milka pepsi cola fanta evian volvo honda mazda toyota lexus ikea bosch braun philips "
    "samsung xiaomi huawei lenovo nikon leica sharp aldi nestle danone lavazza tefal krups miele smeg levis fila vans reebok "
)


def pseudo_word(draw: random.Random, syllables: int | None = None) -> str:
    """A pronounceable lower-case word of 3 to 10 letters that means nothing."""
    while True:
        count = syllables or draw.choice((2, 2, 2, 3))
        parts = [draw.choice(_ONSETS) + draw.choice(_VOWELS) for _ in range(count)]
        word = "".join(parts) + draw.choice(_CODAS)
        if 3 <= len(word) <= 10 and f" {word} " not in _TAKEN:
            return word


def brand_name(draw: random.Random) -> str:
    """An invented brand: mostly one capitalised word, sometimes two parts, CamelCase or capitals."""
    kind = draw.random()
    if kind < 0.62:
        return pseudo_word(draw).capitalize()
    if kind < 0.78:
        return f"{pseudo_word(draw).capitalize()} {pseudo_word(draw).capitalize()}"
    if kind < 0.92:
        return pseudo_word(draw, 1).capitalize() + pseudo_word(draw, 2).capitalize()
    return pseudo_word(draw, 2).upper()


def series_name(draw: random.Random) -> str:
    """An invented series: a pseudo-word, or a word and a number."""
    word = pseudo_word(draw, 2).capitalize()
    return word if draw.random() < 0.5 else f"{word} {draw.choice((2, 3, 5, 7, 8, 9, 10, 12, 20, 30, 50, 100))}"


def model_code(draw: random.Random) -> str:
    """A model number such as XK-204 or B70."""
    letters = "".join(draw.choice("ABCDEFGHKLMNPRSTVXZ") for _ in range(draw.choice((1, 2, 2, 3))))
    return f"{letters}{draw.choice(('-', '', '-'))}{draw.choice((draw.randint(10, 99), draw.randint(100, 990)))}"


def category_of(index: int) -> tuple[str, str]:
    """Department and category of product `index`: both take turns, so any number of products is balanced."""
    department = DEPARTMENTS[index % len(DEPARTMENTS)]
    categories = categories_of(department)
    return department, categories[index // len(DEPARTMENTS) % len(categories)]


def _accent(draw: random.Random, colour: tuple[float, float, float]) -> tuple[float, float, float]:
    """An accent that stays readable on the product's own colour."""

    def luma(c: tuple[float, float, float]) -> float:
        return 0.30 * c[0] + 0.59 * c[1] + 0.11 * c[2]

    contrasting = [c for c in map(rgb, ACCENTS) if abs(luma(c) - luma(colour)) > 0.22]
    return draw.choice(contrasting)


def _description(draw: random.Random, category: str, point: dict[str, str], features: list[str]) -> str:
    """A sentence of 10 to 40 words in the manner of a shop's full product title."""
    name = f"{point['brand']} {point['series']}"
    kind = point["type"] if category in point["type"].lower() else f"{point['type']} ({category})"
    spoken = [feature.lower() for feature in features]
    listed = ", ".join(spoken[:-1]) + f" and {spoken[-1]}"
    material, colour, audience = point["material"].lower(), point["colour"].lower(), point["audience"].lower()
    forms = (
        f"{name} {kind} in {colour}, {point['size']}, {material}, with {listed}, {audience}",
        f"{name} {category} {point['model']}: {kind.lower()} with {material}, {listed}, {point['size']}, {colour}, {audience}",
        f"{kind} by {point['brand']}, {point['series']} series, {colour} {material}, {point['size']}, offering {listed}",
        f"The {name} is a {category} {audience} in {colour} with {listed}, {material} and {point['size']}",
        f"{point['brand']} {category} {point['series']} {point['size']} {colour} {material} {' '.join(spoken)} {audience}",
    )
    return draw.choice(forms)


def _stance(seed: int, index: int, category: str) -> tuple[float, Posture, View]:
    """Size (cm), posture and view of product `index`."""
    draw, kind = stream(seed, "stance", index), CATEGORIES[category]
    size = round(draw.uniform(*kind.size_cm), 1)
    names, shares = zip(*kind.postures, strict=True)
    posture: Posture = draw.choices(names, shares)[0]
    front = draw.random() < 0.5
    return size, posture, "above" if posture == "lies" else "front" if front else "three_quarter"


def make_product(seed: int, index: int) -> ProductSpec:
    """Product `index` of the world with this seed."""
    draw = stream(seed, "product", index)
    department, category = category_of(index)
    size_cm, posture, view = _stance(seed, index, category)
    pools = POOLS[category]
    colour_name = draw.choice(tuple(COLOURS))
    colour = rgb(COLOURS[colour_name])
    kind, material = draw.choice(pools.materials)
    point = {
        "brand": brand_name(draw),
        "series": series_name(draw),
        "type": draw.choice(pools.types),
        "material": material,
        "colour": colour_name,
        "audience": draw.choice(pools.audiences),
        "size": draw.choice(pools.sizes),
        "pack": draw.choice(pools.packs),
        "model": model_code(draw),
        "promotion": draw.choice(PROMOTIONS),
    }
    features = draw.sample(pools.features, draw.randint(3, 6))
    # The first four are always told; the others come and go, as in real listings: 8 to 16 points in all.
    told = ["brand", "series", "type", "material"]
    chances = {"colour": 0.8, "audience": 0.8, "size": 0.85, "pack": 0.6, "model": 0.65, "promotion": 0.7}
    told += [name for name, chance in chances.items() if draw.random() < chance]
    points = [SellingPoint(name, point[name]) for name in told] + [SellingPoint("feature", f) for f in features]
    while len(points) < 8:
        features.append(draw.choice([f for f in pools.features if f not in features]))
        points.append(SellingPoint("feature", features[-1]))
    draw.shuffle(points)
    return ProductSpec(
        id=f"p{index:05d}",
        department=department,
        category=category,
        brand=point["brand"],
        series=point["series"],
        colour_name=colour_name,
        colour=colour,
        accent=_accent(draw, colour),
        material=kind,
        form="billboard" if draw.random() < BILLBOARD_SHARE else "mesh",
        size_cm=size_cm,
        posture=posture,
        view=view,
        description=_description(draw, category, point, features[: draw.randint(2, 4)]),
        selling_points=tuple(points),
        seed=draw.getrandbits(31),
    )


def make_products(seed: int, count: int) -> list[ProductSpec]:
    """The first `count` products of the world with this seed."""
    return [make_product(seed, index) for index in range(count)]
