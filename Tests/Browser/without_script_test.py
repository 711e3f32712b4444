"""Everything works as plain forms and links, in a browser that runs no script."""

import csv
import re
import unittest

from browser import PROMPT, REFUSED, BrowserTest, expect
from console_site import wait_until

RUNS_A_PAGE = 50


class WithoutScriptTest(BrowserTest):
    def setUp(self):
        super().setUp()
        self.before = len(self.site.runs())
        self.addCleanup(wait_until, lambda: None not in self.site.runs())

    def begun(self):
        return self.site.runs()[self.before:]

    def visitor(self, *words, **options):
        return super().visitor(*words, java_script_enabled=False, **options)

    def expect_said(self, page, words):
        expect(page.locator("p.said")).to_contain_text(words)

    def press(self, page, button, said):
        page.get_by_role("button", name=button, exact=True).click()
        self.expect_said(page, said)

    def expect_ended(self, page):
        """Loaded anew until it is over, as a person would."""
        wait_until(lambda: None not in self.site.runs())
        wait_until(lambda: page.reload() and "Next scheduled" in self.state(page).inner_text())


class FormsTest(WithoutScriptTest):
    def test_signing_in_and_out(self):
        """The menu opens, too: it is made of nothing but HTML."""
        page = self.stranger(java_script_enabled=False)
        page.goto("/sign-in?next=/")
        page.get_by_label("Name").fill(self.permitted[0])
        page.get_by_label("Password").fill("correct horse battery staple")
        page.get_by_role("button", name="Sign in").click()
        for words in ("File", "Maintenance", "SyncWorker"):
            page.locator("summary", has_text=words).filter(visible=True).click()
        page.locator("nav.menu a").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("SyncWorker Management Console")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    def test_run_and_stop(self):
        """Each press says what came of it; the page, loaded anew, shows where it stands."""
        page = self.visitor()
        with self.site.held_up():
            self.press(page, "Run Synchronisation", "The synchronisation begins.")
            wait_until(lambda: page.reload() and self.state(page).inner_text().endswith("progress"))
            self.press(page, "Run Synchronisation", "yours is queued")
            self.press(page, "Stop", "The synchronisation ends")
        self.expect_ended(page)
        self.assertEqual(self.begun(), ["stopped", "completed_with_errors"])

    def test_preview_verify_and_one_alone(self):
        """As the list names them afterwards."""
        page = self.visitor()
        for name, kind in (("Preview", "change, preview"), ("Verify", "verify")):
            self.press(page, name, "The synchronisation begins.")
            self.expect_ended(page)
            row = page.locator("#recent tbody tr").first
            expect(row.locator("[data-label=Kind]")).to_have_text(kind)
        page.goto("/console/schedule")
        page.get_by_label("Data set").select_option("Client List")
        self.press(page, "Run Synchronisation of this alone", "The synchronisation begins.")
        self.expect_ended(page)
        self.assertEqual(len(self.begun()), 3)

    def test_the_prompt(self):
        """Is a page: Cancel leads back and nothing begins, OK begins a full one."""
        page = self.visitor()
        page.get_by_role("button", name="Full Synchronisation").click()
        expect(page).to_have_url(re.compile(r"/console/full\??$"))
        expect(page.locator("main p").first).to_have_text(PROMPT)
        page.get_by_role("link", name="Cancel").click()
        expect(page).to_have_url(f"{self.site.address}/console")
        self.assertEqual(self.begun(), [])
        page.get_by_role("button", name="Full Synchronisation").click()
        self.press(page, "OK", "The synchronisation begins.")
        self.expect_ended(page)
        row = page.locator("#recent tbody tr").first
        expect(row.locator("[data-label=Kind]")).to_have_text("full")

    def test_a_form_of_another_page(self):
        """A form without this session's token starts nothing, and says so."""
        page = self.visitor()
        answer = page.request.post("/console/run", form={"what": "full", "confirmed": "yes"})
        self.assertEqual(answer.status, 400)
        self.assertIn("did not come from a page of the console", answer.text())
        self.assertEqual(self.begun(), [])


