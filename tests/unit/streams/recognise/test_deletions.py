"""After frames were deleted unseen, the next observation of each camera says so, once."""

from streams.recognise.deletions import Deletions


def test_each_camera_says_once_that_frames_before_its_own_were_deleted() -> None:
    deletions = Deletions()
    assert not deletions.is_first_after(0, b"E101/front")
    deletions.note(0)
    cameras = [b"E101/front", b"E101/front", b"E101/side", b"E101/front"]
    assert [deletions.is_first_after(0, each) for each in cameras] == [True, False, True, False]
    assert not deletions.is_first_after(1, b"E101/front"), "another partition lost nothing"
    deletions.note(0)
    assert deletions.is_first_after(0, b"E101/front"), "it happened again"
