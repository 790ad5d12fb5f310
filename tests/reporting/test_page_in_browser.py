"""The page in a real browser: silent, self-contained, as wide as the screen, and its matrix and map answer."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from giemsa.reporting import report

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)
GROUNDS = ("ground", "surface", "wash", "wash-wrong", "wash-amber")
INKS = ("ink", "quiet", "accent", "wrong", "amber")


def _no_browser(reason: str) -> None:
    if os.environ.get("GIEMSA_REQUIRE_BROWSER") == "1":
        pytest.fail(f"GIEMSA_REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(f"no browser: {reason}")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        _no_browser("needs chromium and chromedriver on the path")
    selenium = pytest.importorskip("selenium.webdriver")
    options = selenium.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        window = selenium.Chrome(options=options, service=selenium.ChromeService(driver))
    except Exception as trouble:
        _no_browser(str(trouble).splitlines()[0])
    yield window
    window.quit()


@pytest.fixture
def page(browser: Any, told_run: Any) -> Any:
    _open(browser, report(told_run), 1280)
    return browser


def _open(browser: Any, path: Path, width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd(
        "Emulation.setFocusEmulationEnabled", {"enabled": True}
    )  # a busy machine may not give it
    browser.get(path.resolve().as_uri())


def _shown(browser: Any) -> list[str]:
    return browser.execute_script(
        "return [...document.querySelectorAll('.panel')].filter(p => p.offsetHeight).map(p => p.id)"
    )


def _requests(browser: Any) -> list[str]:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return [address for address in sent if not address.startswith(("data:", "chrome"))]


def test_the_page_is_silent_and_asks_the_network_for_nothing(browser: Any, told_run: Any) -> None:
    browser.get_log("performance"), browser.get_log("browser")
    path = report(told_run)
    _open(browser, path, 1280)
    assert browser.title == "Discs · giemsa report"
    assert browser.get_log("browser") == []
    assert _requests(browser) == [path.resolve().as_uri()]


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_no_wider_than_the_screen(browser: Any, told_run: Any, width: int) -> None:
    _open(browser, report(told_run), width)
    assert browser.execute_script("return document.documentElement.scrollWidth") == width
    wide = browser.execute_script(
        "return [...document.querySelectorAll('img, svg, table, pre, dl, p')].filter("
        "  e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_no_line_of_a_command_ends_within_a_flag(browser: Any, told_run: Any) -> None:
    (told_run.folder / "interpretation" / "interpretation.json").unlink()
    path = report(told_run)
    for width in range(320, 440, 20):
        _open(browser, path, width)
        flags = browser.execute_script(
            "return [...document.querySelectorAll('code span')].filter(e => e.textContent.startsWith('--'))"
            "  .map(e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight))"
        )
        assert len(flags) >= 2
        assert max(flags) < 1.5
    told = browser.execute_script("return document.querySelector('#repetition code').innerText.trim()")
    assert told.startswith("giemsa run ")
    assert "\n" not in told


@pytest.mark.parametrize("sign", ["/", "_"])
def test_a_name_breaks_behind_a_sign_and_is_copied_as_it_is(browser: Any, told_run: Any, sign: str) -> None:
    data = told_run.discs.rename({0: f"normal{sign}benign"})
    told_run.config["data"]["class_names"] = list(data.class_names)
    _open(browser, report(dataclasses.replace(told_run, discs=data)), 360)
    names = browser.execute_script(
        "return [...document.querySelectorAll('.matrix tbody th, #evaluation .scroll tbody th')]"
        "  .filter(e => e.textContent.startsWith('normal')).map(e => [e.innerText, e.innerHTML])"
    )
    assert len(names) > 1
    assert {tuple(one) for one in names} == {(f"normal{sign}benign", f"normal{sign}<wbr>benign")}


def test_pointing_at_a_cell_shows_its_images(page: Any) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    cell = page.find_element(By.CSS_SELECTOR, "[data-panel='cell-1-0']")
    assert cell.get_attribute("aria-label") == "1 of 10 green disc taken for red disc"
    page.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", cell)
    ActionChains(page).move_to_element(cell).perform()
    assert _shown(page) == ["cell-1-0"]
    image = page.find_element(By.CSS_SELECTOR, "#cell-1-0 img")
    assert page.execute_script("return arguments[0].naturalWidth", image) == 20
    assert image.get_attribute("alt") == "Test image 4, green disc, taken for red disc with probability 0.60"
    assert image.value_of_css_property("image-rendering") == "pixelated"


def test_the_matrix_follows_click_and_keyboard(page: Any) -> None:
    from selenium.webdriver import Keys
    from selenium.webdriver.common.by import By

    def press(panel: str, key: str) -> None:
        page.find_element(By.CSS_SELECTOR, f"[data-panel='{panel}']").send_keys(key)

    page.execute_script("document.querySelector('[data-panel=cell-0-0]').click()")
    assert _shown(page) == ["cell-0-0"]
    press("cell-0-0", Keys.ARROW_RIGHT)
    assert _shown(page) == ["cell-0-2"]
    press("cell-0-2", Keys.ARROW_DOWN)
    assert _shown(page) == ["cell-2-2"]
    opened = page.execute_script("return document.querySelector('[aria-expanded=true]').dataset.panel")
    assert opened == "cell-2-2"


def test_the_matrix_is_one_stop_of_the_tab_key_and_its_arrows_reach_every_cell(page: Any) -> None:
    from selenium.webdriver import Keys

    buttons = "[...document.querySelectorAll('.matrix button')]"
    names = page.execute_script(f"return {buttons}.map(b => b.dataset.panel)")
    assert names == ["cell-0-0", "cell-0-2", "cell-1-0", "cell-1-1", "cell-2-2"]
    assert page.execute_script(f"return {buttons}.filter(b => b.tabIndex === 0).length") == 1
    page.execute_script(f"{buttons}[0].focus()")
    seen = []
    for _ in names:
        seen.append(page.switch_to.active_element.get_attribute("data-panel"))
        page.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert seen == names
    assert page.execute_script(
        f"return {buttons}.filter(b => b.tabIndex === 0).map(b => b.dataset.panel)"
    ) == ["cell-2-2"]


def test_the_names_of_a_crowded_matrix_stay_in_sight_while_it_scrolls(page: Any) -> None:
    scrolled = page.execute_script("""
        document.querySelector('.confusion').classList.add('crowded');
        const box = document.querySelector('.matrix-scroll');
        box.style.cssText = 'width: 200px; max-height: 120px';
        box.scrollTo({left: 60, top: 40, behavior: 'instant'});
        const frame = box.getBoundingClientRect();
        const [name, title] = ['tbody th', 'thead th'].map((one) => box.querySelector(one).getBoundingClientRect());
        return [box.scrollLeft, box.scrollTop, name.left - frame.left, title.top - frame.top, name.width];
    """)
    assert scrolled[:2] == [60, 40]
    assert scrolled[2:4] == pytest.approx([0, 0], abs=2)
    assert scrolled[4] > 100


def test_of_a_crowded_matrix_the_cell_whose_images_are_shown_is_in_sight_at_first(page: Any) -> None:
    left, right, above, below, down = page.execute_script("""
        const box = document.querySelector('.confusion'), frame = box.querySelector('.matrix-scroll');
        box.classList.add('crowded');
        frame.style.cssText = 'width: 230px; max-height: 190px';
        const cell = [...box.querySelectorAll('button[data-panel]')].at(-1);
        for (const panel of box.querySelectorAll('.panel')) panel.hidden = panel.id !== cell.dataset.panel;
        const before = [frame.scrollLeft, frame.scrollTop];
        startMatrix(box);
        const [place, around] = [cell, frame].map((one) => one.getBoundingClientRect());
        const moved = [frame.scrollLeft - before[0], frame.scrollTop - before[1]];
        return [moved[0], around.right - place.right, moved[1], around.bottom - place.bottom, scrollY];
    """)
    assert left > 0 and above > 0
    assert right >= 0 and below >= 0
    assert down == 0


@pytest.mark.parametrize(("width", "stops"), [(1280, False), (220, True)])
def test_a_table_is_a_stop_only_where_there_is_something_to_scroll(
    browser: Any, told_run: Any, width: int, stops: bool
) -> None:
    _open(browser, report(told_run), width)
    shown = "[...document.querySelectorAll('.scroll')].filter(e => !e.closest('details:not([open])'))"
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    wrong = f"return {shown}.filter(e => (e.tabIndex === 0) !== (e.scrollWidth > e.clientWidth)).length"
    assert browser.execute_script(f"return {shown}.length") > 3
    assert browser.execute_script(wrong) == 0
    assert browser.execute_script(f"return {shown}.some(e => e.tabIndex === 0)") is stops


def test_the_map_shows_the_image_of_a_point(page: Any) -> None:
    from selenium.webdriver import Keys
    from selenium.webdriver.common.by import By

    card = page.find_element(By.CSS_SELECTOR, ".map-card")
    drawing = page.find_element(By.CSS_SELECTOR, ".map-frame svg")
    assert not card.is_displayed()
    page.execute_script("arguments[0].focus()", drawing)
    assert card.is_displayed()
    assert card.text == "red disc"
    drawing.send_keys(Keys.ARROW_RIGHT)
    assert card.text.startswith("green disc")


def test_a_chosen_class_stands_alone_on_the_map(page: Any) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select

    chosen = Select(page.find_element(By.CSS_SELECTOR, ".map select"))
    faded = "return document.querySelectorAll('.map circle.faded').length"
    chosen.select_by_visible_text("green disc")
    assert page.execute_script(faded) == 20
    page.execute_script("document.querySelector('.map-frame svg').focus()")
    assert page.find_element(By.CSS_SELECTOR, ".map-card").text.startswith("green disc")
    chosen.select_by_visible_text("all classes")
    assert page.execute_script(faded) == 0


def test_folded_parts_open_for_paper(page: Any) -> None:
    closed = "return document.querySelectorAll('details.fold:not([open])').length"
    assert page.execute_script(closed) > 1
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert page.execute_script(closed) == 0
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert page.execute_script(closed) > 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Any, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    colours = {name: _rgb(_property(page, name)) for name in (*GROUNDS, *INKS)}
    for ground in GROUNDS:
        for ink in ("ink", "quiet", "accent"):
            assert _contrast(colours[ground], colours[ink]) >= 4.5, (ground, ink)
    for ground, ink in (
        ("wash-wrong", "wrong"),
        ("wash-amber", "amber"),
        ("surface", "wrong"),
        ("ground", "wrong"),
    ):
        assert _contrast(colours[ground], colours[ink]) >= 4.5, (ground, ink)
    depth = float(_property(page, "depth"))
    for tint in ("accent", "wrong"):
        pairs = zip(colours[tint], colours["surface"], strict=True)
        darkest = [depth * strong + (1 - depth) * weak for strong, weak in pairs]
        assert _contrast(darkest, colours["ink"]) >= 4.5, tint


def test_every_point_of_the_map_stands_out_from_a_dark_ground(page: Any) -> None:
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [dark]})
    ground, share = _rgb(_property(page, "surface")), float(_property(page, "points"))
    colours = page.execute_script(
        "const circle = document.querySelector('.map-frame circle');"
        "return [...Array(8).keys()].map(k => { circle.setAttribute('class', `c${k}`); return getComputedStyle(circle).fill; })"
    )
    assert len(set(colours)) == 8
    for colour in colours:
        strong = [int(value) / 255 for value in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        drawn = [share * one + (1 - share) * other for one, other in zip(strong, ground, strict=True)]
        assert _contrast(drawn, ground) >= 3, colour


def _property(browser: Any, name: str) -> str:
    return browser.execute_script(
        f"return getComputedStyle(document.documentElement).getPropertyValue('--{name}')"
    )


def _rgb(colour: str) -> list[float]:
    return [int(colour.strip()[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def _luminance(rgb: list[float]) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: list[float], second: list[float]) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)