class ScheduleTest(WithoutScriptTest):
    def form(self, page, field):
        return page.locator("form", has=page.locator(f"#{field}"))

    def expect_written(self, page, words):
        page.goto("/console/schedule")
        expect(page.locator("[data-label=What]", has_text=words)).not_to_have_count(0)

    def test_pause_and_resume(self):
        """While it is paused the console says so, and why, and names no next start; a person can
        still start one."""
        page = self.visitor("/console/schedule")
        page.get_by_label("Why").fill("upgrade of Central")
        self.press(page, "Pause", "Paused:")
        page.goto("/console")
        expect(self.state(page)).to_have_text("Synchronisation is paused")
        expect(page.locator("#notices")).to_contain_text("upgrade of Central")
        self.press(page, "Run Synchronisation", "The synchronisation begins.")
        wait_until(lambda: self.begun() == ["completed_with_errors"])
        page.goto("/console/schedule")
        self.press(page, "Resume", "Resumed.")
        page.goto("/console")
        self.expect_rest(page)
        self.expect_written(page, "Paused synchronisation: upgrade of Central")

    def test_interval(self):
        """Is what the console shows from then on, also after a restart."""
        page = self.visitor("/console/schedule")
        page.locator("#minutes").fill("720")
        self.form(page, "minutes").get_by_role("button").click()
        self.expect_said(page, "The interval is set.")
        self.restart()
        page.goto("/console")
        expect(page.locator("#timetable")).to_contain_text("every 720 minutes")
        self.expect_written(page, "720 minutes")
        expect(page.locator("#minutes")).to_have_value("720")

    def test_quiet_hours(self):
        """The same; and both fields empty take them away."""
        page = self.visitor("/console/schedule")
        self.set_quiet_hours(page, "22:00", "06:00")
        self.restart()
        page.goto("/console")
        expect(page.locator("#timetable")).to_contain_text("quiet hours 22:00 to 06:00")
        self.expect_written(page, "quiet hours from 22:00 to 06:00")
        self.set_quiet_hours(page, "", "")
        page.goto("/console")
        expect(page.locator("#timetable")).to_contain_text("no quiet hours")

    def set_quiet_hours(self, page, begin, end):
        page.locator("#from").fill(begin)
        page.locator("#to").fill(end)
        self.form(page, "from").get_by_role("button").click()
        self.expect_said(page, "The quiet hours are set.")

    def restart(self):
        self.site.service.end()
        self.site.start_service()

    def test_what_cannot_be_read(self):
        """Is refused with what to give instead."""
        self.allowed = REFUSED
        page = self.visitor("/console/schedule")
        page.locator("#from").fill("22:00")
        self.form(page, "from").get_by_role("button").click()
        expect(page.locator("main")).to_contain_text("Give two times of day")


class ListsTest(WithoutScriptTest):
    def test_held_removals(self):
        """Ticked and answered."""
        clients = [key for key, in self.site.rows(
            self.site.oneclick, "SELECT id FROM clients ORDER BY id")]
        self.site.change(*(("DELETE FROM client WHERE id = ?", [key])
                           for key in clients[:len(clients) // 2 + 3]))
        self.site.run()
        page = self.visitor("/console/held")
        page.get_by_role("checkbox", name=f"(clients {clients[0]})").check()
        self.press(page, "Let those go that are ticked", "Approved:")
        page.get_by_role("checkbox", name=f"(clients {clients[1]})").check()
        self.press(page, "Keep those in OneClick", "Kept:")
        self.site.run()
        left = {key for key, in self.site.rows(self.site.oneclick, "SELECT id FROM clients")}
        self.assertEqual(left, set(clients[1:]))

    def test_search(self):
        """Finds what has the words and nothing else, and says when nothing has."""
        page = self.visitor("/console/errors")
        entries = page.locator(".entries li")
        all_of_them = entries.count()
        self.search(page, "work e-mail")
        self.assertTrue(0 < entries.count() < all_of_them)
        for entry in entries.all():
            expect(entry).to_contain_text("work e-mail")
        self.search(page, "nothing has this")
        expect(page.locator("main")).to_contain_text("Nothing that waits has this in it.")
        page.goto("/console/history")
        page.get_by_label("Kind").select_option("full")
        page.get_by_role("button", name="Show", exact=True).click()
        for cell in page.locator("tbody [data-label=Kind]").all():
            expect(cell).to_contain_text("full")
        page.get_by_role("link", name="Show all").click()
        expect(page.get_by_role("link", name="Show all")).to_have_count(0)
        self.open_run(page)
        self.search(page, "work e-mail")
        for entry in entries.all():
            expect(entry).to_contain_text("work e-mail")

    def search(self, page, words):
        page.get_by_label("Search").fill(words)
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_label("Search")).to_have_value(words)

    def open_run(self, page):
        """One that has errors."""
        row = page.locator("tbody tr", has_text="full").first
        row.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Full Synchronisation")

    def test_pages(self):
        """Older leads to the rest of the history, and the last page to nothing older."""
        self.site.copy_runs(RUNS_A_PAGE + 5)
        page = self.visitor("/console/history")
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(RUNS_A_PAGE)
        links = {link.get_attribute("href") for link in page.locator("tbody a").all()}
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_role("link", name="Older")).to_have_count(0)
        links |= {link.get_attribute("href") for link in page.locator("tbody a").all()}
        self.assertEqual(len(links), len(self.site.runs()))

    def test_exports(self):
        """Both lists as files that a spreadsheet reads, with every line of theirs."""
        page = self.visitor("/console/history")
        lines = self.download(page, "synchronisations.csv")
        self.assertEqual(lines[0][:3], ["started", "finished", "kind"])
        self.assertEqual(len(lines) - 1, len(self.site.runs()))
        self.open_run(page)
        entries = page.locator(".entries li").count()
        lines = self.download(page, "errors-")
        self.assertEqual(lines[0][0], "data set")
        self.assertEqual(len(lines) - 1, entries)

    def download(self, page, name):
        with page.expect_download() as download:
            page.get_by_role("link", name="Export CSV").click()
        self.assertTrue(download.value.suggested_filename.startswith(name))
        with open(download.value.path(), newline="") as file:
            return list(csv.reader(file))


if __name__ == "__main__":
    unittest.main()
