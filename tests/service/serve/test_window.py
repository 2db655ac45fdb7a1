from service.serve.window import MovingWindow


def test_a_visitor_may_so_often_in_any_while() -> None:
    now = 100.0
    window = MovingWindow(2, 60, lambda: now)
    assert (window.wait("a"), window.wait("a")) == (0, 0)
    now = 130.0
    assert window.wait("a") == 30
    assert window.wait("b") == 0
    now = 160.5
    assert window.wait("a") == 0
    now = 161.0
    assert window.wait("a") == 0  # both of the first are over
    assert window.wait("a") == 59.5
