"""What people read of cameras, recordings and what became of their frames, in the language of the site.

A text is what a person is told; of an error there is a second one, called ``..._remedy``.
"""

from datetime import timedelta
from typing import Any, Final

from producers.shots import SourceError
from schemas.errors import RefusedError
from schemas.settings import Settings

__all__ = ["refused", "say", "span"]

_EN: Final[dict[str, str]] = {
    # Why a source is refused.
    "no_source": "{source}: no such file or directory",
    "no_source_remedy": "Give a device number, an address like rtsp://host/stream, a video file or a directory of "
    "JPEGs.",
    "no_address": "{address} is no address that can be read",
    "no_address_remedy": "Write it like rtsp://USER:PASSWORD@host:554/path",
    "no_scheme": "{address}: nothing reads addresses of this kind",
    "no_scheme_remedy": "Did you mean {near}? There are {known}.",
    "no_such_device": "there is no camera {device} at this machine",
    "no_such_device_remedy": "Plug it in, and look up its number: cameras that are there: {known}. One in the network has "
    "an address like rtsp://USER:PASSWORD@host/path.",
    "unreadable": "{path}: {why}",
    "unreadable_remedy": "Give something that can be read.",
    "no_jpeg": "{path} holds no JPEG",
    "no_jpeg_remedy": "Put frames there, named by their capture time in UTC, like 20261123T000010.000Z.jpg; with "
    "--names-in ZONE by the clock of that zone.",
    "a_picture": "{path} is a picture",
    "a_picture_remedy": "Give the directory that it is in.",
    "no_start": "{path}: when did it begin?",
    "no_start_remedy": "Add --starts-at, e.g. --starts-at 2026-11-23T09:00:00.",
    "name_without_time": "{name} is not named by its capture time",
    "name_without_time_remedy": "Name it by the moment in UTC, like 20261123T000010.000Z.jpg (00:00:10 UTC is "
    "09:00:10 in Seoul), or by the clock of a zone, like 2026-11-23 09-00-10.jpg, and add --names-in ZONE.",
    "name_without_zone": "{name} does not say of which time zone its time is",
    "name_without_zone_remedy": "If it is that of the hall, add --names-in {site_zone}; if it is UTC, --names-in UTC.",
    "time_twice": "{name}: the clocks of {zone} showed this time twice, before and after they were set back",
    "time_twice_remedy": "Name the file by the moment in UTC, like 20261123T000010.000Z.jpg, and all others too.",
    "time_never": "{name}: the clocks of {zone} never showed this time, because they were set forward",
    "time_never_remedy": "Is {zone} the zone of these names? See what --names-in says.",
    "unfinished_export": "{folder}: `naul frames export` was interrupted there, or is under way",
    "unfinished_export_remedy": "Wait for it; or delete the directory, and export again.",
    "no_manifest": "{file} cannot be read: {why}",
    "no_manifest_remedy": "Copy it again from where it was made, or upgrade Naul; without it the JPEGs are sent "
    "unchecked.",
    "no_video": "{path} is no video that can be read",
    "no_video_remedy": "Give an MP4, AVI, MKV or WebM file; play it to see.",
    "unfinished_video": "{path} was cut off before its index was written; nothing in it can be read",
    "unfinished_video_remedy": "Copy it again from where it was recorded, or have a program repair it.",
    "untimed_video": "{path}: its frames have no times, as in a bare H.264 stream",
    "untimed_video_remedy": "Put it into an MP4 with the rate of its frames: ffmpeg -r 25 -i FILE -c copy FILE.mp4",
    # What the timetable and the clock say of a recording, before it is sent.
    "no_timetable": "no timetable is loaded yet: every frame would be put aside",
    "no_timetable_remedy": "Load it with `naul timetable load FILE`, then send the frames again.",
    "near_hall": "; did you mean {near!r}?",
    "unknown_hall": "the timetable knows no hall {hall!r}{near}",
    "unknown_hall_remedy": "Write it as the timetable does: `naul timetable show` lists all halls.",
    "begins_later": "no frame{count} falls into a class hour of {hall}; the nearest begins {span} later",
    "ended_earlier": "no frame{count} falls into a class hour of {hall}; the nearest ended {span} earlier",
    "of_count": " of {count}",
    "outside_remedy": "Nothing was sent. Is it the right hall, and the right day? `naul timetable show` lists class "
    "hours.",
    "local_names_remedy": "Nothing was sent. Are the names in local time? Then add --names-in {site_zone}.",
    "future": "the frames are of times that have not come yet: Kafka's clock is {span} behind them",
    "future_remedy": "Nothing was sent. Correct the times, or the clock of the machine where Kafka runs (NTP).",
    # What is warned of, and goes on.
    "warn_no_timetable": "Warning: no timetable is loaded yet; the frames are put aside until one is (`naul timetable "
    "load`).",
    "warn_unknown_hall": "Warning: the timetable knows no hall {hall!r}{near}. Its frames are put aside.",
    "warn_no_roster": "Warning: no roster for {section}: nobody can be recognised in it{near}. Load it with `naul roster "
    "load FILE`.",
    "warn_none_enrolled": "Warning: nobody of the roster of {section} is enrolled: nobody can be recognised in it{near}. "
    "Enrol them with `naul enroll`.",
    "near": "; the nearest is {near}",
    "warn_changed": "Warning: {what}.",
    "warn_zone": "Warning: its {paper} has times of {other}; this site's are {zone}.",
    "warn_ahead": "Warning: this machine's clock is {seconds:.0f} s ahead of Kafka's; its frames are refused until it "
    "is right (NTP).",
    "warn_behind": "Warning: this machine's clock is {seconds:.0f} s behind Kafka's; its frames are refused until it "
    "is right (NTP).",
    "thinned": "{name} has {rate:.0f} frames a second; one is sent every 5 s. All would be {size}: --every 0s sends "
    "them.",
    "thinned_hour": "{name} has {rate:.0f} frames a second; one is sent every 5 s. All would be {size} an hour: "
    "--every 0s sends them.",
    "thinned_live": "{name} gives {rate:.0f} frames a second; one is sent every 5 s. All would be {size} an hour: "
    "--every 0s sends them.",
    # Why a live camera gives no picture.
    "again": "Trying again in {pause:.0f} s.",
    "back": "{name} gives pictures again.",
    "broke_off": "{name} broke off.",
    "no_device": "{name} gives no picture. Is it plugged in, and used by nobody else?",
    "no_stream": "{name} is reached, but gives no video that can be read. Set the camera to H.264 or MJPEG, and look "
    "up the path of its stream.",
    "password": "{name} refuses user name or password (status {status}). Correct them in the address: many cameras "
    "lock out who tries too often.",
    "password_missing": "{name} asks for user name and password (status {status}). Write them before the host: "
    "rtsp://USER:PASSWORD@host/path",
    "no_path": "{name}: the camera has nothing at this path (status {status}). Look up the path of its stream in its "
    "manual.",
    "web_page": "{name} is a web page, not a stream. Look up the address of the camera's stream or of its snapshot in "
    "its manual.",
    "busy": "{name} takes no further viewer (status {status}). Close other viewers.",
    "other_status": "{name} answers with status {status}. Restart the camera if that stays.",
    "no_jpeg_answer": "{name} answers with something that is no whole JPEG. Set the camera's snapshots to JPEG, and open "
    "the address in a browser to see what comes.",
    "certificate": "{name}: nobody that is trusted signed its certificate. Give its http:// address, or name the "
    "certificate in REQUESTS_CA_BUNDLE.",
    "unknown_host": "{name}: nobody knows a host of this name. Is it spelled right?",
    "closed_port": "{name}: the host is there, but nothing listens at this port. Is the port right, and the service "
    "turned on in the camera?",
    "timeout": "{name} does not answer. Is it switched on, and in a network that is reached from here?",
    "unreachable": "{name} is in a network that is not reached from here. Check the cable.",
    "slow": "{name} has given no answer for {seconds:.0f} s; waiting.",
    "silent": "{name} takes the connection, but does not answer as a camera does. Is the port right?",
    # How sending goes.
    "progress_of": "{done} of {total} frames",
    "progress": "{done} frames",
    "progress_dropped": "{done} frames, {dropped} dropped",
    "refused_frame": "refused: {name}: {why}",
    "refused_more": "refused: {count} more",
    "interrupted": "Interrupted after {done} of {total} frames. Send it again; what was sent does no harm.",
    "dropped_for": "dropped {count} while it waited: {why}",
    # What became of the frames.
    "missing_end": "The recording should have {total:,} frames, sent or not, and has {came:,}: it ends at {ends_at}. "
    "Copy it again from where it was made, if there is more of it.",
    "missing_within": "The recording should have {total:,} frames, sent or not, and has {came:,}: it is damaged. "
    "Copy it again from where it was made.",
    "breaks_off": "The file of the recording breaks off in the middle of a frame, at {ends_at}; it does not say how long "
    "it should be. Copy it again from where it was made, if there is more of it.",
    "more_after": "Another recording begins in the same file after {after}, and was not sent: nobody knows when it "
    "began. Send it as a file of its own, with its own --starts-at.",
    "undated": "{count} frames have no time of their own, and were not sent.",
    "put_aside": "put aside {count}: {reason}",
    "next_dismiss": "A frame whose picture or time is wrong in itself is put aside again however often it is sent: send "
    "another from where it was taken, and let nobody wait for these: `naul dead-letters dismiss`.",
    "next_retry": "`naul dead-letters list` shows them. When the cause is mended, `naul dead-letters retry` sends "
    "them again; what nobody can mend is dismissed with `naul dead-letters dismiss`.",
    "dismissed": "Dismissed {count}. `naul dead-letters list --all` still shows them.",
    "nobody": "Nobody works at recognise: the frames wait in Kafka. Start it with `naul up`, then `naul wait`.",
    "not_followed": "Kafka does not tell what became of the frames; `naul wait` does when it is back.",
    "part_sent": "sent {count}",
    "part_dropped": "dropped {count}",
    "part_unsent": "not sent {count}",
    "part_refused": "refused {count}",
    "part_looked_at": "looked at {count}",
    "part_aside": "put aside {count}",
    "part_waiting": "not looked at yet {count}",
    "part_outside": "outside of class hours {count}",
    "part_missing": "missing from the recording {count}",
    "part_missing_undue": "a part of the recording is missing",
    "part_breaks_off": "the recording breaks off",
    "part_joined": "another recording in the file not sent",
    "part_nobody": "nobody can be recognised in {sections}",
    "letters": "{count} messages were put aside, and wait for a person:",
    "more_reasons": "... for other reasons: {count}",
    "processed": "{stage}: {count} processed",
    "days": "{count} days",
    "hours": "{count} h",
    "minutes": "{count} min",
    "seconds": "{count} s",
}

