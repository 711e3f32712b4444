"""Many records that are gone at once, and names that would run where a page let them."""

import unittest

from browser import BrowserTest, expect

LET = "Let those go that are ticked"
HARM = "<script>window.harmed = 1</script>"
IMAGE = "<img src=x onerror=\"window.harmed = 1\">"


class HeldRemovals(BrowserTest):
    def in_oneclick(self):
        return [key for key, in self.site.rows(
            self.site.oneclick, "SELECT id FROM clients ORDER BY id")]

    def delete_half(self):
        """More than the guard lets go without a word; answers their keys."""
        clients = self.in_oneclick()
        gone = clients[:len(clients) // 2 + 3]
        self.site.change(*(("DELETE FROM client WHERE id = ?", [key]) for key in gone))
        return gone


class HeldTest(HeldRemovals):
    def refuse_nothing(self):
        """An answer for no record is refused in words."""
        self.allowed = "status of 400"
        page = self.visitor("/console/held")
        page.get_by_role("button", name=LET).click()
        expect(page.locator("main")).to_contain_text("No record was chosen.")
        expect(page.locator("main")).to_contain_text("Tick those that you answer for")

    def tick(self, card, keys):
        for key in keys:
            card.get_by_role("checkbox", name=f"(clients {key})").check()

    def synchronise(self, page):
        page.goto("/console")
        page.get_by_role("button", name="Run Synchronisation").click()
        expect(page.locator("#status time").first).to_be_visible()
        self.expect_rest(page)
        page.goto("/console/held")

    def answer(self, page, card, button, said):
        card.get_by_role("button", name=button).click()
        expect(page.locator("p.said")).to_contain_text(said)

    def card(self, page, title, count):
        """A form of the page, which must list so many."""
        card = page.locator("form.card", has_text=title)
        expect(card.locator("[name=key]")).to_have_count(count)
        return card

    def test_some_go_and_others_stay(self):
        """The notice, the ticks, what became of each, and the last ones by one tick for all."""
        clients, gone = set(self.in_oneclick()), self.delete_half()
        let, keep, rest = gone[:3], gone[3:5], gone[5:]
        self.site.run()
        page = self.visitor()
        notice = page.locator("#notices .held")
        expect(notice).to_contain_text(f"{len(gone)} removals are held.")
        expect(notice).to_contain_text(f"Client List {len(gone)}")
        self.refuse_nothing()

        notice.get_by_role("link", name="Look at them").click()
        held = self.card(page, f"{len(gone)} records gone from Central", len(gone))
        self.tick(held, let)
        self.answer(page, held, LET, "Approved:")
        expect(held.get_by_text("Approved until")).to_have_count(len(let))
        self.tick(held, keep)
        self.answer(page, held, "Keep those in OneClick", "Kept:")
        self.assertEqual(set(self.in_oneclick()), clients)

        self.synchronise(page)
        self.assertEqual(set(self.in_oneclick()), clients - set(let))
        held = self.card(page, f"{len(rest)} records gone from Central", len(rest))
        kept = self.card(page, f"{len(keep)} records kept in OneClick", len(keep))
        held.get_by_label(f"all {len(rest)} records").check()
        self.answer(page, held, LET, "Approved:")
        self.tick(kept, keep[:1])
        self.answer(page, kept, LET, "Approved:")
        self.synchronise(page)
        self.assertEqual(set(self.in_oneclick()), clients - set(let + rest + keep[:1]))
        page.goto("/console")
        expect(page.locator("#notices .held")).to_have_count(0)


class NamesTest(HeldRemovals):
    def test_a_name_is_text(self):
        """Markup as the name of somebody refused, of a client held, of who presses a button and in
        a search: shown as it is everywhere; nothing of it runs."""
        first = self.in_oneclick()[0]
        contact = f"(SELECT contact_id FROM client WHERE id = {first})"
        refused, presser = self.others[0], self.permitted[0]
        self.site.change(
            (f"UPDATE contact SET name = ?, first_name = ?, last_name = ? WHERE id = {contact}",
             [HARM, IMAGE, HARM]),
            ("UPDATE employee SET first_name = ?, last_name = ?, work_email = NULL "
             "WHERE login_name = ?", [IMAGE, HARM, refused]),
            ("UPDATE employee SET first_name = ?, last_name = ? WHERE login_name = ?",
             [IMAGE, HARM, presser]))
        self.site.run()
        self.delete_half()
        page = self.visitor(login=presser)
        page.get_by_role("button", name="Verify").click()
        page.get_by_role("button", name="Run Synchronisation").click()
        expect(page.locator("#recent tbody tr").first).to_contain_text("Held")
        run = page.locator("#recent tbody a").first.get_attribute("href")
        shown = {
            "/console": [IMAGE], "/console/errors": [IMAGE, HARM], "/console/held": [HARM],
            "/console/history": [IMAGE], run: [IMAGE, HARM], "/console/schedule": [IMAGE],
            f"/console/errors?text={HARM}": [HARM], f"/console/history?text={IMAGE}": [],
            "/": [HARM]}
        for path, words in shown.items():
            with self.subTest(path=path):
                page.goto(path)
                for word in words:
                    expect(page.locator("body")).to_contain_text(word)
                self.assert_harmless(page)

    def assert_harmless(self, page):
        self.assertTrue(page.evaluate("window.harmed === undefined"))
        self.assertEqual(page.locator("img, main script").count(), 0)


if __name__ == "__main__":
    unittest.main()
