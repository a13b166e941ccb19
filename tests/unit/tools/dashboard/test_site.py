"""The built pages as the embedded stack sends them."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from tools.dashboard.build import BUILDING, BUILT
from tools.dashboard.site import Site, content_policy

SCRIPT = "document.title='x'"
PAGE = (
    f"<!doctype html><script>{SCRIPT}</script><script src='/dashboard/_next/static/a.js'></script>" + "<p>text</p>" * 50
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    out = tmp_path / "dashboard" / "out"
    (out / "drivers").mkdir(parents=True)
    (out / "_next" / "static").mkdir(parents=True)
    (out / "index.html").write_text(PAGE)
    (out / "404.html").write_text("<p>not here</p>")
    (out / "drivers" / "index.html").write_text("<p>drivers</p>")
    (out / "_next" / "static" / "a-1234.js").write_text("0;" * 200)
    (tmp_path / "secret").write_text("secret")
    (out / BUILT).write_text("1\n")
    return out


def client(out: Path) -> Client:
    behind = Request.application(lambda request: Response(f"behind {request.path}"))
    return Client(Site(behind, out, {"/own": lambda request: Response("own")}))


def test_the_page_comes_with_a_policy_that_admits_its_own_scripts_alone(out: Path) -> None:
    response = client(out).get("/dashboard/")
    assert response.text == PAGE
    policy = response.headers["Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "google" not in policy


def test_a_page_of_the_cloud_may_reach_the_service_and_googles_sign_in() -> None:
    policy = content_policy(PAGE.encode(), api="https://api.example", sign_in=True)
    assert "connect-src 'self' https://api.example https://accounts.google.com/gsi/;" in policy
    assert "https://accounts.google.com/gsi/client;" in policy


def test_what_is_unchanged_is_not_sent_again(out: Path) -> None:
    site = client(out)
    first = site.get("/dashboard/")
    again = site.get("/dashboard/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "no-cache"


def test_hashed_files_are_kept_for_ever_and_sent_packed_where_that_is_understood(out: Path) -> None:
    site = client(out)
    plain = site.get("/dashboard/_next/static/a-1234.js")
    packed = site.get("/dashboard/_next/static/a-1234.js", headers={"Accept-Encoding": "gzip"})
    assert "immutable" in plain.headers["Cache-Control"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data)
    assert packed.headers["ETag"] != plain.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/../../secret",
        "/dashboard/..%2f..%2fsecret",
        "/dashboard//etc/passwd",
        "/dashboard/%00",
        f"/dashboard/{BUILT}",
    ],
)
def test_no_path_leads_out_of_the_build(out: Path, path: str) -> None:
    response = client(out).get(path)
    assert response.status_code == 404
    assert response.text == "<p>not here</p>"


def test_a_folder_without_its_slash_is_redirected_with_what_was_asked(out: Path) -> None:
    site = client(out)
    assert site.get("/dashboard?race=2023_01").headers["Location"] == "/dashboard/?race=2023_01"
    assert site.get("/dashboard/drivers").headers["Location"] == "/dashboard/drivers/"


def test_everything_else_goes_to_the_service(out: Path) -> None:
    site = client(out)
    assert site.get("/health").text == "behind /health"
    assert site.get("/dashboards").text == "behind /dashboards"
    assert site.get("/own").text == "own"
    assert site.post("/dashboard/").status_code == 405


def test_where_nothing_is_built_it_says_how(tmp_path: Path) -> None:
    folder = tmp_path / "dashboard"
    folder.mkdir()
    response = client(folder / "out").get("/dashboard/")
    assert response.status_code == 404
    assert "make dashboard" in response.text
    (folder / BUILDING).write_text(str(os.getpid()))
    building = client(folder / "out").get("/dashboard/")
    assert (building.status_code, building.headers["Retry-After"]) == (503, "5")


def test_a_new_build_is_served_and_half_of_one_is_not(out: Path) -> None:
    site = client(out)
    site.get("/dashboard/")
    (out / BUILT).unlink()
    (out / "index.html").write_text("half")
    assert site.get("/dashboard/").text == PAGE
    (out / "index.html").write_text("whole")
    (out / BUILT).write_text("2\n")
    assert site.get("/dashboard/").text == "whole"
