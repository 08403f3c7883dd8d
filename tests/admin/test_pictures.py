"""Pictures of the main pages, for README and docs.

`make pictures` has them made of the demo's firm and kept in docs/images; else they are made of the
small one, looked at and thrown away.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.admin.conftest import Browser, Panel, serving

FOLDER, STORE = "CUSTRATA_PICTURES", "CUSTRATA_DEMO"
PASSWORD = "custrata demo"
PAGES = {
    "dashboard": ("/", "en"),
    "rules": ("/rules/classifier?name=rfm", "en"),
    "customers": ("/customers/?q=dang", "vi"),
    "customer": ("/customers/{somebody}", "vi"),
    "stages": ("/stages/", "zh_Hant"),
    "sources": ("/sources/", "zh_Hans"),
    "runs": ("/runs/{run}", "en"),
}
WIDE, NARROW = (1280, 860), (390, 780)


@pytest.fixture
def firm(request, tmp_path):
    """The panel of the demo's firm where that is named, else of the small one."""
    if STORE not in os.environ:
        yield request.getfixturevalue("panel"), "a good password"
        return
    from custrata.service.setup import open_store

    shutil.copyfile(os.environ[STORE], tmp_path / "firm.db")
    desk = open_store(f"sqlite:///{tmp_path / 'firm.db'}")
    yield Panel(desk), PASSWORD
    desk.database.close()


def parts(panel):
    """Somebody with much to tell, and the last run."""
    from sqlalchemy import func, select

    from custrata.store.models import LabelChange, Run

    with panel.desk.database.read() as session:
        most = select(LabelChange.customer_id).group_by(LabelChange.customer_id)
        somebody = session.scalars(most.order_by(func.count().desc()).limit(1)).one()
        return {"somebody": somebody, "run": session.scalar(select(func.max(Run.id)))}


def test_pictures_of_the_main_pages(driver, firm, tmp_path):
    panel, password = firm
    folder = Path(os.environ.get(FOLDER, tmp_path / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    known = parts(panel)
    with serving(panel.app) as address:
        browser = Browser(driver, address)
        browser.sign_in("admin", password)
        for name, (path, language) in PAGES.items():
            browser.speak(language)
            with browser.wide(*WIDE):
                browser.open(path.format(**known))
                browser.settle()
                browser.picture(folder / f"{name}.png")
        with browser.wide(*NARROW):
            browser.open("/")
            browser.settle()
            browser.picture(folder / "telephone.png")
    taken = sorted(folder.glob("*.png"))
    assert len(taken) == len(PAGES) + 1
    assert min(one.stat().st_size for one in taken) > 10_000
