"""Who gets to the console, how, and who does not."""

import unittest

from browser import CONSOLE, REFUSED, BrowserTest, expect, sign_in

MENU = ("File", "Maintenance", "SyncWorker")
ADDRESSES = (
    "/console", "/console/full", "/console/history", "/console/errors", "/console/held",
    "/console/schedule", "/console/history.csv", "/console/events", "/api/v1/status",
    "/api/v1/runs", "/api/v1/openapi.yaml")


class SigningInTest(BrowserTest):
    def test_the_menu_leads_to_the_console(self):
        """Who has the permission clicks File > Maintenance > SyncWorker > the console."""
        page = self.stranger()
        sign_in(page, self.permitted[0])
        for words in MENU:
            page.locator("summary", has_text=words).filter(visible=True).click()
        page.get_by_role("navigation", name="Central").get_by_role("link", name=CONSOLE).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(CONSOLE)
        expect(page).to_have_url("/console")

    def test_the_keyboard_alone_does_it(self):
        """From the sign-in to the console without a mouse; Escape closes the menu."""
        page = self.stranger()
        page.goto("/sign-in?next=/")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type(self.permitted[0])
        page.keyboard.press("Tab")
        page.keyboard.type("correct horse battery staple")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Central")
        self.tab_to(page, "File")
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        expect(page.locator("summary", has_text="Maintenance")).not_to_be_visible()
        page.keyboard.press("Enter")
        for words in MENU[1:]:
            self.tab_to(page, words)
            page.keyboard.press("Enter")
        self.tab_to(page, CONSOLE)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(CONSOLE)

    def tab_to(self, page, words):
        """Nothing else than the next stop or, from the top of a page, one of the first."""
        for _ in range(4):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == words:
                return
        self.fail(f"Tab does not get to {words}.")

    def test_a_wrong_password(self):
        """It says so, keeps the name, and nobody is signed in."""
        self.allowed = REFUSED
        page = self.stranger()
        sign_in(page, self.permitted[0], "quite wrong here")
        expect(page.get_by_role("alert")).to_have_text(
            "This name and password do not belong together. Try again.")
        expect(page.get_by_label("Name")).to_have_value(self.permitted[0])
        page.goto("/console")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    def test_without_the_permission(self):
        """There is no such item in the menu, and every address of the console says why not."""
        self.allowed = REFUSED
        page = self.visitor("/", self.others[0])
        for words in MENU[:2]:
            page.locator("summary", has_text=words).click()
        expect(page.get_by_role("navigation", name="Central")).to_contain_text(
            "Nothing here is open to you")
        expect(page.get_by_text(CONSOLE)).to_have_count(0)
        for address in ADDRESSES:
            with self.subTest(address=address):
                answer = page.request.get(address)
                self.assertEqual(answer.status, 403)
                self.assertIn('task permission', answer.text())
                self.assertIn("Ask whoever looks after permissions", answer.text())

    def test_a_form_without_the_permission(self):
        """Nor does a form start anything that was made by hand."""
        page = self.visitor("/", self.others[0])
        token = page.locator("input[name=form_token]").first.get_attribute("value")
        before = self.site.runs()
        answer = page.request.post(
            "/console/run", form={"what": "change", "form_token": token})
        self.assertEqual(answer.status, 403)
        self.assertEqual(self.site.runs(), before)

    def test_signing_out(self):
        """The address of the console then leads to the sign-in, and from there back to it."""
        page = self.stranger()
        sign_in(page, self.permitted[0])
        page.get_by_role("button", name="Sign out").click()
        page.goto("/console/history")
        page.get_by_label("Name").fill(self.permitted[0])
        page.get_by_label("Password").fill("correct horse battery staple")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("History")


class RevokedTest(BrowserTest):
    def test_a_permission_that_is_taken_away(self):
        """The open page stops showing the console within seconds, and says why."""
        self.allowed = REFUSED
        page = self.visitor()
        self.expect_rest(page)
        self.site.change(
            ("UPDATE employee SET is_super_user = 0 WHERE login_name = ?", [self.permitted[0]]),
            ("DELETE FROM employee_security_group WHERE employee_id = "
             "(SELECT id FROM employee WHERE login_name = ?)", [self.permitted[0]]))
        expect(page.locator("main")).to_contain_text(
            f"The {CONSOLE} is not open to", timeout=5_000)
        expect(page.locator("#status, #data-sets, #recent")).to_have_count(0)
        expect(page.locator("summary", has_text="SyncWorker")).to_have_count(0)

    def test_an_account_that_is_disabled(self):
        """Its open page stops showing the console, and nobody can sign in with it."""
        self.allowed = REFUSED
        login = self.permitted[1]
        page = self.visitor(login=login)
        self.expect_rest(page)
        self.site.change(
            ("UPDATE employee SET login_disabled = 1 WHERE login_name = ?", [login]))
        expect(page.locator("#status, #data-sets, #recent")).to_have_count(0, timeout=5_000)
        page = self.stranger()
        sign_in(page, login)
        expect(page.get_by_role("alert")).to_contain_text("do not belong together")

    def test_another_password(self):
        """Ends what was begun with the old one: the open page leads to the sign-in."""
        self.allowed = REFUSED
        login = self.permitted[2]
        page = self.visitor(login=login)
        self.expect_rest(page)
        self.site.change(
            ("UPDATE employee SET password_hash = '' WHERE login_name = ?", [login]))
        expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=5_000)


if __name__ == "__main__":
    unittest.main()
