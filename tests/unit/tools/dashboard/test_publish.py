"""The dashboard as a web host serves it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.dashboard.build import BUILT, BuildError
from tools.dashboard.publish import publish

CLIENT = "1234-abcd.apps.googleusercontent.com"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "drivers").mkdir(parents=True)
    for page in ("index.html", "404.html", "drivers/index.html"):
        (out / page).write_text("<html><head><script>let a = 1;</script></head><body></body></html>")
    (out / "config.json").write_text("{}")
    (out / BUILT).write_text("1")
    return out


def test_the_site_knows_its_service_and_how_to_sign_in(out: Path, tmp_path: Path) -> None:
    site = publish(out, tmp_path / "site", "https://recommend-x.a.run.app/", CLIENT)
    config = json.loads((site / "dashboard" / "config.json").read_text())
    assert config == {"api": "https://recommend-x.a.run.app", "google_client_id": CLIENT, "replay": False}
    assert not (site / "dashboard" / BUILT).exists()
    assert (site / "404.html").is_file()
    assert 'url=/dashboard/"' in (site / "index.html").read_text()


def test_every_page_governs_itself_before_its_first_script(out: Path, tmp_path: Path) -> None:
    site = publish(out, tmp_path / "site", "https://recommend-x.a.run.app", CLIENT)
    for page in ("dashboard/index.html", "dashboard/drivers/index.html", "404.html"):
        text = (site / page).read_text()
        policy = re.search(r'<head><meta http-equiv="Content-Security-Policy" content="([^"]+)">', text)
        assert policy is not None
        assert "'sha256-" in policy[1]
        assert "connect-src 'self' https://recommend-x.a.run.app https://accounts.google.com/gsi/" in policy[1]
        assert "unsafe-inline'; img-src" in policy[1]
        assert "script-src 'unsafe-inline'" not in policy[1]


def test_a_second_time_replaces_what_was_there(out: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    publish(out, site, "https://a.example", CLIENT)
    (site / "dashboard" / "old.html").write_text("old")
    publish(out, site, "https://a.example", CLIENT)
    assert not (site / "dashboard" / "old.html").exists()


@pytest.mark.parametrize("api", ["http://a.example", "a.example", "https://a.example/path", "https://u@a.example"])
def test_an_address_that_a_page_may_not_call_is_refused(out: Path, tmp_path: Path, api: str) -> None:
    with pytest.raises(BuildError, match=r"--api: given .* allowed"):
        publish(out, tmp_path / "site", api, CLIENT)
    assert not (tmp_path / "site").exists()


def test_a_client_that_is_none_is_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="--client-id"):
        publish(out, tmp_path / "site", "https://a.example", "me")
