import streamlit as st

from covidweb.views import press


def counted(monkeypatch, *states):
    store = {}
    monkeypatch.setattr(st, "session_state", store)
    found = []
    for since, count in states:
        store["key"] = {"pressed": {"since": since, "count": count}}
        told = []
        press.count("key", told.append)
        found.append(sum(told))
    return found


def test_clicks_that_came_together_are_all_counted(monkeypatch):
    assert counted(monkeypatch, ("x", 1), ("x", 4), ("x", 4), ("x", 5)) == [1, 3, 0, 1]


def test_a_button_drawn_anew_counts_from_nothing(monkeypatch):
    assert counted(monkeypatch, ("x", 7), ("y", 1), ("y", 2)) == [7, 1, 1]


def test_a_button_never_pressed_counts_nothing(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    told = []
    press.count("key", told.append)
    assert told == []
