"""Encoding adds columns, once, in pieces that survive a kill."""

import contextlib
import json
import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from killing import kill_and_resume
from uniadgen.cli.main import main
from uniadgen.clicks.similarity import hashed_embedder, product_similarity
from uniadgen.data import encoding as encode
from uniadgen.data import layout
from uniadgen.data.augment import CROPS, VARIANTS, crop_window, varied
from uniadgen.data.encoding import encode_creatives
from uniadgen.data.hidden_area import fill_hidden
from uniadgen.data.store import open_store
from uniadgen.errors import InputError
from uniadgen.evaluation.protocol import open_picture
from uniadgen.imaging.loading import load_rgb, load_stored
from uniadgen.loading import checkpoint
from uniadgen.metrics.palette import palette_distance
from uniadgen.model.config import tiny
from uniadgen.model.image_tokenizer import FSQTokenizer
from uniadgen.model.pixels import to_pixels
from uniadgen.model.text_tokenizer import train_text_tokenizer
from uniadgen.model.unified import UnifiedModel
from uniadgen.pipeline.click_cache import ClickedPictures

TINY = Path(__file__).parents[2] / "data" / "tiny"


@pytest.fixture(scope="module")
def tokenizer() -> FSQTokenizer:
    torch.manual_seed(0)
    return FSQTokenizer(tiny().image).eval()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The first 24 creatives of the tiny set, and all its users."""
    shutil.copytree(TINY, tmp_path / "data")
    rows = layout.read_creatives(TINY).to_pylist()[:24]
    layout.write_creatives(tmp_path / "data", rows)
    return tmp_path / "data"


def painted(row: layout.Row, folder: Path) -> torch.Tensor:
    """A creative's plate as the tokenizer gets it: what the product hides is filled in."""
    hidden = encode.hidden_pixels(row, 64, encode.Cutouts(folder))
    left, top, width, height = row["foreground_box"]
    assert hidden.any()
    assert hidden[top : top + height, left : left + width].sum() == hidden.sum()
    return fill_hidden(to_pixels(load_stored(row["plate"], "plate"), 64), hidden)


def codes_of(tokenizer: FSQTokenizer, pixels: torch.Tensor) -> list[int]:
    """What is written of a picture [3, 64, 64]: its small copy, then itself."""
    small = F.interpolate(pixels[None], (32, 32), mode="bilinear", antialias=True, align_corners=False)
    return torch.cat([tokenizer.encode(small), tokenizer.encode(pixels[None])], 1)[0].tolist()


def test_codes_are_those_of_plate_and_ad(data: Path, tokenizer: FSQTokenizer) -> None:
    before = layout.read_creatives(data)
    assert encode_creatives(data, tokenizer, tiny(), batch=5) == 24
    after = pq.read_table(data / "creatives.parquet")
    assert after.select(before.schema.names).equals(before)
    row = after.to_pylist()[7]
    with torch.no_grad():
        assert row["codes"] == codes_of(tokenizer, painted(row, data))
        assert len(row["codes"]) == tiny().image.tokens == 4 + 16
        ad = to_pixels(load_stored(row["ad"], "ad"), tiny().preference.resolution)
        assert row["click_codes"] == tokenizer.encode(ad[None])[0].tolist()
    left, top, width, height = row["foreground_box"]
    assert len(row["foreground"]) == width * height * 3
    assert left + width <= 64 >= top + height
    assert np.linalg.norm(row["text_embedding"]) == pytest.approx(1, abs=1e-5)
    assert encode_creatives(data, tokenizer, tiny()) == 0  # nothing left to do


def test_a_killed_run_resumes_to_the_same_bytes(
    data: Path, tokenizer: FSQTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode, "PART", 7)
    other = tmp_path / "other"
    shutil.copytree(data, other)
    encode_creatives(data, tokenizer, tiny(), augment=True)

    class Killed(BaseException):
        pass

    def kill(step: str, done: int, total: int) -> None:
        if done >= 14:
            raise Killed

    with pytest.raises(Killed):
        encode_creatives(other, tokenizer, tiny(), augment=True, progress=kill)
    assert "codes" not in pq.read_schema(other / "creatives.parquet").names
    worked: list[int] = []
    table = encode._Encoder.table

    def counted(self: encode._Encoder, rows: list[layout.Row], first: int) -> object:
        worked.append(len(rows))
        return table(self, rows, first)

    monkeypatch.setattr(encode._Encoder, "table", counted)
    encode_creatives(other, tokenizer, tiny(), augment=True)
    assert worked == [7, 3]
    assert (other / "creatives.parquet").read_bytes() == (data / "creatives.parquet").read_bytes()
    assert sorted(path.name for path in other.iterdir()) == sorted(path.name for path in TINY.iterdir())


