"""Where keys come from and how they change."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.config import settings
from shared.errors import SettingsError
from shared.serving.access.keys import Keys, make_key_file, read_key_file


def test_the_first_run_makes_one_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    keys = Keys(settings(state_dir=tmp_path, api_keys=()))
    path = tmp_path / "api_keys"
    (key,) = read_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) >= 32
    assert keys.accepts(key)


def test_the_second_run_keeps_the_key(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    assert make_key_file(path)
    before = path.read_text()
    assert not make_key_file(path)
    assert path.read_text() == before


def test_processes_that_start_at_once_agree_on_one_whole_key(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: (make_key_file(path), read_key_file(path)), range(32)))
    assert sum(first for first, _ in made) == 1
    assert len({keys for _, keys in made}) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]


def test_two_keys_hold_at_once_and_one_can_be_taken_out_while_serving(tmp_path: Path) -> None:
    path = tmp_path / "api_keys"
    path.write_text("# rotation\nold-key\n\nnew-key\n")
    keys = Keys(settings(state_dir=tmp_path, api_keys=()))
    assert keys.accepts("old-key")
    assert keys.accepts("new-key")
    assert not keys.accepts("# rotation")
    path.write_text("new-key\n")
    assert not keys.accepts("old-key")
    assert keys.accepts("new-key")


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    (tmp_path / "api_keys").write_text("in-file\n")
    keys = Keys(settings(state_dir=tmp_path, api_keys=("one", "two")))
    assert keys.accepts("one")
    assert keys.accepts("two")
    assert not keys.accepts("in-file")
    assert not keys.accepts("one,two")


@pytest.mark.parametrize("given", [None, "", "o", "one ", "ONE", "\udcff", "x" * 10_000])
def test_nothing_but_a_whole_key_is_accepted(tmp_path: Path, given: str | None) -> None:
    assert not Keys(settings(state_dir=tmp_path, api_keys=("one",))).accepts(given)


def test_the_cloud_makes_no_key_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="F1_API_KEYS"):
        Keys(settings(state_dir=tmp_path, api_keys=(), backend="gcp"))
