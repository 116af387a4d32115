"""What stands in the audit, as a person reads it."""

import pytest

from infra.operations.accounts.audit_texts import detail_text


@pytest.mark.parametrize(
    ("detail", "english", "korean"),
    [
        ("present", "present", "출석"),
        ("left_early", "left early", "조퇴"),
        ("unobserved as judged", "unobserved, confirmed as judged", "미확인, 판정대로 확정"),
        ("12 as judged", "12 confirmed as judged", "12명을 판정대로 확정"),
        ("2 answers", "2 answers", "2명의 답"),
        ("taken back", "back to as judged", "판정으로 되돌리기"),
        ("add as professor: kim", "kim: made: professor", "kim: 만듦: 교수"),
        ("add as student:", "made: student", "만듦: 학생"),
        ("add as nothing, openid: kim", "kim: made: without a role, OpenID", "kim: 만듦: 역할 없음, OpenID"),
        ("change to professor, registrar, disabled: kim", "kim: now professor, registrar, closed",
         "kim: 이제 교수, 교무, 닫힘"),
        ("link for", "a sign-in link", "로그인 링크"),
        ("link for eng", "eng: a sign-in link", "eng: 로그인 링크"),
        ("kiosk link for E101 to kim", "kim: a link to a kiosk in E101", "kim: E101 키오스크 링크"),
        ("kim professor, no longer lee assistant", "kim professor, lee no longer assistant",
         "kim 교수, lee 더 이상 조교 아님"),
        ("openid: it took too long", "OpenID: it took too long", "OpenID: 너무 오래 걸렸습니다"),
        ("openid: no ID token", "OpenID: no ID token", "OpenID: no ID token"),
        ("start stricter", "stricter: started", "stricter: 시작"),
        ("retry all", "all sent again", "모두 다시 보냄"),
        ("dismiss 3", "3 dismissed", "3번을 그만 기다림"),
        ("wrong password", "wrong password", "틀린 비밀번호"),
        ("E101", "E101", "E101"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_detail_is_said_in_the_language_of_whoever_reads_it(detail: str, english: str, korean: str) -> None:
    assert detail_text("en", detail) == english
    assert detail_text("ko", detail) == korean
