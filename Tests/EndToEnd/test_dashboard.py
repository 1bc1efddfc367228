"""The dashboard in a real browser: live, stale, without scripts, and on a phone."""
import contextlib
import threading

import pytest
import requests
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness import models
from harness.daemons import Healthd, running
from harness.services import fail, hang
from harness.waiting import until
from harness.wire import Wire

CHROMIUM = "/usr/bin/chromium"
CHROMEDRIVER = "/usr/bin/chromedriver"


@contextlib.contextmanager
def browsing(scripts=True):
    """A browser of its own profile; without scripts it is one where the user has switched them off."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    try:
        driver.set_page_load_timeout(20)
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def browser():
    with browsing() as driver:
        yield driver


def text(browser, selector="main"):
    """What a person reads there now; nothing while the page is being swapped."""
    try:
        return browser.find_element(By.CSS_SELECTOR, selector).text
    except (NoSuchElementException, StaleElementReferenceException):
        return ""


def row(browser, key):
    return text(browser, f'tr[data-key="{key}"]')


def is_live(browser):
    return browser.find_element(By.ID, "live").get_attribute("data-state") == "live"


def follow(browser, selector):
    """Clicks a link and waits until its page is there."""
    link = until(lambda: browser.find_elements(By.CSS_SELECTOR, selector), f"a link {selector}")[0]
    target = link.get_attribute("href")
    link.click()
    until(lambda: browser.current_url == target, f"the browser is at {target}")


def test_home_leads_to_a_deployment_and_to_its_instance(browser, healthd, wire, up):
    deployment = up(models.one_task("Board", "second"))
    instance = wire.started(deployment)
    wire.completed(instance)

    # Searched for, since home shows only the first of very many.
    browser.get(f"{healthd.url}/?q={deployment}")
    until(lambda: "RUNNING" in row(browser, deployment), "the deployment is RUNNING on the page")
    until(lambda: "UP" in row(browser, deployment), "its task is UP")

    follow(browser, f'tr[data-key="{deployment}"] a')
    assert browser.current_url.endswith(f"/deployments/{deployment}")
    until(lambda: "UP" in row(browser, "Work"), "its task is listed")
    until(lambda: "COMPLETED" in row(browser, instance), "its instance is listed")

    follow(browser, f'tr[data-key="{instance}"] a')
    assert browser.current_url.endswith(f"/instances/{instance}")
    until(lambda: "COMPLETED" in text(browser, "#state"), "the state is shown")
    assert "Result" in text(browser, "#outcome")
    assert "Work" in text(browser, "#history")

    follow(browser, f'nav a[href="/deployments/{deployment}"]')
    until(lambda: deployment in text(browser), "the way leads back")


def test_what_happens_meanwhile_appears_without_reload(browser, healthd, wire, services, up):
    deployment = up(models.one_task("Meanwhile", "first"))
    browser.get(f"{healthd.url}/deployments/{deployment}")
    until(lambda: is_live(browser), "the page is live")
    browser.execute_script("window.notReloaded = true")

    release = threading.Event()
    services["first"].always = hang(release)
    instance = wire.started(deployment)
    until(lambda: "RUNNING" in row(browser, instance), "the new instance appears")
    release.set()
    until(lambda: "COMPLETED" in row(browser, instance), "its end appears")

    services["first"].always = None
    services["first"].healthy = False
    until(lambda: "DOWN" in row(browser, "Work"), "the sick task is DOWN")
    assert "503" in row(browser, "Work") or "500" in row(browser, "Work")
    assert browser.execute_script("return window.notReloaded") is True


def test_a_failed_instance_is_what_home_shows_first(browser, own, tmp_path, services):
    with running(own()) as flowd, running(Healthd(tmp_path / "healthd", flowd)) as healthd, Wire(flowd) as wire:
        browser.get(healthd.url)
        until(lambda: "flowctl apply" in text(browser, "#deployments"), "an empty house says what to type")
        deployment = wire.applied(models.one_task("Broken", "third"))
        wire.wait_state(deployment, "RUNNING")
        until(lambda: "RUNNING" in row(browser, deployment), "the deployment appears")

        services["third"].always = fail(500)
        instance = wire.started(deployment)

        until(lambda: instance in text(browser, "#attention"), "the failed instance needs attention")
        follow(browser, f'#attention a[href="/instances/{instance}"]')
        until(lambda: "What went wrong" in text(browser, "#outcome"), "its page says what went wrong")


def test_a_lost_flowd_is_shown_as_stale_and_heals(browser, own, tmp_path):
    flowd = own()
    flowd.start()
    # It comes back on the same port, as a service manager would bring it.
    flowd.grpc_address = flowd.grpc
    with running(Healthd(tmp_path / "healthd", flowd)) as healthd:
        with Wire(flowd) as wire:
            deployment = wire.applied(models.one_task("Stale"))
            wire.wait_state(deployment, "RUNNING")
        browser.get(healthd.url)
        until(lambda: is_live(browser), "the page is live")
        until(lambda: deployment in text(browser, "#deployments"), "the deployment is shown")

        flowd.kill()
        until(lambda: "stale since" in text(browser, "#live"), "the page says that it is stale")
        until(lambda: "flowd can not be reached since" in text(browser, "#banner"), "the page says why")
        assert deployment in text(browser, "#deployments")

        flowd.start()
        until(lambda: is_live(browser), "the page is live again", 30)
        until(lambda: text(browser, "#banner") == "", "the banner is gone")

        healthd.kill()
        until(lambda: "stale since" in text(browser, "#live"), "a lost healthd is noticed too")
        assert deployment in text(browser, "#deployments")
        healthd.start()
    flowd.stop()


def test_without_scripts_the_pages_are_whole(healthd, wire, up):
    deployment = up(models.one_task("Plain", "second"))
    instance = wire.started(deployment)
    wire.completed(instance)
    with browsing(scripts=False) as browser:
        browser.get(f"{healthd.url}/?q={deployment}")
        assert "as of" in text(browser, "#live")
        assert "RUNNING" in row(browser, deployment)

        follow(browser, f'tr[data-key="{deployment}"] a')
        until(lambda: instance in text(browser, "#runs"), "its instance is listed")

        browser.get(f"{healthd.url}/instances?deployment={deployment}")
        browser.find_element(By.CSS_SELECTOR, 'select[name=state] option[value="error"]').click()
        browser.find_element(By.CSS_SELECTOR, ".filter button").click()
        until(lambda: "No instance is like this" in text(browser, "#list"), "the filter works")


def test_the_keyboard_finds_things(browser, healthd, wire, up):
    deployment = up(models.one_task("Keys", "second"))
    instance = wire.started(deployment)
    wire.completed(instance)
    browser.get(f"{healthd.url}/instances")

    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    assert browser.switch_to.active_element.get_attribute("id") == "q"
    browser.switch_to.active_element.send_keys(deployment, Keys.ENTER)
    until(lambda: deployment in text(browser, "#deployments"), "the search finds the deployment")

    browser.find_element(By.ID, "q").clear()
    browser.find_element(By.ID, "q").send_keys(instance, Keys.ENTER)
    until(lambda: browser.current_url.endswith(f"/instances/{instance}"), "an instance's id leads to it")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1440])
def test_pages_fit_every_screen_and_load_nothing_from_elsewhere(browser, healthd, wire, up, width, scheme):
    deployment = up(models.one_task("Fits", "second"))
    instance = wire.started(deployment)
    wire.completed(instance)
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    try:
        browser.get_log("browser")
        for path in ("/", f"/deployments/{deployment}", "/instances", f"/instances/{instance}"):
            browser.get(healthd.url + path)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width, path
            loaded = browser.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
            assert [name for name in loaded if not name.startswith((healthd.url, "data:"))] == []
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_headers_keep_others_out(healthd):
    answer = requests.get(healthd.url, headers={"Accept": "text/html"}, timeout=10)

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert len(answer.content) <= 60_000


def test_events_go_on_where_a_stream_broke(healthd, wire, up):
    deployment = up(models.one_task("Events", "second"))
    with requests.get(f"{healthd.url}/events?after=", stream=True, timeout=20) as stream:
        mark = next(line[4:] for line in stream.iter_lines(decode_unicode=True) if line.startswith("id: "))

    instance = wire.started(deployment)
    wire.completed(instance)

    with requests.get(f"{healthd.url}/events", headers={"Last-Event-ID": mark}, stream=True, timeout=20) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        assert next(line for line in lines if line.startswith("data: ") and instance in line)
