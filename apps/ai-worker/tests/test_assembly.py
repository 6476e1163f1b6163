"""Positions are right by construction: UTF-16 code units of a text in NFC."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from vectorlane_ai_worker.extraction.assembly import Assembly, Draft, code_units, normalise

from .block_checks import assert_sound, text_of

_PIECES = ["\r\n", "\r", "\0", "e\u0301", "\u0301", "😀", "\ud800", "\x85", "\x1c", "\ufeff"]
_ANY_TEXT = st.lists(st.one_of(st.characters(), st.sampled_from(_PIECES)), max_size=30).map("".join)


@given(st.lists(st.tuples(_ANY_TEXT, st.sampled_from([None, 1, 2, 3]), st.booleans()), max_size=12))
def test_whatever_goes_in_sound_blocks_come_out(drafts: list[tuple[str, int | None, bool]]) -> None:
    assembly = Assembly()
    for text, level, tight in drafts:
        draft = Draft("paragraph", text, 1, tight=tight)
        assembly.add(draft if level is None else Draft("heading", text, 1, level=level, tight=tight))
    assert_sound(assembly.text, assembly.blocks)
    assert len(assembly.blocks) <= len(drafts)


@given(_ANY_TEXT)
def test_normalising_is_done_at_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")
    assert not set(once) & set("\0\r\x85")


def test_positions_count_utf_16() -> None:
    assembly = Assembly()
    assembly.add(Draft("paragraph", "😀 e\u0301", 1))
    assembly.add(Draft("paragraph", "next", 2))
    assert [(block.start, block.end, block.page) for block in assembly.blocks] == [(0, 4, 1), (6, 10, 2)]
    assert text_of(assembly.text, assembly.blocks[1]) == "next"
    assert code_units("😀") == 2


def test_headings_title_what_follows() -> None:
    assembly = Assembly()
    for text, level in [("A", 1), ("B", 2), ("x", None), ("C", 2), ("D", 3), ("E", 1), ("y", None)]:
        assembly.add(Draft("paragraph" if level is None else "heading", text, 1, level=level))
    assert [block.heading_path for block in assembly.blocks] == [[], ["A"], ["A", "B"], ["A"], ["A", "C"], [], ["E"]]


def test_titles_are_cut() -> None:
    assembly = Assembly()
    assembly.add(Draft("heading", "😀" * 400, 1, level=1))
    assembly.add(Draft("paragraph", "x", 1))
    assert code_units(assembly.blocks[1].heading_path[0]) == 300
