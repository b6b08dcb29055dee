from covidweb.screening.reading import Reading, score


def test_reader_model_and_truth_are_counted_apart():
    total = score(
        [
            Reading("covid", "covid", "covid"),
            Reading("normal", "covid", "normal"),
            Reading("normal", "", "covid"),
            Reading("covid", "covid"),
            Reading("normal", "normal", "tuberculosis"),
        ]
    )
    assert (total.read, total.agreed, total.answered) == (5, 3, 4)
    assert (total.known, total.reader_right, total.model_right) == (3, 2, 1)


def test_nothing_read_is_nothing():
    assert score([]).read == 0
