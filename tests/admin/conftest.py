"""A panel on a firm of 120 customers; and where it is served, for a real browser.

The firm is made once; every test that writes has a copy of its own.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from itsdangerous import URLSafeTimedSerializer
from jinja2.bccache import Bucket, BytecodeCache
from waitress.server import create_server
from waitress.wasyncore import close_all

from custrata.admin import create_app
from custrata.service.company import company
from custrata.service.demo import replay
from custrata.service.desk import Desk
from custrata.service.people.roles import ROLES
from custrata.service.people.users import add_user
from custrata.service.setup import open_store

LAST = date(2026, 11, 21)
PASSWORD = "a good password"
"""Of everybody; logins are the roles."""


class Clock:
    """Noon of the last day in Vietnam."""

    def __init__(self) -> None:
        self.moment = datetime(LAST.year, LAST.month, LAST.day, 5, tzinfo=UTC)

    def __call__(self):
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def stocked(tmp_path_factory) -> Path:
    """A store with a firm that was classified twice, and somebody of every role."""
    url = f"sqlite:///{tmp_path_factory.mktemp('stocked') / 'store.db'}"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(replay, "WEEKS", 2)
        replay.replay(url, company(seed=7, customers=120, last_day=LAST), LAST)
    desk = open_store(url, "an", Clock())
    for role in ROLES:
        add_user(desk, role, role, password=PASSWORD)
    desk.database.close()
    return Path(desk.database.url.database)


@pytest.fixture(scope="session")
def seen(stocked) -> Iterator[Panel]:
    """A panel that tests only look at."""
    with opened(stocked) as panel:
        yield panel


@pytest.fixture
def panel(stocked, tmp_path) -> Iterator[Panel]:
    """A panel on a store of one's own."""
    shutil.copyfile(stocked, tmp_path / "store.db")
    with opened(tmp_path / "store.db") as panel:
        yield panel


@pytest.fixture(scope="session")
def unused(tmp_path_factory) -> Path:
    """A store in which nothing happened yet, but somebody of every role."""
    url = f"sqlite:///{tmp_path_factory.mktemp('unused') / 'store.db'}"
    desk = open_store(url, "an", Clock())
    for role in ROLES:
        add_user(desk, role, role, password=PASSWORD)
    desk.database.close()
    return Path(desk.database.url.database)


@pytest.fixture
def bare(unused, tmp_path) -> Iterator[Panel]:
    """A panel on such a store of one's own."""
    shutil.copyfile(unused, tmp_path / "store.db")
    with opened(tmp_path / "store.db") as panel:
        yield panel


@contextmanager
def opened(path: Path) -> Iterator[Panel]:
    desk = open_store(f"sqlite:///{path}", "an", Clock())
    try:
        yield Panel(desk)
    finally:
        desk.database.close()


class Compiled(BytecodeCache):
    """Templates that one application compiled, for the next: it takes longer than most tests."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


class Panel:
    """The application, and people who are signed in."""

    def __init__(self, desk: Desk):
        self.desk = desk
        self.app = create_app(desk, RATELIMIT_ENABLED=False, CUSTRATA_REST=True)
        self.app.jinja_env.bytecode_cache = COMPILED
        self._clients: dict[tuple[str, str], Client] = {}

    def client(self, role: str = "admin", language: str = "en") -> Client:
        """Whoever has this role, signed in."""
        if (role, language) not in self._clients:
            client = Client(self.app)
            client.sign_in(role, language=language)
            self._clients[role, language] = client
        return self._clients[role, language]

    def stranger(self) -> Client:
        """Nobody yet."""
        return Client(self.app)


class Client:
    """A browser without a window: `get` and `post` with the token of the page before."""

    def __init__(self, app):
        self.app = app
        self.http = app.test_client()

    def get(self, address: str, **options):
        return self.http.get(address, **options)

    def post(self, address: str, data: dict | None = None, **options):
        """Post a form as a page of this panel would; `token` takes another's."""
        token = options.pop("token", None) or self.token()
        return self.http.post(address, data={"csrf_token": token, **(data or {})}, **options)

    def part(self, address: str, data: dict | None = None):
        """Post as htmx does."""
        headers = {"HX-Request": "true", "X-CSRFToken": self.token()}
        return self.http.post(address, data=data or {}, headers=headers)

    def token(self) -> str:
        """As pages that are shown to her have it; none is made for it, which would take long."""
        with self.http.session_transaction() as kept:
            known = kept.setdefault("csrf_token", secrets.token_hex(20))
        return URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(known)

    def sign_in(self, login: str, password: str = PASSWORD, language: str = "en"):
        answer = self.post("/sign-in", {"login": login, "password": password})
        if language:
            self.post("/language", {"language": language})
        return answer


# --- a real browser -----------------------------------------------------------------------


