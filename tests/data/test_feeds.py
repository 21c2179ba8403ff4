"""Product feeds with the oddities that shops' exports have."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageDraw

from uniadgen.cli.main import main
from uniadgen.data.feeds.products import Converted, convert_feed
from uniadgen.data.feeds.reading import FeedProblem, Item, read_feed
from uniadgen.data.feeds.texts import MOST_DESCRIPTION, description_of, plain_text, selling_points_of
from uniadgen.data.lookup import Lookup
from uniadgen.data.validate import Problem
from uniadgen.errors import InputError

GOOGLE = (
    "id\ttitle\tdescription\tlink\timage_link\tadditional_image_link\tbrand\tcolor\tmaterial\tproduct_type\tproduct_highlight\n"
    'k1\tRapid Kettle 1.7 L - Steel\t"A ""quick"" kettle, for tea &amp; coffee."\thttp://s/k1\t'
    "https://cdn.shop.example/img/k%201.png?w=9\thttps://cdn/a.png,https://cdn/b.png\tBoilco\tSilver\tSteel\t"
    'Home > Kitchen > Kettles\tKeeps warm,"Boils in 2 minutes, quietly"\n'
    't1\tTV 55" Screen\t55" and 4K\thttp://s/t1\thttps://cdn/t1.png\t\tViewo\t\t\tTV\t\n'
)

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>k1</g:id><title>Rapid Kettle</title><description><![CDATA[<p>Quick.</p><ul><li>Auto off</li></ul>]]></description>
<g:image_link>https://cdn/k 1.png</g:image_link><g:additional_image_link>https://cdn/b.png</g:additional_image_link>
<g:brand>Boilco</g:brand><g:color>Silver &amp; Blue</g:color>
<g:product_detail><g:section_name>General</g:section_name><g:attribute_name>Capacity</g:attribute_name>
<g:attribute_value>1.7 L</g:attribute_value></g:product_detail>
<g:product_highlight>Boils fast, quietly</g:product_highlight><g:product_highlight>Keeps warm</g:product_highlight></item>
<item><g:id>x</g:id><title>Other</title></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>
<entry><g:id>k1</g:id><title>Rapid Kettle</title><summary>x</summary><g:description>Quick.</g:description>
<g:image_link>https://cdn/k1.png</g:image_link></entry></feed>"""

SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Image Src,"
    "Image Position,Material (product.metafields.custom.material)\r\n"
    'bag,Rosa Bag,"<p>A bag,<br>13"" wide.</p>",Rosa,Bags,Colour,Red,Size,One,SKU1,https://cdn/bag-2.png,2,Leather\r\n'
    "bag,,,,,,Blue,,One,SKU2,https://cdn/bag-1.png?v=1,1,\r\n"
    "cup,Plain Cup,,Rosa,Cups,Title,Default Title,,,,https://cdn/cup.png,1,\r\n"
)

WOO = (
    "ID,Type,SKU,Name,Short description,Description,Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s),"
    "Attribute 2 name,Attribute 2 value(s)\n"
    '1,variable,mug,"Big Mug","Short.","<h2>Big &amp; blue</h2>\\n","Kitchen > Mugs, Gifts","https://cdn/mug.png, https://cdn/m2.png",,'
    'Colour,"Red, Blue",Dishwasher safe,Yes\n'
    '2,variation,mug-red,"Big Mug - Red",,,,,mug,Colour,Red,,\n'
    '3,variation,mug-blue,"Big Mug - Blue",,,,https://cdn/mugblue.png,mug,Colour,Blue,,\n'
)


def items(path: Path, content: str | bytes, **how: Any) -> list[Item]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    read = list(read_feed(path, **how))
    assert all(isinstance(item, Item) for item in read), read
    return read  # type: ignore[return-value]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_google_text(tmp_path: Path, encoding: str, ends: str) -> None:
    text = GOOGLE.replace("\n", ends)
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)
    kettle, screen = items(tmp_path / "feed.txt", data)
    assert (kettle.name, kettle.brand, kettle.where) == ("k1", "Boilco", "row 1")
    assert kettle.description == 'A "quick" kettle, for tea &amp; coffee.'
    assert kettle.pictures[0] == "https://cdn.shop.example/img/k%201.png?w=9"
    assert kettle.pictures[1:] == ["https://cdn/a.png", "https://cdn/b.png"]
    assert kettle.points == ["Keeps warm", "Boils in 2 minutes, quietly"]
    assert ("color", "Silver") in kettle.attributes
    assert (screen.title, screen.description) == ('TV 55" Screen', '55" and 4K')
    assert selling_points_of(kettle) == [
        *("Rapid Kettle 1.7 L", "Steel", "Boilco", "Kettles", "Keeps warm", "Boils in 2 minutes, quietly", "Silver"),
    ]
    assert description_of(kettle) == 'Rapid Kettle 1.7 L - Steel. A "quick" kettle, for tea & coffee.'


