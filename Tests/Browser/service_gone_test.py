"""The service goes away under an open page, in every way in which one can."""

import signal
import time
import unittest

from browser import AWAY, IN_PROGRESS, BrowserTest, expect
from console_site import wait_until

NOTICED_SECONDS_MAX = 16
GONE = "The service does not answer"


class ServiceGoneTest(BrowserTest):
    def setUp(self):
        super().setUp()
        self.allowed = AWAY

    def expect_gone(self, page):
        """Within the time; and nothing on the page says that something is at work."""
        begun = time.monotonic()
        expect(page.get_by_role("alert")).to_contain_text(GONE)
        self.within(NOTICED_SECONDS_MAX, begun, "Noticing")
        expect(self.state(page)).to_have_text(GONE)
        self.assertNotIn("in progress", page.locator("body").inner_text())
        # A form that nobody takes would lead away from the page.
        self.assertTrue(page.locator("#actions").evaluate("actions => actions.inert"))

    def expect_back(self, page):
        """By itself, and whoever was signed in still is."""
        expect(page.get_by_role("alert")).to_have_count(0)
        self.expect_rest(page)
        expect(page.locator("form.who")).to_contain_text("Sign out")
        self.assertFalse(page.locator("#actions").evaluate("actions => actions.inert"))

    def test_killed_at_rest(self):
        """The page says so, and finds the service when it is there again on its port."""
        page = self.visitor()
        self.expect_rest(page)
        self.site.service.end(signal.SIGKILL)
        self.expect_gone(page)
        self.site.start_service()
        self.expect_back(page)

    def test_killed_while_in_progress(self):
        """Neither the page nor the service says "in progress" ever after; the history says what
        became of the synchronisation."""
        page = self.visitor()
        with self.site.held_up():
            page.get_by_role("button", name="Run Synchronisation").click()
            self.expect_progress(page)
            wait_until(lambda: None in self.site.runs())
            self.site.service.end(signal.SIGKILL)
            self.expect_gone(page)
        self.site.start_service()
        self.expect_back(page)
        expect(page.locator("#recent tbody tr").first).to_contain_text("Failed")
        page.reload()
        self.expect_rest(page)
        self.assertNotIn(IN_PROGRESS, page.locator("body").inner_text())
        page.get_by_role("button", name="Run Synchronisation").click()
        expect(page.locator("#recent tbody tr").first).to_contain_text("Completed with errors")

    def test_ended_in_order(self):
        """A restart for an upgrade is no different."""
        page = self.visitor()
        self.expect_rest(page)
        self.site.service.end()
        self.expect_gone(page)
        self.site.start_service()
        self.expect_back(page)

    def test_hanging(self):
        """A service that neither answers nor closes anything is noticed, too, and recovers."""
        page = self.visitor()
        self.mark(page)
        self.expect_rest(page)
        self.site.service.send(signal.SIGSTOP)
        try:
            self.expect_gone(page)
        finally:
            self.site.service.send(signal.SIGCONT)
        self.expect_back(page)
        self.assert_same(page)

    def test_hanging_while_in_progress(self):
        """What was in progress is, when the service goes on, and ends on the page."""
        page = self.visitor()
        with self.site.held_up():
            self.site.ask()
            self.expect_progress(page)
            self.site.service.send(signal.SIGSTOP)
            try:
                self.expect_gone(page)
            finally:
                self.site.service.send(signal.SIGCONT)
            self.expect_progress(page)
        self.expect_rest(page)
        wait_until(lambda: None not in self.site.runs())

    def test_sessions_outlive_the_service(self):
        """Whoever was signed in before a crash still is afterwards, on any page."""
        page = self.visitor("/console/history")
        self.site.service.end(signal.SIGKILL)
        self.site.start_service()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("History")


if __name__ == "__main__":
    unittest.main()