@contextmanager
def serving(app) -> Iterator[str]:
    """The address of an application that answers on this machine until the end."""
    server = create_server(app, host="127.0.0.1", port=0, threads=6)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # in its own thread, and what the browser keeps open too: it would wait for that
        server.trigger.pull_trigger(lambda: close_all(server._map))
        thread.join()
        server.task_dispatcher.shutdown()


@pytest.fixture
def served(panel) -> Iterator[str]:
    """The address of `panel`."""
    with serving(panel.app) as address:
        yield address


def chromium() -> str:
    """The browser, or the test is left out aloud."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    if os.environ.get("CUSTRATA_TEST_ALL"):
        pytest.fail("there is no Chromium, and nothing may be left out")
    pytest.skip("left out: there is no Chromium with chromedriver (Debian: chromium-driver)")


@pytest.fixture(scope="session")
def driver(tmp_path_factory) -> Iterator[object]:
    """Chromium without a window."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium()
    profile = tmp_path_factory.mktemp("chromium")
    for word in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "disable-dev-shm-usage",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "lang=en",
        f"user-data-dir={profile}",
    ):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    started = webdriver.Chrome(options=options, service=service)
    started.set_window_size(1280, 900)
    yield started
    started.quit()


@pytest.fixture
def browser(driver, served) -> Iterator[Browser]:
    """A browser at the panel's door; complaints of its console fail the test."""
    driver.delete_all_cookies()
    driver.get_log("browser")
    found = Browser(driver, served)
    yield found
    found.quiet()


def visible(element) -> bool:
    return element.is_displayed()


class Browser:
    """What a person does, in few words."""

    def __init__(self, driver, address: str):
        self.driver = driver
        self.address = address
        self.allowed: list[str] = []

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        self.driver.get("about:blank")  # what the page before still asked for is dropped
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.open("/sign-in")
        self.fill("login", login)
        self.fill("password", password)
        self.press("Sign in")
        self.wait(lambda driver: "/sign-in" not in driver.current_url)

    def find(self, selector: str, seconds: float = 10):
        """The first element of a CSS selector, as soon as it is there."""
        return self.wait(lambda driver: driver.find_element("css selector", selector), seconds)

    def all(self, selector: str) -> list:
        return self.driver.find_elements("css selector", selector)

    def fill(self, name: str, value: str) -> None:
        field = self._shown("css selector", f"[name='{name}']")
        field.clear()
        field.send_keys(value)

    def _shown(self, by: str, what: str):
        """The first of some elements that can be seen, as soon as there is one."""
        return self.wait(lambda driver: next(filter(visible, driver.find_elements(by, what)), None))

    def press(self, text: str) -> None:
        """Click the button or link of that text."""
        said = f"normalize-space(.)='{text}' or @aria-label='{text}' or @title='{text}'"
        path = f"//*[(self::button or self::a or self::summary) and ({said})]"
        self._shown("xpath", path).click()

    def sees(self, text: str, seconds: float = 10) -> bool:
        """Wait until the page says so."""
        self.wait(lambda driver: text in driver.find_element("css selector", "body").text, seconds)
        return True

    def wait(self, condition: Callable, seconds: float = 10):
        from selenium.common.exceptions import (
            NoSuchElementException,
            StaleElementReferenceException,
            TimeoutException,
            WebDriverException,
        )
        from selenium.webdriver.support.wait import WebDriverWait

        def there(driver):
            try:
                return condition(driver)
            except WebDriverException as gone:
                # what is looked at while a page takes another's place, in Chromium's own words
                if "does not belong to the document" not in str(gone):
                    raise
                return None

        ignored = (NoSuchElementException, StaleElementReferenceException)
        waiting = WebDriverWait(self.driver, seconds, 0.05, ignored)
        try:
            return waiting.until(there)
        except TimeoutException as over:
            shown = self.driver.find_element("css selector", "body").text
            raise AssertionError(f"at {self.driver.current_url}:\n{shown}") from over

    def run(self, script: str, *values):
        return self.driver.execute_script(script, *values)

    @contextmanager
    def wide(self, width: int, height: int = 900) -> Iterator[None]:
        """A screen of so many pixels; windows cannot be as narrow as a telephone."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def speak(self, language: str) -> None:
        """Choose a language."""
        self.open("/")
        self.run(
            "const picker = document.getElementById('language'); picker.value = arguments[0];"
            "picker.form.submit();",
            language,
        )
        self.find(f"html[lang={language.replace('_', '-')}]")

    def settle(self) -> None:
        """Wait until nothing that htmx loads is under way."""
        quiet = "return document.readyState === 'complete' && !document.querySelector("
        self.wait(lambda _: self.run("return document.readyState === 'complete' && window.htmx"))
        self.wait(lambda _: self.run(quiet + "'.htmx-request')"))

    def picture(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))

    def quiet(self) -> None:
        """The console said nothing but what the test allowed."""
        said = [one["message"] for one in self.driver.get_log("browser")]
        assert [one for one in said if not any(word in one for word in self.allowed)] == []