def encode_in_small_parts(folder: Path, seconds: float = 0.0) -> None:
    """What the processes of the next tests do; one part takes some milliseconds, merging it `seconds` more."""
    write = pq.ParquetWriter.write_table

    def slowly(writer: pq.ParquetWriter, *arguments: object, **options: object) -> None:
        time.sleep(seconds if Path(writer.where).parent == folder else 0)
        write(writer, *arguments, **options)

    encode.PART = 4
    pq.ParquetWriter.write_table = slowly
    torch.set_num_threads(1)
    torch.manual_seed(0)
    try:
        encode_creatives(folder, FSQTokenizer(tiny().image).eval(), tiny())
    finally:
        pq.ParquetWriter.write_table = write


@pytest.mark.slow
@pytest.mark.parametrize("step", ["encoding", "merging"])
def test_killed_for_real_and_resumed_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    for name in ("whole", "out"):
        shutil.copytree(TINY, tmp_path / name)
        layout.write_creatives(tmp_path / name, layout.read_creatives(TINY).to_pylist()[:100])
    monkeypatch.setattr(encode, "PART", 4)
    encode_in_small_parts(tmp_path / "whole")
    out = tmp_path / "out"

    def arguments(attempt: int) -> tuple[Path, float]:
        return out, 0.02 if step == "merging" else 0.0

    def parts() -> int:
        return len(list(out.glob(".encode-*/*.parquet")))

    def sizes() -> list[int]:
        sizes_now = []
        for path in out.glob(".uniadgen-*.part"):
            with contextlib.suppress(FileNotFoundError):  # it has been put in place since it was listed
                sizes_now.append(path.stat().st_size)
        return sizes_now

    def merging() -> int:
        """Whether the table that is being merged grows; 25 pieces of 20 ms each go into it."""
        before = sizes()
        time.sleep(0.005)
        return int(before != sizes())

    if step == "encoding":
        assert kill_and_resume(encode_in_small_parts, arguments, parts, kills=3, pieces=9, delay=0.01, upmost=25) >= 2
    else:
        assert kill_and_resume(encode_in_small_parts, arguments, merging, kills=2, pieces=1, delay=0.3) == 2
    assert (out / "creatives.parquet").read_bytes() == (tmp_path / "whole" / "creatives.parquet").read_bytes()
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in TINY.iterdir())


