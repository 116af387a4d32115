"""What ``naul user`` says, in Korean and English."""

from typing import Final

from schemas.settings import Settings

__all__ = ["say"]

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "added": "Added {name}: {roles}.",
        "no_password": "It has no password: `naul user link {name}` makes a link that signs it in once, `naul user password {name}` gives it one.",
        "openid": "{name} may sign in with the OpenID provider. The first person whom the provider calls {name} is bound to it.",
        "no_openid": "{name} may no longer sign in with the OpenID provider, and is signed out everywhere.",
        "no_roles": "It may do nothing yet: give it roles with `naul user change {name} --role ROLE`, or sections with `naul user teach FILE`.",
        "changed": "{name} is {roles} now.",
        "changed_disabled": "{name} is disabled, and signed out everywhere.",
        "removed": "Removed {name} ({roles}).",
        "remove": "Remove the account {name} ({roles})?",
        "password": "Password",
        "again": "Once more",
        "password_set": "{name} has a new password, and is signed out everywhere.",
        "link": "Opens once, until {until}:",
        "signed_out": "Ended {count} sessions of {name}.",
        "nothing": "nothing",
        "read_as": "{file} read as {read_as}",
        "teach_same": "{section}: as before",
        "teach": "{section}: {what}",
        "new": "{names} new",
        "gone": "{names} no longer",
        "granted": "{name} gets the role {role}.",
        "loaded": "Loaded the teachers of {count} sections.",
    },
    "ko": {
        "added": "{name} 계정을 만들었습니다: {roles}.",
        "no_password": "비밀번호가 없습니다. `naul user link {name}`로 한 번 쓰는 로그인 링크를 만들거나 `naul user password {name}`로 비밀번호를 정하세요.",
        "openid": "{name} 계정은 OpenID 제공자로 로그인할 수 있습니다. 제공자가 {name}(이)라고 알리는 첫 사람에게 묶입니다.",
        "no_openid": "{name} 계정은 더 이상 OpenID 제공자로 로그인할 수 없으며 모든 곳에서 로그아웃했습니다.",
        "no_roles": "아직 권한이 없습니다. `naul user change {name} --role 역할`로 역할을 주거나 `naul user teach 파일`로 분반을 맡기세요.",
        "changed": "{name} 계정의 역할: {roles}.",
        "changed_disabled": "{name} 계정을 정지하고 모든 곳에서 로그아웃했습니다.",
        "removed": "{name} 계정({roles})을 삭제했습니다.",
        "remove": "{name} 계정({roles})을 삭제할까요?",
        "password": "비밀번호",
        "again": "비밀번호 확인",
        "password_set": "{name} 계정의 비밀번호를 바꾸고 모든 곳에서 로그아웃했습니다.",
        "link": "{until}까지 한 번만 열립니다:",
        "signed_out": "{name} 계정의 로그인 {count}개를 끝냈습니다.",
        "nothing": "역할 없음",
        "read_as": "{file} 파일을 읽었습니다: {read_as}",
        "teach_same": "{section}: 변경 없음",
        "teach": "{section}: {what}",
        "new": "추가 {names}",
        "gone": "제외 {names}",
        "granted": "{name} 계정에 {role} 역할이 생깁니다.",
        "loaded": "분반 {count}개의 담당자를 올렸습니다.",
        "professor": "교수",
        "assistant": "조교",
        "student": "학생",
        "registrar": "교무",
        "engineer": "기술 담당",
        "kiosk": "키오스크",
    },
}


def say(settings: Settings, text: str, **values: object) -> str:
    """Return a text by its name in the site's language, its values filled in; a role in English is its name."""
    return _TEXTS[settings.language].get(text, text).format(**values)
