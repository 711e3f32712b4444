"""What every test of the console has: a site, a browser, people who are signed in, and an eye on
what the browser itself complains of."""

import os
import re
import time
import unittest

from console_site import PASSWORD, Site
from playwright.sync_api import expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
#: A folder whose console.js and console.css stand in for the built ones: for work on them.
FILES = os.environ.get("CONSOLE_FILES")
# Only pages of ours are opened, and a container's root has no sandbox.
ARGUMENTS = ["--no-sandbox"]
IN_PROGRESS = "Synchronisation is currently in progress"
NEXT = "Next scheduled sync"
PROMPT = ("All data/team security from on-premise to the cloud will resynchronise for Making Tax "
          "Digital and Open Integration")
CONSOLE = "SyncWorker Management Console"
# A synchronisation that found nobody for a while tries again at longer and longer intervals.
WAIT_MILLISECONDS = 60_000
# Before anything of the page runs: what the policy keeps it from is a complaint, too.
WATCH = """document.addEventListener("securitypolicyviolation", (event) => console.error(
  `The policy forbids ${event.violatedDirective} ${event.blockedURI}`));"""
# A page that was asked for in vain; a service that is away.
REFUSED = r"the server responded with a status of 40[0134]"
AWAY = r"net::ERR_"

expect.set_options(timeout=WAIT_MILLISECONDS)


def sign_in(page, login, password=PASSWORD):
    page.goto("/sign-in?next=/")
    page.get_by_label("Name").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


class BrowserTest(unittest.TestCase):
    """One site and one browser for a class; each visitor has a context of its own."""

    #: Of the class's site.
    size = {}

    @classmethod
    def setUpClass(cls):
        cls.site = Site(**cls.size)
        cls.addClassCleanup(lambda: cls.site.close())
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        cls.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        cls.addClassCleanup(cls.browser.close)
        cls.permitted = cls.site.people(permitted=True)
        cls.others = cls.site.people(permitted=False)
        cls.cookies = {}

    def setUp(self):
        self.complaints = []
        #: What the browser may complain of in this test, as a regular expression.
        self.allowed = None

    def tearDown(self):
        for complaint in self.complaints:
            if not self.allowed or not re.search(self.allowed, complaint):
                self.fail(f"The browser complains: {complaint}")

    # People

    def stranger(self, **options):
        """The page of somebody who is not signed in."""
        context = self.browser.new_context(base_url=self.site.address, **options)
        self.addCleanup(context.close)
        context.add_init_script(WATCH)
        context.set_default_timeout(WAIT_MILLISECONDS)
        for file in ("console.js", "console.css") if FILES else ():
            context.route(f"**/{file}", lambda route, _, file=file: route.fulfill(
                path=f"{FILES}/{file}"))
        page = context.new_page()
        page.on("console", self.note)
        page.on("pageerror", lambda error: self.complaints.append(f"a script failed: {error}"))
        page.on("dialog", self.refuse_dialog)
        return page

    def visitor(self, path="/console", login=None, **options):
        """The page of somebody who is signed in; by default of one who may use the console."""
        login = login or self.permitted[0]
        page = self.stranger(**options)
        if login not in self.cookies:
            sign_in(page, login)
            self.cookies[login] = page.context.cookies()
        page.context.add_cookies(self.cookies[login])
        page.goto(path)
        return page

    def note(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def refuse_dialog(self, dialog):
        self.complaints.append(f"a script opened a dialog: {dialog.message}")
        dialog.dismiss()

    # What a page shows

    def state(self, page):
        """The line of the area SyncWorker Service Status."""
        return page.locator("#state")

    def expect_rest(self, page):
        expect(self.state(page)).to_contain_text(NEXT)

    def expect_progress(self, page):
        expect(self.state(page)).to_have_text(IN_PROGRESS)

    def within(self, seconds, begun, what):
        """By this machine's clock, since a moment of it."""
        passed = time.monotonic() - begun
        self.assertLessEqual(passed, seconds, f"{what} took {passed:.1f} seconds.")

    def mark(self, page):
        """Is gone when the page is loaded anew."""
        page.evaluate("window.isSame = true")

    def assert_same(self, page):
        self.assertTrue(page.evaluate("window.isSame === true"), "The page was loaded anew.")
