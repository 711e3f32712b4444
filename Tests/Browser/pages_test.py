"""Every page, by machine: wide and narrow, light and dark."""

import pathlib
import unittest

from browser import AWAY, REFUSED, BrowserTest, expect, sign_in

CHECKS = pathlib.Path(__file__).with_name("checks.js").read_text()
WIDTHS = {1440: 900, 390: 844}
SCHEMES = ("light", "dark")
# Every page has the most that it can show: refused, held, kept and failed.
NAMED = {
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton",
    "slider", "menuitem", "progressbar", "image", "dialog", "region", "navigation", "heading",
    "DisclosureTriangle", "Date", "InputTime"}


class Pages(BrowserTest):
    """How a page is looked at."""

    def each_look(self):
        for width, height in WIDTHS.items():
            for scheme in SCHEMES:
                yield {"viewport": {"width": width, "height": height}, "color_scheme": scheme}

    def look(self, page, options, what):
        """By machine; the keyboard once in each width and in each scheme."""
        width, scheme = options["viewport"]["width"], options["color_scheme"]
        with self.subTest(page=what, width=width, scheme=scheme):
            page.evaluate(CHECKS)
            wrong = page.evaluate("checks()") + self.unnamed(page)
            if (width, scheme) in ((1440, "light"), (390, "dark")):
                wrong += self.walk(page)
            if wrong:
                self.fail("\n".join(wrong))

    def unnamed(self, page):
        """What the browser tells a screen reader, and has no name for."""
        session = page.context.new_cdp_session(page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        wrong = []
        for node in nodes:
            role = node.get("role", {}).get("value")
            if node.get("ignored") or role not in NAMED or node.get("name", {}).get("value"):
                continue
            wrong.append(f"a {role} without a name")
        return wrong

    def walk(self, page):
        """Tab through the whole page: every stop, in order, each with a mark that can be seen."""
        page.evaluate("document.activeElement.blur()")
        stops = page.evaluate("stops()")
        walked, wrong = [], []
        # A time has a stop for hours and one for minutes; the browser's own is no element.
        for _ in range(3 * len(stops) + 3):
            page.keyboard.press("Tab")
            stop = page.evaluate("focused()")
            if stop is None or walked and stop["index"] == walked[-1]:
                continue
            if stop["index"] in walked:
                break
            walked.append(stop["index"])
            wrong += stop["wrong"]
        first = walked.index(0) if 0 in walked else 0
        walked = walked[first:] + walked[:first]
        if walked != list(range(len(stops))):
            missed = [stops[index] for index in range(len(stops)) if index not in walked]
            wrong.append(f"Tab goes {walked} of {len(stops)}; it misses {missed}")
        return wrong

    def look_at(self, path, what, prepare=None, login=None):
        """A page as whoever is signed in finds it, in each look."""
        for options in self.each_look():
            page = self.visitor(path, login, **options)
            if prepare:
                prepare(page)
            self.look(page, options, what)
            page.context.close()


class OutsideTest(Pages):
    def test_the_sign_in(self):
        """As it is opened, and after a wrong password."""
        self.allowed = REFUSED
        for options in self.each_look():
            page = self.stranger(**options)
            page.goto("/sign-in")
            self.look(page, options, "sign-in")
        sign_in(page, "nobody")
        expect(page.get_by_role("alert")).to_be_visible()
        self.look(page, options, "sign-in refused")

    def test_without_the_permission(self):
        """The first page, and the refusal."""
        self.allowed = REFUSED
        self.look_at("/", "home without permission", login=self.others[0])
        self.look_at("/console", "a refusal", login=self.others[0])

    def test_the_first_page_and_its_menu(self):
        """Also with every part of the menu open."""
        self.look_at("/", "home")
        self.look_at("/", "the menu", self.open_menu)

    def open_menu(self, page):
        for words in ("File", "Maintenance", "SyncWorker"):
            page.locator("summary", has_text=words).filter(visible=True).click()

    def test_nothing_at_an_address(self):
        """In words, with a way back."""
        self.allowed = REFUSED
        self.look_at("/console/nothing", "404")
        self.look_at("/console/history/none", "no such synchronisation")

    def test_pages_where_nothing_is(self):
        """Nothing held, nothing found."""
        self.look_at("/console/held", "nothing held")
        self.look_at("/console/errors?text=nothing+has+this", "nothing found")
        self.look_at("/console/history?text=nothing+has+this", "no synchronisation found")


class FullPagesTest(Pages):
    """Each page shows the most that it can: records refused, held and kept."""

    #: Large enough to be seen at work.
    size = {"clients": 300, "transactions": 60_000}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clients = [key for key, in cls.site.rows(
            cls.site.oneclick, "SELECT id FROM clients ORDER BY id")]
        long = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
        cls.site.change(
            f"UPDATE contact SET name = '{long}' WHERE id IN (SELECT contact_id FROM client "
            f"WHERE id = {clients[0]})",
            (f"UPDATE employee SET first_name = '{long}', work_email = NULL "
             "WHERE login_name = ?", [cls.others[0]]))
        cls.site.run()
        cls.site.change(*(("DELETE FROM client WHERE id = ?", [key])
                          for key in clients[:len(clients) // 2 + 3]))
        cls.site.run()
        cls.keep_two(clients)

    @classmethod
    def keep_two(cls, clients):
        context = cls.browser.new_context(base_url=cls.site.address)
        page = context.new_page()
        sign_in(page, cls.permitted[0])
        page.goto("/console/held")
        for key in clients[:2]:
            page.get_by_role("checkbox", name=f"(clients {key})").check()
        page.get_by_role("button", name="Keep those in OneClick").click()
        expect(page.locator("p.said")).to_be_visible()
        for key in clients[2:4]:
            page.get_by_role("checkbox", name=f"(clients {key})").check()
        page.get_by_role("button", name="Let those go that are ticked").first.click()
        expect(page.get_by_text("Approved until")).to_have_count(2)
        context.close()

    def test_the_console_at_rest(self):
        """With its notices, and with the prompt open."""
        self.look_at("/console?said=started", "console", self.expect_rest)
        self.look_at("/console", "the prompt", self.open_prompt)

    def open_prompt(self, page):
        page.get_by_role("button", name="Full Synchronisation").click()

    def test_the_console_in_progress(self):
        """With bars of what is done."""
        self.site.change("UPDATE ap_transaction SET narrative = narrative || '.'")
        page = self.visitor()
        with self.site.held_up():
            self.site.ask("--full")
            self.expect_progress(page)
            while not self.is_halfway(page):
                self.site.let_on(0.02)
            self.look_at("/console?said=queued", "console in progress", self.expect_bars)

    def is_halfway(self, page):
        """By the bars, once the page has had the time to show what came of the last step."""
        page.wait_for_timeout(1_000)
        self.expect_progress(page)
        return page.locator("#data-sets progress").count() > 0

    def expect_bars(self, page):
        self.expect_progress(page)
        expect(page.locator("#data-sets progress").first).to_be_visible()

    def test_history(self):
        """The list, and a synchronisation opened."""
        self.look_at("/console/history?kind=full", "history, filtered")
        page = self.visitor("/console/history")
        link = page.locator("tbody a").first.get_attribute("href")
        self.look_at("/console/history", "history")
        self.look_at(link, "a synchronisation")

    def test_what_waits(self):
        """Errors now, and held removals with some kept and some approved."""
        self.look_at("/console/errors", "errors now")
        self.look_at("/console/held", "held removals")

    def test_schedule_and_prompt(self):
        """Forms of every kind."""
        self.look_at("/console/schedule", "schedule")
        self.look_at("/console/full", "the prompt as a page")


class GoneTest(Pages):
    def test_the_console_without_its_service(self):
        """What stands there is as it was, and can still be read."""
        self.allowed = AWAY
        looks = [(options, self.visitor(**options)) for options in self.each_look()]
        for _, page in looks:
            self.expect_rest(page)
        self.site.service.end()
        for options, page in looks:
            expect(page.get_by_role("alert")).to_be_visible()
            self.look(page, options, "console without its service")


if __name__ == "__main__":
    unittest.main()
