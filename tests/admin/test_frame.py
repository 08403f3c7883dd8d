"""The frame of all pages, in a real browser."""


def test_somebody_signs_in_changes_the_language_and_signs_out(browser):
    browser.open("/")
    browser.fill("login", "viewer")
    browser.fill("password", "a good password")
    browser.press("Sign in")
    browser.sees("Dashboard")
    browser.run(
        "const picker = document.getElementById('language'); picker.value = 'vi';"
        "picker.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    browser.wait(lambda driver: driver.find_element("css selector", "html[lang=vi]"))
    browser.open("/")
    browser.find("html[lang=vi]")
    browser.find("form[action='/sign-out'] button").click()
    browser.find("[name=password]")


def test_on_a_telephone_the_menu_opens_and_closes(browser):
    browser.sign_in("viewer")
    with browser.wide(390):
        burger = browser.find(".panel-burger")
        menu = browser.find("#panel-menu")
        assert not menu.is_displayed()
        burger.click()
        assert menu.is_displayed()
        assert burger.get_attribute("aria-expanded") == "true"
        wide = browser.run("return document.documentElement.scrollWidth")
        assert wide <= browser.run("return window.innerWidth")
