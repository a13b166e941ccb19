"""Makes the folder that a web host serves: ``python -m tools.dashboard.publish --api URL --client-id ID``.

``build/site`` holds the export below ``dashboard/``, with the service's address and the client of Google's sign-in in
``config.json``, and in every page the content policy that the embedded stack sends as a header: a bucket sends none.
"""

from __future__ import annotations

import argparse
import html
import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from shared.config import ROOT
from tools.command import run_main
from tools.dashboard.build import BUILT, BuildError, build
from tools.dashboard.site import PREFIX, content_policy

SITE = ROOT / "build" / "site"
_HEAD = "<head>"
_ROOT_PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>F1 race strategy</title>
<meta http-equiv="refresh" content="0; url={PREFIX}/"></head><body><a href="{PREFIX}/">The dashboard</a></body></html>
"""


def origin(url: str) -> str:
    """The origin of the service's address. Raises BuildError for what is none that a page may call."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise BuildError(
            f"--api: given {url!r}; allowed: an https origin, as `terraform output -raw recommend_url` tells"
        )
    return f"https://{parts.netloc}"


def publish(out: Path, site: Path, api: str, client_id: str) -> Path:
    """Write the site anew, from a finished build, and answer its folder. Raises BuildError."""
    if not client_id.endswith(".apps.googleusercontent.com"):
        allowed = "the id of an OAuth client, which ends in .apps.googleusercontent.com"
        raise BuildError(f"--client-id: given {client_id!r}; allowed: {allowed}")
    service = origin(api)
    shutil.rmtree(site, ignore_errors=True)
    folder = site / PREFIX.strip("/")
    shutil.copytree(out, folder, ignore=shutil.ignore_patterns(BUILT))
    config = {"api": service, "google_client_id": client_id, "replay": False}
    (folder / "config.json").write_text(json.dumps(config) + "\n", encoding="utf-8")
    for page in folder.rglob("*.html"):
        page.write_text(with_policy(page.read_text(encoding="utf-8"), service), encoding="utf-8")
    shutil.copy(folder / "404.html", site / "404.html")
    (site / "index.html").write_text(_ROOT_PAGE, encoding="utf-8")
    return site


def with_policy(page: str, service: str) -> str:
    """The page with its content policy in its head, before anything that it governs. Raises BuildError without one."""
    if _HEAD not in page:
        raise BuildError("a page of the build has no head")
    policy = html.escape(content_policy(page.encode(), api=service, sign_in=True), quote=True).replace("&#x27;", "'")
    return page.replace(_HEAD, f'{_HEAD}<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.dashboard.publish", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--api", required=True, help="origin of the recommend function")
    parser.add_argument("--client-id", required=True, help="OAuth client of Google's sign-in")
    parser.add_argument("--out", type=Path, default=SITE, help="folder to write (default build/site)")
    given = parser.parse_args(arguments)
    site = publish(build().out, given.out, given.api, given.client_id)
    print(f"{site} is ready to be copied: gcloud storage rsync -r --delete-unmatched-destination-objects {site} BUCKET")
    return 0


if __name__ == "__main__":
    run_main(main, failure=1)
