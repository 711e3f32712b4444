"""Starting, watching and ending a synchronisation, by one person or two."""

import time
import unittest

from browser import IN_PROGRESS, NEXT, PROMPT, BrowserTest, expect
from console_site import wait_until

DATA_SETS = [
    "Employee List", "Client List", "Team Security", "Business List", "HMRC Credentials List",
    "AP Period Entity Type", "AP Nominals", "AP Transactions"]
SHOWN_SECONDS_MAX = 2


class RunningTest(BrowserTest):
    def setUp(self):
        super().setUp()
        self.before = len(self.site.runs())
        self.addCleanup(self.rest)

    def rest(self):
        wait_until(lambda: None not in self.site.runs())

    def begun(self):
        """Runs of this test by the journal."""
        return self.site.runs()[self.before:]

    def expect_runs(self, *outcomes):
        wait_until(lambda: len(self.begun()) >= len(outcomes) and None not in self.begun())
        self.assertEqual(self.begun(), list(outcomes))


class PromptTest(RunningTest):
    def opened(self):
        """A page with the prompt open, and the prompt."""
        page = self.visitor()
        page.get_by_role("button", name="Full Synchronisation").click()
        prompt = page.get_by_role("dialog", name="Full Synchronisation")
        expect(prompt.locator("p").first).to_have_text(PROMPT)
        return page, prompt

    def expect_nothing(self, page):
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name="Full Synchronisation")).to_be_focused()
        self.expect_rest(page)
        self.assertEqual(self.begun(), [])

    def test_cancel(self):
        """Nothing begins, and the focus is back at the button."""
        page, prompt = self.opened()
        prompt.get_by_role("button", name="Cancel").click()
        self.expect_nothing(page)

    def test_escape(self):
        """As Cancel."""
        page, _ = self.opened()
        page.keyboard.press("Escape")
        self.expect_nothing(page)

    def test_cancel_while_the_page_changes(self):
        """The focus finds the button also where it was shown anew behind the prompt."""
        page, _ = self.opened()
        with self.site.held_up():
            self.site.ask()
            expect(page.locator("#stop")).to_be_enabled()
            page.keyboard.press("Escape")
            expect(page.get_by_role("button", name="Full Synchronisation")).to_be_focused()
        self.rest()

    def test_ok(self):
        """A full one begins, in the name of who pressed it."""
        page, prompt = self.opened()
        prompt.get_by_role("button", name="OK").click()
        expect(page.locator("p.said")).to_contain_text("The synchronisation begins.")
        row = page.locator("#recent tbody tr").first
        expect(row.locator("[data-label=Kind]")).to_have_text("full")
        expect(row.locator("[data-label=By]")).not_to_have_text("command line")
        self.expect_runs("completed_with_errors")

    def test_by_the_keyboard(self):
        """Enter opens it, Tab stays within it, Enter on OK begins a full one."""
        page = self.visitor()
        page.get_by_role("button", name="Full Synchronisation").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="OK")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        expect(page.locator("p.said")).to_contain_text("The synchronisation begins.")
        self.expect_runs("completed_with_errors")


class ProgressTest(RunningTest):
    def test_it_shows_by_itself(self):
        """Within two seconds and without loading anew: the exact words, and eight data sets; then
        the outcome, and when the next one is."""
        page = self.visitor()
        self.mark(page)
        self.expect_rest(page)
        with self.site.held_up():
            self.site.ask("--full")
            wait_until(lambda: None in self.begun())
            begun = time.monotonic()
            self.expect_progress(page)
            self.within(SHOWN_SECONDS_MAX, begun, "Showing that one is in progress")
            expect(page.locator("#data-sets tbody th")).to_have_text(DATA_SETS)
            expect(page.locator("#data-sets h2")).to_contain_text("This synchronisation: full")
            expect(page.locator("#status time").first).to_contain_text("Today")
            self.assertNotIn(NEXT, page.locator("#status").inner_text())
        self.expect_rest(page)
        expect(page.locator("#state time")).to_contain_text(":")
        expect(page.locator("#data-sets h2")).to_contain_text("completed with errors")
        expect(page.locator("#recent tbody tr").first).to_contain_text("Completed with errors")
        self.assert_same(page)

    def test_stop(self):
        """Ends it, and says so; afterwards there is nothing to stop."""
        page = self.visitor()
        expect(page.locator("#stop")).to_be_disabled()
        with self.site.held_up():
            page.get_by_role("button", name="Run Synchronisation").click()
            self.expect_progress(page)
            page.get_by_role("button", name="Stop").click()
            expect(page.locator("p.said")).to_contain_text("The synchronisation ends")
            self.expect_progress(page)
        self.expect_rest(page)
        expect(page.locator("#recent tbody tr").first).to_contain_text("Stopped")
        expect(page.locator("#stop")).to_be_disabled()
        self.expect_runs("stopped")

    def test_the_page_is_closed(self):
        """It goes on; whoever comes back sees where it stands."""
        page = self.visitor()
        with self.site.held_up():
            page.get_by_role("button", name="Run Synchronisation").click()
            self.expect_progress(page)
            page.close()
            page = self.visitor()
            self.expect_progress(page)
            self.assertEqual(self.begun(), [None])
        self.expect_rest(page)
        self.expect_runs("completed_with_errors")

    def test_preview_and_verify(self):
        """Each is in the list as what it was."""
        page = self.visitor()
        for name, kind in (("Preview", "change, preview"), ("Verify", "verify")):
            page.get_by_role("button", name=name).click()
            cell = page.locator("#recent tbody tr").first.locator("[data-label=Kind]")
            expect(cell).to_have_text(kind)
            self.expect_rest(page)


class TwoPeopleTest(RunningTest):
    def test_one_presses_and_the_other_sees_it(self):
        """Also who it was, in the list at the end."""
        first = self.visitor(login=self.permitted[0])
        second = self.visitor(login=self.permitted[1])
        self.mark(second)
        self.expect_rest(second)
        with self.site.held_up():
            first.get_by_role("button", name="Run Synchronisation").click()
            self.expect_progress(first)
            self.expect_progress(second)
        name = first.locator("form.who span").inner_text()
        row = second.locator("#recent tbody tr").first
        expect(row.locator("[data-label=By]")).to_have_text(name)
        self.assert_same(second)

    def test_the_second_press_is_queued_once(self):
        """It says so to both, however often it is pressed; two have run in the end."""
        first = self.visitor(login=self.permitted[0])
        second = self.visitor(login=self.permitted[1])
        with self.site.held_up():
            first.get_by_role("button", name="Run Synchronisation").click()
            self.expect_progress(second)
            for page in (second, first, second):
                page.get_by_role("button", name="Run Synchronisation").click()
                expect(page.locator("p.said")).to_contain_text("yours is queued")
            for page in (first, second):
                expect(page.locator("#notices")).to_contain_text(
                    "One more synchronisation is queued.")
                self.assertIn(IN_PROGRESS, page.locator("#status").inner_text())
        self.expect_runs("completed_with_errors", "completed_with_errors")
        expect(first.locator("#notices")).not_to_contain_text("queued")
        self.expect_rest(first)


if __name__ == "__main__":
    unittest.main()
