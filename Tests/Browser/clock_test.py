"""British Summer Time ends and begins while the service runs, with a clock of the test's own."""

import datetime
import re
import unittest
import zoneinfo

from browser import BrowserTest
from console_site import wait_until

UTC = datetime.timezone.utc
LONDON = zoneinfo.ZoneInfo("Europe/London")
AN_HOUR = datetime.timedelta(hours=1)
#: As long as a step of the test may take.
SOME_MINUTES = datetime.timedelta(minutes=2)
#: The schedule's grid is half an hour wide: each of these meets another start.
MINUTES = (5, 35, 65, 95, 125, 155)


def shown_twice(moment):
    """Whether London's clocks show the same an hour before or after."""
    local = moment.astimezone(LONDON)
    return any(other.astimezone(LONDON).replace(tzinfo=None) == local.replace(tzinfo=None)
               for other in (moment - AN_HOUR, moment + AN_HOUR))


def words(moment, now):
    """As the console shall show it."""
    local = moment.astimezone(LONDON)
    days = (local.date() - now.astimezone(LONDON).date()).days
    day = {0: "Today", 1: "Tomorrow", -1: "Yesterday"}[days]
    return f"{day} {local:%H:%M:%S}" + (f" {local:%Z}" if shown_twice(moment) else "")


class ClockTest(BrowserTest):
    night = None

    @classmethod
    def setUpClass(cls):
        cls.midnight = datetime.datetime.fromisoformat(f"{cls.night}T00:00:00+00:00")
        cls.size = {"start": cls.midnight, "interval": 30}
        super().setUpClass()

    def moment(self, element):
        exact = element.get_attribute("datetime")
        return datetime.datetime.fromisoformat(exact.replace("Z", "+00:00"))

    def times(self, page, selector):
        """What stands at these places, with the moment that it is of."""
        return [(self.moment(element), element.inner_text())
                for element in page.locator(selector).all()]

    def go_through_the_night(self):
        """Runs at every half hour; answers the next starts that were announced."""
        page = self.visitor()
        announced = []
        for minutes in MINUTES:
            now = self.midnight + datetime.timedelta(minutes=minutes)
            self.site.clock.set(now)
            page.get_by_role("button", name="Run Synchronisation").click()
            self.expect_run_since(page, now)
            self.expect_rest(page)
            [(moment, text)] = self.times(page, "#state time")
            self.assertEqual(text, words(moment, now))
            self.assertTrue(now < moment <= now + AN_HOUR / 2 + SOME_MINUTES, f"{now}: {moment}")
            announced.append(text)
        return announced

    def expect_run_since(self, page, moment):
        first = page.locator("#recent tbody time").first
        wait_until(lambda: self.moment(first) >= moment)

    def history(self):
        """Times of the history, newest first; each must be right."""
        page = self.visitor("/console/history")
        times = self.times(page, "tbody time")
        now = self.midnight + datetime.timedelta(minutes=MINUTES[-1])
        for moment, text in times:
            self.assertEqual(text, words(moment, now))
        moments = [moment for moment, _ in times]
        self.assertEqual(moments, sorted(moments, reverse=True))
        return [text for _, text in times]


class AutumnTest(ClockTest):
    night = "2026-10-25"

    def test_the_hour_that_occurs_twice(self):
        """25 October 2026: between one and two the zone stands beside the time, on the page of the
        next start and in the history, and nowhere else."""
        announced = self.go_through_the_night()
        self.assertTrue(any(text.endswith("BST") for text in announced), announced)
        self.assertTrue(any(text.endswith("GMT") for text in announced), announced)
        self.assertRegex(announced[-1], r"Today 02:\d\d:\d\d$|Today 03:\d\d:\d\d$")
        times = self.history()
        for pattern in (r"Today 01:35:\d\d BST", r"Today 01:05:\d\d GMT", r"Today 02:05:\d\d$"):
            self.assertTrue(any(re.search(pattern, text) for text in times), (pattern, times))


class SpringTest(ClockTest):
    night = "2027-03-28"

    def test_the_hour_that_is_left_out(self):
        """28 March 2027: after 00:59:59 comes 02:00:00, and no time needs a zone."""
        announced = self.go_through_the_night()
        times = self.history()
        for text in announced + times:
            self.assertNotIn(" 01:", text)
            self.assertNotRegex(text, "GMT|BST")
        for pattern in (r"Today 00:35:\d\d$", r"Today 02:05:\d\d$"):
            self.assertTrue(any(re.search(pattern, text) for text in times), (pattern, times))


if __name__ == "__main__":
    unittest.main()
