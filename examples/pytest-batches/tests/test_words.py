import pytest


@pytest.mark.parametrize("text, count", [("", 0), ("one", 1), ("one  two", 2)])
def test_words_are_counted(text, count):
    assert len(text.split()) == count


def test_a_word_is_found():
    assert "needle" in "hay needle hay".split()
