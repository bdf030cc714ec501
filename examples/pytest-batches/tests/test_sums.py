def test_a_sum():
    assert sum([1, 2, 3]) == 6


def test_a_wrong_sum():
    assert sum([0.1, 0.2]) == 0.3  # it is not
