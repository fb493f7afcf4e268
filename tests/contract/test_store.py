"""What every Store does, whatever holds its records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.store.base import ABSENT, Conflict, Record, Store, Write
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from lambent.store.sealed import SealedStore
from lambent.store.sqlite import SqliteStore

BACKENDS = ["memory", "sqlite", "sealed"]


def opened(backend: str, directory: Path) -> Store:
    if backend == "sealed":
        return SealedStore(MemoryStore(), Seal(bytes(32)), lambda key: True)
    return MemoryStore() if backend == "memory" else SqliteStore(directory / "state.db")


@pytest.fixture(params=BACKENDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(request.param, tmp_path) as store:
        yield store


async def keys(store: Store, prefix: str = "", **options: object) -> list[str]:
    return [record.key for record in await store.list(prefix, **options)]  # type: ignore[arg-type]


async def test_what_is_put_is_got(store: Store) -> None:
    assert await store.get("a") is None
    revision = await store.put("a", b"\x00\xff")
    assert await store.get("a") == Record("a", b"\x00\xff", revision)
    assert await store.put("a", b"") > revision
    found = await store.get("a")
    assert found is not None and found.value == b""


async def test_revisions_grow_over_all_keys_and_never_come_again(store: Store) -> None:
    revisions = [await store.put("a", b"1"), await store.put("b", b"1")]
    assert await store.delete("b")
    revisions += [await store.put("b", b"1"), await store.put("a", b"2")]
    assert revisions == sorted(set(revisions))
    assert revisions[0] > ABSENT


async def test_a_write_can_demand_the_revision_it_read(store: Store) -> None:
    first = await store.put("a", b"1")
    second = await store.put("a", b"2", expect=first)
    with pytest.raises(Conflict) as conflict:
        await store.put("a", b"3", expect=first)
    assert (conflict.value.key, conflict.value.expected, conflict.value.found) == ("a", first, second)
    assert await store.get("a") == Record("a", b"2", second)


async def test_a_write_can_demand_that_there_is_nothing(store: Store) -> None:
    revision = await store.put("a", b"1", expect=ABSENT)
    with pytest.raises(Conflict) as conflict:
        await store.put("a", b"2", expect=ABSENT)
    assert (conflict.value.expected, conflict.value.found) == (ABSENT, revision)
    with pytest.raises(Conflict) as conflict:
        await store.put("b", b"2", expect=revision)
    assert (conflict.value.expected, conflict.value.found) == (revision, ABSENT)
    assert await store.get("b") is None


async def test_delete_says_whether_there_was_something(store: Store) -> None:
    assert not await store.delete("a")
    assert not await store.delete("a", expect=ABSENT)
    revision = await store.put("a", b"1")
    with pytest.raises(Conflict):
        await store.delete("a", expect=revision + 1)
    with pytest.raises(Conflict):
        await store.delete("a", expect=ABSENT)
    with pytest.raises(Conflict):
        await store.delete("b", expect=revision)
    assert await store.delete("a", expect=revision)
    assert await store.get("a") is None and await keys(store) == []


async def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    kept = await store.put("kept", b"1")
    gone = await store.put("gone", b"1")
    revision = await store.transact(
        [Write("kept", b"2", kept), Write("gone", None, gone), Write("new", b"1", ABSENT), Write("never", None)]
    )
    assert await store.list("") == [Record("kept", b"2", revision), Record("new", b"1", revision)]
    with pytest.raises(Conflict) as conflict:
        await store.transact([Write("kept", b"3"), Write("other", b"3"), Write("new", None, revision + 1)])
    assert conflict.value.key == "new"
    assert await store.list("") == [Record("kept", b"2", revision), Record("new", b"1", revision)]


async def test_a_key_may_not_be_empty_nor_come_twice_nor_be_no_text(store: Store) -> None:
    for writes in ([Write("", b"")], [Write("a", b"1"), Write("a", b"2")], [Write("\ud800", b"")]):
        with pytest.raises(ValueError):
            await store.transact(writes)
    with pytest.raises(ValueError):
        await store.delete("")
    assert await store.count("") == 0


ORDERED = ["\x00", "\x00/", "/", "a", "a\x00", "a/", "a/b", "a0", "aa", "Ω", "ￖ", "￿", "𐀀", "𝔸", "\U0010ffff"]


async def test_keys_come_in_order_of_their_code_points(store: Store) -> None:
    # U+FFD6 and U+FFFF before U+10000: the order of UTF-16 is another one.
    for key in reversed(ORDERED):
        await store.put(key, key.encode())
    assert await keys(store) == ORDERED == sorted(ORDERED)


async def test_a_prefix_holds_what_starts_with_it_and_nothing_else(store: Store) -> None:
    beyond = [prefix + "\U0010ffff" for prefix in ORDERED] + ["\ud7ff", "\ud7ff!", "\ue000"]
    present = sorted({*ORDERED, *beyond})
    await store.transact([Write(key, b"") for key in present])
    for prefix in ["", *present, "nothing"]:
        expected = [key for key in present if key.startswith(prefix)]
        assert await keys(store, prefix) == expected
        assert await store.count(prefix) == len(expected)


async def test_like_and_glob_characters_mean_nothing(store: Store) -> None:
    await store.transact([Write(key, b"") for key in ("a%", "a%b", "a_b", "axb", "a*", "a?", "[a")])
    assert await keys(store, "a%") == ["a%", "a%b"]
    assert await keys(store, "a_") == ["a_b"]
    assert await keys(store, "[") == ["[a"]


async def test_paging(store: Store) -> None:
    await store.transact([Write(f"{letter}/{n}", b"") for letter in "xyz" for n in range(5)])
    assert await keys(store, "y/", limit=2) == ["y/0", "y/1"]
    assert await keys(store, "y/", after="y/1", limit=2) == ["y/2", "y/3"]
    assert await keys(store, "y/", after="y/3", limit=2) == ["y/4"]
    assert await keys(store, "y/", after="y/4", limit=2) == []
    assert await keys(store, "y/", after="y/2z") == ["y/3", "y/4"]
    assert await keys(store, "y/", after="a") == [f"y/{n}" for n in range(5)]
    assert await keys(store, "y/", after="z") == []
    assert await keys(store, "y/", limit=0) == []


async def test_lists_are_stable_while_others_write(store: Store) -> None:
    staying = [f"stay/{n:03}" for n in range(60)]
    await store.transact([Write(key, b"0") for key in staying])
    ended = False

    async def disturb(name: int) -> None:
        turn = 0
        while not ended:
            turn += 1
            # Two keys of one transaction: a list that shows one must show the other.
            pair = [f"stay/{turn % 60:03}/{name}-left", f"stay/{turn % 60:03}/{name}-right"]
            await store.transact([Write(key, b"1") for key in pair])
            await asyncio.sleep(0)
            await store.transact([Write(key, None) for key in pair])
            await asyncio.sleep(0)

    async def page() -> list[str]:
        seen: list[str] = []
        while batch := await keys(store, "stay/", after=seen[-1] if seen else "", limit=7):
            seen += batch
            await asyncio.sleep(0)
        return seen

    disturbers = [asyncio.create_task(disturb(name)) for name in range(3)]
    for _ in range(5):
        seen = await page()
        assert seen == sorted(set(seen))
        assert [key for key in seen if key.count("/") == 1] == staying
        whole = await keys(store, "stay/")
        assert sum(key.endswith("-left") for key in whole) == sum(key.endswith("-right") for key in whole)
    ended = True
    await asyncio.gather(*disturbers)


async def test_one_of_many_racing_writers_wins_each_round(store: Store) -> None:
    async def increment() -> int:
        for attempt in range(1000):
            record = await store.get("counter")
            value = int(record.value) if record else 0
            try:
                await store.put("counter", b"%d" % (value + 1), expect=record.revision if record else ABSENT)
            except Conflict:
                continue
            return attempt
        raise AssertionError("starved")

    await asyncio.gather(*(increment() for _ in range(20)))
    record = await store.get("counter")
    assert record is not None and record.value == b"20"


KEYS = st.text("ab/é\U0010ffff", min_size=1, max_size=3)
STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "create", "delete", "replace"]), KEYS, st.binary(max_size=3)), max_size=12
)


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, prefix=st.text("ab/é\U0010ffff", max_size=2), after=st.text("ab/é\U0010ffff", max_size=3))
def test_a_store_is_a_sorted_dictionary(
    backend: str, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, bytes]], prefix: str, after: str
) -> None:
    async def run() -> None:
        async with opened(backend, tmp_path_factory.mktemp("store")) as store:
            model: dict[str, tuple[bytes, int]] = {}
            for action, key, value in steps:
                if action == "delete":
                    assert await store.delete(key) == (model.pop(key, None) is not None)
                    continue
                expect = {"put": None, "create": ABSENT, "replace": model.get(key, (b"", 10**6))[1]}[action]
                if expect in (None, model.get(key, (b"", ABSENT))[1]):
                    model[key] = value, await store.put(key, value, expect=expect)
                else:
                    with pytest.raises(Conflict):
                        await store.put(key, value, expect=expect)
            expected = [Record(key, *model[key]) for key in sorted(model) if key.startswith(prefix) and key > after]
            assert await store.list(prefix, after=after) == expected

    asyncio.run(run())
