"""The trace header: kept when it can be, made when it cannot."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.clock import RandomIds
from lambent.invoke.trace import SAMPLED, adopted, decided, rooted, trace_header

NOW = 0x65532100
ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
IDS = RandomIds()
WELL_FORMED = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01](;[!-~]*)*")


def test_a_new_one_tells_the_time_and_is_not_sampled() -> None:
    header = trace_header(None, NOW + 0.9, IDS)
    assert header.startswith("Root=1-65532100-")
    assert header.endswith(";Sampled=0")
    assert WELL_FORMED.fullmatch(header)
    assert trace_header(None, NOW, IDS) != header


def test_a_whole_one_is_kept_as_it_is() -> None:
    header = f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=25:a87bd80c:1"
    assert trace_header(header, NOW, IDS) == header


@pytest.mark.parametrize("header", [None, ROOT, f"{ROOT};Lineage=25:a87bd80c:1", "nonsense"])
def test_a_new_lineage_takes_the_place_of_the_old(header: str | None) -> None:
    made = trace_header(header, NOW, IDS, "1:68fd508a:0")
    assert made.endswith(";Lineage=1:68fd508a:0")
    assert made.count("Lineage=") == 1
    assert WELL_FORMED.fullmatch(made)


def test_what_is_missing_is_added() -> None:
    header = trace_header(ROOT, NOW, IDS)
    assert header.startswith(ROOT + ";Parent=")
    assert WELL_FORMED.fullmatch(header)


def test_an_undecided_sampling_is_decided() -> None:
    assert trace_header(f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=?", NOW, IDS).endswith(";Sampled=0")


@pytest.mark.parametrize("header", ["", "Root=2-1-1", "garbage", f"{ROOT}0", f"x\r\n{ROOT}", f"{ROOT};" + "x=y;" * 400])
def test_nonsense_is_replaced(header: str) -> None:
    made = trace_header(header, NOW, IDS)
    assert made.startswith("Root=1-65532100-")
    assert len(made) < 100


@given(st.text(max_size=200) | st.text(max_size=60).map(lambda text: f"{ROOT};{text}"))
def test_whatever_comes_in_a_header_goes_out(header: str) -> None:
    made = trace_header(header, NOW, IDS)
    assert made.isprintable() and made.isascii()
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]", made)


def test_what_nobody_has_decided_is_sampled_by_whoever_asks() -> None:
    assert SAMPLED in trace_header(None, NOW, IDS, samples=lambda: True)
    assert SAMPLED in trace_header(ROOT, NOW, IDS, samples=lambda: True)
    decided = f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=0"
    assert trace_header(decided, NOW, IDS, samples=lambda: True) == decided


def test_from_outside_there_is_only_a_root() -> None:
    assert rooted(ROOT, NOW, IDS) == ROOT
    assert re.fullmatch(r"Root=1-65532100-[0-9a-f]{24}", rooted("nonsense", NOW, IDS))


def test_lambdas_own_segment_stands_between() -> None:
    came = f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0"
    header, upstream = adopted(came, came, IDS)
    assert upstream == "53995c3f42cd8ad8"
    assert "53995c3f42cd8ad8" not in header
    assert header.startswith(ROOT)
    assert header.endswith(";Sampled=1;Lineage=1:a:0")
    assert adopted(trace_header(None, NOW, IDS), None, IDS)[1] is None
    assert adopted(trace_header(ROOT, NOW, IDS), ROOT, IDS)[1] is None


def test_what_was_decided_once_is_decided_for_every_attempt() -> None:
    seen = f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1"
    assert decided(ROOT, seen) == f"{ROOT};Sampled=1"
    assert decided(f"{ROOT};Sampled=0", seen) == f"{ROOT};Sampled=0"
    assert decided(ROOT, None) == ROOT
    assert decided(None, seen) is None