def test_google_xml(tmp_path: Path) -> None:
    kettle, _ = items(tmp_path / "feed.xml", RSS)
    assert (kettle.name, kettle.title, kettle.where) == ("k1", "Rapid Kettle", "item 1")
    assert kettle.pictures == ["https://cdn/k 1.png", "https://cdn/b.png"]
    assert ("Capacity", "1.7 L") in kettle.attributes
    points = selling_points_of(kettle)
    assert points == [
        "Rapid Kettle",
        "Boilco",
        "Boils fast, quietly",
        "Keeps warm",
        "Silver & Blue",
        "Capacity 1.7 L",
        "Auto off",
    ]
    (entry,) = items(tmp_path / "atom.xml", ATOM)
    assert (entry.name, entry.description, entry.pictures) == ("k1", "Quick.", ["https://cdn/k1.png"])
    assert len(items(tmp_path / "utf16.xml", RSS.replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16"))) == 2


def test_xml_bombs_and_broken_ends(tmp_path: Path) -> None:
    entities = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">'
    bomb = f"<!DOCTYPE r [{entities}]><rss><channel><item><title>&b;</title></item></channel></rss>"
    (tmp_path / "bomb.xml").write_text(bomb)
    with pytest.raises(InputError, match="document type"):
        list(read_feed(tmp_path / "bomb.xml"))
    (tmp_path / "cut.xml").write_text(RSS[: RSS.index("<item><g:id>x")])
    read = list(read_feed(tmp_path / "cut.xml"))
    assert isinstance(read[0], Item)
    assert isinstance(read[1], FeedProblem)
    (tmp_path / "cut16.txt").write_bytes(GOOGLE.encode("utf-16")[:-1])
    with pytest.raises(InputError, match="cut short"):
        list(read_feed(tmp_path / "cut16.txt"))


def test_shopify(tmp_path: Path) -> None:
    bag, cup = items(tmp_path / "feed.csv", SHOPIFY)
    assert (bag.name, bag.where, cup.where) == ("bag", "row 1", "row 3")
    assert bag.pictures == ["https://cdn/bag-1.png?v=1", "https://cdn/bag-2.png"]
    assert bag.attributes == [("Size", "One"), ("material", "Leather")]  # colours differ between variants
    assert cup.attributes == []
    assert description_of(bag) == 'Rosa Bag. A bag, 13" wide.'
    assert selling_points_of(bag) == ["Rosa Bag", "Rosa", "Bags", "One", "Leather"]


def test_woocommerce(tmp_path: Path) -> None:
    mug, blue = items(tmp_path / "feed.csv", WOO)
    assert (mug.name, blue.name) == ("mug", "mug-blue")  # a variation without a picture is its parent
    assert mug.pictures == ["https://cdn/mug.png", "https://cdn/m2.png"]
    assert mug.attributes == [("Dishwasher safe", "Yes")]
    assert selling_points_of(mug) == ["Big Mug", "Mugs", "Dishwasher safe"]


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        {
            "id": 7,
            "title": "Cup",
            "image": "cup.png",
            "selling_points": ["Blue", "Blue"],
            "attributes": {"Volume": 0.3, "Lid": "no"},
        },
        {"id": "8", "title": "Pot", "images": ["a.png", "b.png"], "description": None},
    ]
    cup, pot = items(tmp_path / "feed.jsonl", "".join(json.dumps(line) + "\n\n" for line in lines))
    assert (cup.name, selling_points_of(cup)) == ("7", ["Cup", "Blue", "Volume 0.3"])
    assert (pot.pictures, pot.where) == (["a.png", "b.png"], "row 3")
    (tmp_path / "bad.jsonl").write_text('{"id": [1]}\n[]\n{\n{"title": 3}\n{"id": "a", "id": "b"}\n')
    assert [(p.where, p.field) for p in read_feed(tmp_path / "bad.jsonl") if isinstance(p, FeedProblem)] == [
        *(("row 1", "id"), ("row 2", ""), ("row 3", ""), ("row 4", "title"), ("row 5", "id")),
    ]


def test_texts() -> None:
    assert plain_text("&lt;p&gt;A&lt;/p&gt;&lt;ul&gt;&lt;li&gt;B&lt;/li&gt;&lt;/ul&gt;") == ("A. B.", ["B"])
    assert plain_text("<style>x{}</style>Caf&eacute;<script>alert(1)</script> au lait&nbsp;!") == ("Café au lait !", [])
    assert plain_text("• One\n• Two") == ("• One. • Two.", ["One", "Two"])
    long = Item("row 1", "x", "Cup", "This is a sentence. " * 200)
    assert len(description_of(long)) <= MOST_DESCRIPTION
    assert description_of(long).endswith("sentence.")
    assert selling_points_of(Item("row 1", "x", "Serum, 30 ml, Vegan", "")) == ["Serum, 30 ml", "Vegan"]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("k 1.png", "bag-2.png"):
        cutout = Image.new("RGBA", (60, 80))
        ImageDraw.Draw(cutout).ellipse((10, 5, 50, 75), fill=(200, 30, 40, 255))
        cutout.save(folder / name)
    (folder / "bag-1.png").write_bytes(b"no picture")
    (folder / "t1.png").write_bytes(b"\x89PNG")
    return folder


def test_problems_are_told_by_row_and_field(tmp_path: Path, images: Path) -> None:
    feed = tmp_path / "feed.txt"
    columns = ("id", "title", "image_link")
    rows = [
        ("k1", "Again", "k 1.png"),
        ("", "No id", "x.png"),
        ("k2", "", "x.png"),
        ("k3", "Caf\udce9", "k 1.png"),
        ("k4", "Cup", ""),
    ]
    lines = ["\t".join(columns), "k1\tKettle\tk 1.png", "t1\tScreen\tt1.png", *map("\t".join, rows), "a\tb\tc\td"]
    feed.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    *problems, done = convert_feed(feed, tmp_path / "out", [images])
    assert done == Converted(products=1, items=8)
    assert [(problem.where, problem.field) for problem in problems if isinstance(problem, Problem)] == [
        ("row 2", "image_link"),  # a broken picture
        ("row 3", "id"),  # twice
        ("row 4", "id"),
        ("row 5", "title"),
        ("row 6", "title"),  # no UTF-8
        ("row 7", "image_link"),
        ("row 8", ""),  # too many cells
    ]
    rows_written = pq.read_table(tmp_path / "out" / "products.parquet").to_pylist()
    assert [row["id"] for row in rows_written] == ["k1"]


def test_the_command_makes_products_that_others_read(tmp_path: Path, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed, out = tmp_path / "shop.csv", tmp_path / "out"
    feed.write_text(SHOPIFY)
    assert (
        main(["data", "products", str(feed), "--out", str(out), "--images", str(images), "--report", str(tmp_path / "r")]) == 1
    )
    printed = capsys.readouterr().out
    assert "row 3, Image Src: there is no such picture" in printed
    assert "1 products of 2 items" in printed
    assert json.loads((tmp_path / "r").read_text())["field"] == "Image Src"
    product = Lookup(out).product("bag")  # its first picture is none, the second one is taken
    assert product.selling_points == ["Rosa Bag", "Rosa", "Bags", "One", "Leather"]
    assert isinstance(product.image, Image.Image)
    assert product.image.size == (43, 73)
    assert main(["data", "products", str(feed), "--out", str(out), "--images", str(images)]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_feeds_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "feed.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "none.jsonl").write_text('{"id": "a", "title": "b", "image": "c.png"}\n')
    for name in ("feed.csv", "empty.csv", "gone.csv", "none.jsonl"):
        assert main(["data", "products", str(tmp_path / name), "--out", str(tmp_path / "out")]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="is empty"):
        list(read_feed(tmp_path / "empty.csv"))
    (tmp_path / "zeros.csv").write_bytes(b"Handle,Title,Image Src\nk1,Kettle,a.png\n\0\0,Cup,b.png\n")
    *_, problem = read_feed(tmp_path / "zeros.csv")
    assert isinstance(problem, FeedProblem)
    assert (problem.where, problem.message) == ("row 2", "is no row of CSV (it begins with a zero byte)")
