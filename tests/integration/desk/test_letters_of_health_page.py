"""Dead letters are dismissed and sent again by the page, on record."""

from infra.operations.dead_letters.dead_letter_queue import waiting_letters
from tests.integration.desk.conftest import ServedDesk
from tests.integration.desk.test_access_of_pages import session
from tests.integration.desk.test_health_page import ENGLISH, filled


def test_letters_are_dismissed_and_sent_again_on_record(desk: ServedDesk) -> None:
    told = filled(desk)
    client, token = session(told, "tech")
    first, *_ = waiting_letters(told.settings)
    form = {"csrf": token, "what": "dismiss", "offset": str(first.offset)}
    shown = client.post(f"{told.url}/health/letters", data=form, headers=ENGLISH)
    assert "Dismissed 1." in shown.text
    assert "a PNG, not a JPEG" not in shown.text
    shown = client.post(f"{told.url}/health/letters", data={"csrf": token, "what": "retry"}, headers=ENGLISH)
    assert "Sent 2 again" in shown.text
    assert "No message waits for anybody" in shown.text
    refused = client.post(f"{told.url}/health/letters", data=form | {"offset": "99"}, headers=ENGLISH)
    assert "there is no dead letter 99" in refused.text
    told.stored()
    office, _ = session(told, "office")
    audit = office.get(f"{told.url}/audit?account=tech", headers=ENGLISH).text
    assert all(each in audit for each in ("dealt with dead letters", f"{first.offset} dismissed", "all sent again"))