_KO: Final[dict[str, str]] = {
    "no_source": "{source}: 그런 파일이나 폴더가 없습니다",
    "no_source_remedy": "장치 번호, rtsp://host/stream 같은 주소, 동영상 파일, JPEG 폴더 중 하나를 지정하세요.",
    "no_address": "{address}: 읽을 수 없는 주소입니다",
    "no_address_remedy": "rtsp://사용자:암호@호스트:554/경로 꼴로 쓰세요",
    "no_scheme": "{address}: 이런 종류의 주소는 읽을 수 없습니다",
    "no_scheme_remedy": "혹시 {near} 주소입니까? 쓸 수 있는 것: {known}",
    "no_such_device": "이 컴퓨터에 {device}번 카메라가 없습니다",
    "no_such_device_remedy": "카메라를 꽂고 번호를 확인하세요. 지금 있는 카메라: {known}. 네트워크 카메라이면 "
    "rtsp://사용자:암호@호스트/경로 같은 주소를 쓰세요.",
    "unreadable": "{path}: {why}",
    "unreadable_remedy": "읽을 수 있는 것을 지정하세요.",
    "no_jpeg": "{path}에 JPEG 파일이 없습니다",
    "no_jpeg_remedy": "20261123T000010.000Z.jpg처럼 촬영 시각(UTC)을 이름으로 한 화면을 넣으세요. 현지 시각으로 된 "
    "이름이면 --names-in으로 시간대를 알려 주세요.",
    "a_picture": "{path}: 사진 한 장입니다",
    "a_picture_remedy": "사진이 들어 있는 폴더를 지정하세요.",
    "no_start": "{path}: 언제 시작한 녹화입니까?",
    "no_start_remedy": "--starts-at을 붙이세요. 예: --starts-at 2026-11-23T09:00:00",
    "name_without_time": "{name}: 파일 이름이 촬영 시각이 아닙니다",
    "name_without_time_remedy": "20261123T000010.000Z.jpg처럼 UTC 시각(00:00:10 UTC는 서울의 09:00:10)으로 이름을 "
    "짓거나, 2026-11-23 09-00-10.jpg처럼 현지 시각으로 짓고 --names-in으로 시간대를 알려 주세요.",
    "name_without_zone": "{name}: 파일 이름의 시각이 어느 시간대인지 알 수 없습니다",
    "name_without_zone_remedy": "강의실의 현지 시각이면 --names-in {site_zone}, UTC이면 --names-in UTC 옵션을 붙이세요.",
    "time_twice": "{name}: {zone}에서는 시계를 되돌린 날이라 이 시각이 두 번 있었습니다",
    "time_twice_remedy": "이 폴더의 파일 이름을 모두 20261123T000010.000Z.jpg처럼 UTC 시각으로 바꾸세요.",
    "time_never": "{name}: {zone}에서는 시계를 앞당긴 날이라 이 시각이 없었습니다",
    "time_never_remedy": "파일 이름이 정말 {zone} 시각입니까? --names-in 값을 확인하세요.",
    "unfinished_export": "{folder}: `naul frames export`가 중단되었거나 아직 진행 중입니다",
    "unfinished_export_remedy": "끝날 때까지 기다리거나, 폴더를 지우고 다시 내보내세요.",
    "no_manifest": "{file} 파일을 읽을 수 없습니다: {why}",
    "no_manifest_remedy": "원본에서 다시 복사하거나 Naul을 업그레이드하세요. 이 파일이 없으면 JPEG를 확인 없이 "
    "보냅니다.",
    "no_video": "{path}: 읽을 수 있는 동영상이 아닙니다",
    "no_video_remedy": "MP4, AVI, MKV, WebM 파일을 지정하세요. 먼저 재생해 보면 알 수 있습니다.",
    "unfinished_video": "{path}: 색인이 기록되기 전에 잘린 동영상이라 아무것도 읽을 수 없습니다",
    "unfinished_video_remedy": "녹화한 곳에서 다시 복사하거나, 복구 프로그램으로 고치세요.",
    "untimed_video": "{path}: 화면에 시각 정보가 없습니다(H.264 원본 스트림 등)",
    "untimed_video_remedy": "초당 화면 수를 지정해 MP4로 바꾸세요: ffmpeg -r 25 -i FILE -c copy FILE.mp4",
    "no_timetable": "아직 시간표가 없어서 모든 화면이 보류됩니다",
    "no_timetable_remedy": "`naul timetable load FILE`로 시간표를 올린 뒤 화면을 다시 보내세요.",
    "near_hall": " (혹시 {near!r}인가요?)",
    "unknown_hall": "시간표에 {hall!r} 강의실이 없습니다{near}",
    "unknown_hall_remedy": "시간표에 적힌 대로 쓰세요. 전체 목록은 `naul timetable show`로 볼 수 있습니다.",
    "begins_later": "{hall} 강의실의 교시에 드는 화면이{count} 하나도 없습니다. 가장 가까운 교시는 {span} 뒤에 "
    "시작합니다",
    "ended_earlier": "{hall} 강의실의 교시에 드는 화면이{count} 하나도 없습니다. 가장 가까운 교시는 {span} 전에 "
    "끝났습니다",
    "of_count": " {count}개 중",
    "outside_remedy": "아무것도 보내지 않았습니다. 강의실과 날짜가 맞습니까? 교시는 `naul timetable show`로 볼 수 "
    "있습니다.",
    "local_names_remedy": "아무것도 보내지 않았습니다. 파일 이름이 현지 시각입니까? 그렇다면 --names-in {site_zone} "
    "옵션을 붙이세요.",
    "future": "화면이 아직 오지 않은 시각의 것입니다. Kafka의 시계가 {span} 늦습니다",
    "future_remedy": "아무것도 보내지 않았습니다. 촬영 시각이나 Kafka가 있는 컴퓨터의 시계를 바로잡으세요(NTP).",
    "warn_no_timetable": "경고: 아직 시간표가 없습니다. 시간표를 올릴 때까지 화면이 보류됩니다(`naul timetable load`).",
    "warn_unknown_hall": "경고: 시간표에 {hall!r} 강의실이 없습니다{near}. 화면이 보류됩니다.",
    "warn_no_roster": "경고: {section} 분반의 명단이 없어서 아무도 알아볼 수 없습니다{near}. `naul roster load FILE`로 "
    "올리세요.",
    "warn_none_enrolled": "경고: {section} 분반 명단에 얼굴이 등록된 사람이 없어서 아무도 알아볼 수 없습니다{near}. `naul "
    "enroll`로 등록하세요.",
    "near": "(가장 비슷한 이름: {near})",
    "warn_changed": "경고: {what}.",
    "warn_zone": "경고: {paper}의 시각은 {other} 기준인데 이 사이트는 {zone} 기준입니다.",
    "warn_ahead": "경고: 이 컴퓨터의 시계가 Kafka보다 {seconds:.0f}초 빠릅니다. 시계를 맞출 때까지 화면을 받지 "
    "않습니다(NTP).",
    "warn_behind": "경고: 이 컴퓨터의 시계가 Kafka보다 {seconds:.0f}초 느립니다. 시계를 맞출 때까지 화면을 받지 "
    "않습니다(NTP).",
    "thinned": "{name}: 초당 화면이 {rate:.0f}개라서 5초에 하나씩 보냅니다. 전부 보내면 {size}입니다. 전부 보내려면 "
    "--every 0s를 쓰세요.",
    "thinned_hour": "{name}: 초당 화면이 {rate:.0f}개라서 5초에 하나씩 보냅니다. 전부 보내면 한 시간에 {size}입니다. "
    "전부 보내려면 --every 0s를 쓰세요.",
    "thinned_live": "{name}: 초당 화면이 {rate:.0f}개라서 5초에 하나씩 보냅니다. 전부 보내면 한 시간에 {size}입니다. "
    "전부 보내려면 --every 0s를 쓰세요.",
    "again": "{pause:.0f}초 뒤에 다시 시도합니다.",
    "back": "{name}: 다시 화면이 들어옵니다.",
    "broke_off": "{name}: 연결이 끊겼습니다.",
    "no_device": "{name}: 화면이 들어오지 않습니다. 카메라가 꽂혀 있는지, 다른 프로그램이 쓰고 있지 않은지 확인하세요.",
    "no_stream": "{name}: 연결은 되지만 읽을 수 있는 영상이 없습니다. 카메라를 H.264나 MJPEG로 설정하고 스트림 경로를 "
    "확인하세요.",
    "password": "{name}: 사용자 이름이나 암호가 틀렸습니다(상태 {status}). 여러 번 틀리면 카메라가 잠길 수 있으니 "
    "주소를 고치세요.",
    "password_missing": "{name}: 사용자 이름과 암호가 필요합니다(상태 {status}). 호스트 앞에 쓰세요: "
    "rtsp://사용자:암호@호스트/경로",
    "no_path": "{name}: 카메라에 이 경로가 없습니다(상태 {status}). 설명서에서 스트림 경로를 확인하세요.",
    "web_page": "{name}: 영상이 아니라 웹 페이지입니다. 설명서에서 스트림이나 스냅숏 주소를 확인하세요.",
    "busy": "{name}: 더는 접속을 받지 않습니다(상태 {status}). 다른 접속을 끊으세요.",
    "other_status": "{name}: 응답 상태가 {status}입니다. 계속되면 카메라를 다시 켜세요.",
    "no_jpeg_answer": "{name}: 온전한 JPEG가 아닌 답이 왔습니다. 카메라의 스냅숏 형식을 JPEG로 설정하고, 브라우저로 이 "
    "주소를 열어 무엇이 오는지 확인하세요.",
    "certificate": "{name}: 인증서를 믿을 수 없습니다. http:// 주소를 쓰거나 REQUESTS_CA_BUNDLE에 인증서를 지정하세요.",
    "unknown_host": "{name}: 이런 이름의 호스트를 찾을 수 없습니다. 철자를 확인하세요.",
    "closed_port": "{name}: 호스트는 있지만 이 포트가 닫혀 있습니다. 포트 번호가 맞는지, 카메라에서 서비스가 켜져 "
    "있는지 확인하세요.",
    "timeout": "{name}: 답이 없습니다. 카메라가 켜져 있는지, 여기서 닿는 네트워크에 있는지 확인하세요.",
    "unreachable": "{name}: 여기서 닿지 않는 네트워크에 있습니다. 케이블을 확인하세요.",
    "slow": "{name}: {seconds:.0f}초 동안 답이 없습니다. 기다리는 중입니다.",
    "silent": "{name}: 연결은 되지만 카메라처럼 답하지 않습니다. 포트 번호를 확인하세요.",
    "progress_of": "화면 {total}개 중 {done}개",
    "progress": "화면 {done}개",
    "progress_dropped": "화면 {done}개, 버림 {dropped}",
    "refused_frame": "거부: {name}: {why}",
    "refused_more": "거부: 외 {count}개",
    "interrupted": "화면 {total}개 중 {done}개까지 보내고 중단했습니다. 다시 보내도 됩니다. 이미 보낸 화면이 겹쳐도 "
    "괜찮습니다.",
    "dropped_for": "기다리는 동안 {count}개를 버렸습니다: {why}",
    "missing_end": "녹화본의 화면(보내지 않는 것 포함)이 {total:,}개여야 하는데 {came:,}개뿐입니다. {ends_at}에서 "
    "끝납니다. 원본이 더 길면 다시 복사하세요.",
    "missing_within": "녹화본의 화면(보내지 않는 것 포함)이 {total:,}개여야 하는데 {came:,}개뿐입니다. 녹화본이 "
    "손상되었습니다. 원본에서 다시 복사하세요.",
    "breaks_off": "녹화 파일이 {ends_at} 화면 도중에 끊겼습니다. 원래 길이는 파일에 적혀 있지 않습니다. 원본이 더 길면 "
    "다시 복사하세요.",
    "more_after": "같은 파일에 {after} 뒤로 다른 녹화가 이어져 있습니다. 언제 시작했는지 알 수 없어 보내지 "
    "않았습니다. 그 녹화를 따로 떼어 --starts-at과 함께 보내세요.",
    "undated": "화면 {count}개는 시각 정보가 없어 보내지 않았습니다.",
    "put_aside": "보류 {count}: {reason}",
    "next_dismiss": "그림이나 시각 자체가 잘못된 화면은 다시 보내도 또 보류됩니다. 온전한 화면을 보내고, 잘못된 것은 "
    "`naul dead-letters dismiss`로 목록에서 빼세요.",
    "next_retry": "`naul dead-letters list`로 볼 수 있습니다. 원인을 고친 뒤 `naul dead-letters retry`로 다시 "
    "보내세요. 고칠 수 없으면 `naul dead-letters dismiss`로 목록에서 뺍니다.",
    "dismissed": "{count}건을 목록에서 뺐습니다. `naul dead-letters list --all`로 계속 볼 수 있습니다.",
    "nobody": "recognise 작업자가 없어 화면이 Kafka에서 기다립니다. `naul up`으로 시작한 뒤 `naul wait`를 실행하세요.",
    "not_followed": "화면이 어떻게 되었는지 Kafka가 답하지 않습니다. 다시 연결되면 `naul wait`로 확인하세요.",
    "part_sent": "전송 {count}",
    "part_dropped": "버림 {count}",
    "part_unsent": "보내지 못함 {count}",
    "part_refused": "거부 {count}",
    "part_looked_at": "분석 {count}",
    "part_aside": "보류 {count}",
    "part_waiting": "분석 대기 {count}",
    "part_outside": "교시 밖 {count}",
    "part_missing": "녹화본에 없음 {count}",
    "part_missing_undue": "녹화본 일부 없음",
    "part_breaks_off": "녹화본이 끊김",
    "part_joined": "같은 파일의 다른 녹화는 보내지 않음",
    "part_nobody": "아무도 알아볼 수 없는 분반: {sections}",
    "letters": "메시지 {count}개가 보류되어 사람의 확인을 기다립니다:",
    "more_reasons": "... 그 밖의 이유: {count}",
    "processed": "{stage}: {count}개 처리",
    "days": "{count}일",
    "hours": "{count}시간",
    "minutes": "{count}분",
    "seconds": "{count}초",
}

