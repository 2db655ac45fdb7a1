"""Which questions are the same, counted by hand."""

from eval.golden.duplicates import alike, trigrams


def test_questions_are_alike_from_half_of_their_trigrams_on() -> None:
    # abcd: abc bcd; abcde: abc bcd cde; abcx: abc bcx.
    assert alike(trigrams("abcd"), trigrams("abcde"))  # 2 of 3
    assert not alike(trigrams("abcd"), trigrams("abcx"))  # 1 of 3
    assert alike(trigrams("abcd"), trigrams("abcdef"))  # 2 of 4
    assert not alike(trigrams("abcd"), trigrams("abcdefg"))  # 2 of 5
    assert trigrams("ＬｏＲＡ 是什么？") == trigrams("lora是什么")
    assert trigrams("秩") == {"秩"}
    assert not alike(trigrams("秩"), trigrams("层"))