def test_what_a_kill_leaves_behind_is_removed(data: Path, tokenizer: FSQTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    def killed_at_the_end(folder: Path) -> None:
        if "codes" in pq.read_schema(folder / "creatives.parquet").names:
            raise KeyboardInterrupt

    # While the table is written, and right after it has been put in place.
    for name, stand_in in (("_merge", killed), ("_remove_useless", killed_at_the_end)):
        with monkeypatch.context() as patch:
            patch.setattr(encode, name, stand_in)
            with pytest.raises(KeyboardInterrupt):
                encode_creatives(data, tokenizer, tiny())
        assert len(list(data.glob(".encode-*"))) == 1
    (data / ".encode-000000000000-111111111111").mkdir()
    assert encode_creatives(data, tokenizer, tiny()) == 0
    assert list(data.glob(".*")) == []


def test_parts_for_other_settings_are_kept_until_the_table_changes(
    data: Path, tokenizer: FSQTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(encode, "_merge", killed)
        for augment in (False, True):
            with pytest.raises(KeyboardInterrupt):
                encode_creatives(data, tokenizer, tiny(), augment)
    assert len(list(data.glob(".encode-*"))) == 2
    encode_creatives(data, tokenizer, tiny())
    assert list(data.glob(".*")) == []


def test_two_runs_at_once_are_refused(data: Path, tokenizer: FSQTokenizer) -> None:
    def again(step: str, done: int, total: int) -> None:
        with pytest.raises(InputError, match="is being encoded by another process"):
            encode_creatives(data, tokenizer, tiny())

    assert encode_creatives(data, tokenizer, tiny(), progress=again) == 24


def test_views_are_mirrored_shifted_and_parts(data: Path, tokenizer: FSQTokenizer) -> None:
    """In every variant the plate as a whole, and parts of it that hold the product."""
    encode_creatives(data, tokenizer, tiny(), augment=True)
    row = pq.read_table(data / "creatives.parquet").to_pylist()[3]
    codes = np.array(row["codes"]).reshape(len(VARIANTS), CROPS, -1)
    large = encode.plate_pixels(row, 128, encode.Cutouts(data))
    box = [value / 64 for value in row["foreground_box"]]
    views = set()
    for variant in range(len(VARIANTS)):
        for crop in range(CROPS):
            left, top, side = (round(128 * value) for value in crop_window(box, 3, variant, crop))
            assert crop or (left, top, side) == (0, 0, 128)
            part = large[:, top : top + side, left : left + side]
            pixels = varied(
                F.interpolate(part[None], (64, 64), mode="bilinear", antialias=True, align_corners=False)[0], variant
            )
            with torch.no_grad():
                assert codes[variant, crop].tolist() == codes_of(tokenizer, pixels)
            views.add(pixels.numpy().tobytes())
    assert len(views) == len(VARIANTS) * CROPS


def test_the_command(data: Path, tokenizer: FSQTokenizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint.save_tokenizer(tmp_path / "tokenizer", tokenizer, tiny())
    arguments = ["data", "encode", str(data), "--tokenizer", str(tmp_path / "tokenizer"), "--device", "cpu"]
    assert main(arguments) == 0
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "24 creatives encoded" in printed
    assert "before" in printed
    assert main([*arguments[:-1], "abacus"]) == 2
    assert main(["data", "encode", str(tmp_path), *arguments[3:]]) == 2
    assert "creatives.parquet is missing" in capsys.readouterr().err


def test_no_picture_is_one_clear_line(data: Path, tokenizer: FSQTokenizer) -> None:
    rows = layout.read_creatives(data).to_pylist()
    rows[5]["ad"] = None
    layout.write_creatives(data, rows)
    with pytest.raises(InputError, match=f"{rows[5]['id']}.*no picture"):
        encode_creatives(data, tokenizer, tiny())


def test_a_store_gives_back_what_the_tables_hold(tokenizer: FSQTokenizer, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(TINY, data)
    words = train_text_tokenizer(["a kettle", "an armchair of oak"], 300)
    with pytest.raises(InputError, match="data encode"):
        open_store(data, words)
    encode_creatives(data, tokenizer, tiny())
    store = open_store(data, words)
    rows = pq.read_table(data / "creatives.parquet").to_pylist()
    places = {row["id"]: number for number, row in enumerate(rows)}
    assert len(store) == len(rows) == 200
    for number in (0, 64, 199):
        row = rows[number]
        assert store.codes[number, 0].tolist() == row["codes"]
        assert store.text_ids(number) == words.encode(" " + row["text"])
        assert (store.row(number).description, store.row(number).selling_points) == (row["description"], row["selling_points"])
        pixels = store.foreground(number)
        assert pixels is not None
        assert pixels.tobytes() == row["foreground"]
    for number, user in enumerate(pq.read_table(data / "users.parquet").to_pylist()):
        clicks = store.clicks(number)
        assert clicks.tolist() == [places[click["creative"]] for click in user["clicks"]]
        targets, expected = list(store.targets(number)), list(layout.targets_of(user))
        assert len(targets) == len(store.targets(number)) == len(expected) > 1
        assert targets[-1][0] == places[user["target"]]
        for (target, before), (ids, last) in zip(targets, expected, strict=True):
            assert target == places[last]
            assert [click for click in before.tolist() if click != target] == [places[name] for name in ids]
        similarity = store.similarity(clicks, targets[-1][0])
        texts = [rows[click]["text"] for click in clicks]
        exact = product_similarity(texts, rows[targets[-1][0]]["description"], hashed_embedder)
        assert similarity == pytest.approx(exact, abs=2e-3)  # stored in 16 bits
    made = sorted(path.name for path in data.glob(".store-*"))
    open_store(data, words)
    assert sorted(path.name for path in data.glob(".store-*")) == made  # opened, not made again
    layout.write_users(data, [])
    assert json.loads((data / made[0] / "settings.json").read_text())["variants"] == 1


def odd_pictures(folder: Path) -> list[Path]:
    """Pictures that look otherwise to a careless reader: turned, deep, with a transparent colour, with hidden colours."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    palette = Image.fromarray(pixels[..., 0] // 128, "L").convert("P")
    palette.putpalette([90, 140, 70, 255, 0, 255])
    paths = [folder / name for name in ("turned.jpg", "deep.png", "palette.png", "hidden.png")]
    Image.fromarray(pixels[..., :3]).save(paths[0], exif=exif)
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 200).save(paths[1])
    palette.save(paths[2], transparency=1)
    Image.fromarray(pixels).save(paths[3])
    return paths


def test_stored_pictures_are_seen_as_generate_sees_given_ones(data: Path, model: UnifiedModel, tmp_path: Path) -> None:
    paths = odd_pictures(tmp_path)
    rows = layout.read_creatives(data).to_pylist()
    for row, path in zip(rows, paths, strict=False):
        row["ad"] = path.read_bytes()
    layout.write_creatives(data, rows)
    encode_creatives(data, model.image_tokenizer, model.config)
    encoded = pq.read_table(data / "creatives.parquet", columns=["click_codes"])["click_codes"].to_pylist()
    seen = ClickedPictures(model).seen(paths, [path.name for path in paths])
    for codes, click, path in zip(encoded, seen, paths, strict=False):
        assert codes[: len(click.codes)] == click.codes.tolist(), path.name
        # and so is what evaluation compares with
        truth = open_picture(path.read_bytes(), path.name)
        assert np.array_equal(np.asarray(truth), np.asarray(load_rgb(path, "x")))
        assert palette_distance(truth, load_rgb(path, "x")) == 0