_WORDS: Final[dict[str, dict[str, str]]] = {"en": _EN, "ko": _KO}


def say(settings: Settings, text: str, **values: Any) -> str:
    """Return a text by its name, its values filled in. size: in bytes."""
    if "size" in values:
        values["size"] = f"{values['size'] / 1e9:.1f} GB" if values["size"] >= 1e8 else f"{values['size'] / 1e6:.1f} MB"
    return _WORDS[settings.language][text].format(**values)


def span(settings: Settings, length: timedelta) -> str:
    """Return a length of time in its largest unit, e.g. ``9 h``."""
    seconds = round(abs(length).total_seconds())
    for name, unit in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= (2 * unit if name == "days" else unit):
            return say(settings, name, count=round(seconds / unit))
    return say(settings, "seconds", count=seconds)


def refused(settings: Settings, error: SourceError) -> RefusedError:
    """Return why a source is refused, with the remedy, for whoever reads it."""
    values = {name: _said(settings, value) for name, value in error.values.items()} | {"site_zone": settings.timezone}
    remedy = say(settings, f"{error.code}_remedy", **values)
    return RefusedError(say(settings, error.code, **values), remedy)


def _said(settings: Settings, value: object) -> object:
    return refused(settings, value).message if isinstance(value, SourceError) else value
