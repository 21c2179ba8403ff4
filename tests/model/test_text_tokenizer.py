import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from uniadgen.model import text_tokenizer
from uniadgen.model.text_tokenizer import TextTokenizer, train_text_tokenizer

TEXTS = ["Quiet kettle for small kitchens, 1.7 L", "it's a 20% bigger pan - [new]", "Größe XL für Männer"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "kettle",
        " quiet kettle",
        "quiet kettle ",
        "two  spaces",
        "   many   spaces   ",
        "a\nb",
        "a \nb \t c",
        "a\n b\u00a0 c\u3000 d",
        "it's [new] , 20% - x!",
        "安静 水壶",
        "e\u0301 \u0301 x",
        "\ud83d\ude00 emoji".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_words_met_before_have_the_ids_of_the_whole_text(text: str) -> None:
    tokenizer = train_text_tokenizer(TEXTS, 300)
    assert tokenizer.words is not None
    for _ in range(2):  # unknown words, then known ones
        assert tokenizer.encode(text) == tokenizer.tokenizer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_few_words_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_tokenizer, "MOST_WORDS", 3)
    tokenizer = train_text_tokenizer(TEXTS, 300)
    for number in range(20):
        tokenizer.encode(f"word {number}")
        assert tokenizer.words is not None
        assert len(tokenizer.words) <= 3 + 2


def test_a_tokenizer_that_is_not_ours_reads_texts_as_wholes() -> None:
    other = Tokenizer(models.BPE({"a": 0, " ": 1, "b": 2, " b": 3, "a b": 4}, [(" ", "b"), ("a", " b")]))
    other.pre_tokenizer = pre_tokenizers.Split("never", "isolated")
    tokenizer = TextTokenizer.from_tokenizer(other)
    assert tokenizer.words is None
    assert tokenizer.encode("a b") == [4]
