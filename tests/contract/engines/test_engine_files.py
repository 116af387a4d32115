"""The file of an engine: what it says is what is done, and what it may not say is refused by name."""

import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from schemas.errors import RefusedError, SettingsError
from streams.faces.embedder import Embedder
from streams.faces.engine_file import read_engine_file
from streams.faces.engines import engine_id, engine_names, load_engine
from streams.faces.intake import Intake
from streams.faces.plugged import Plugged
from streams.faces.values import Detections
from streams.faces.yunet import YuNet
from tests.contract.engines.graphs import file_of, pixels, put, squares

TINY = pixels()


def intake(**changes: object) -> Intake:
    keys = {"size": 112, "alignment": "arcface", "colour": "bgr", "mean": 127.5, "scale": 0.5, "dimension": 192}
    return Intake(**keys | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("colour", ["rgb", "bgr"])
def test_pixels_reach_the_graph_as_the_file_says(layout: str, colour: str) -> None:
    chips = np.random.default_rng(5).integers(0, 256, (2, 112, 112, 3), np.uint8)
    says = intake(layout=layout, colour=colour, mean=(10, 20, 30), scale=(0.5, 0.25, 0.125))
    given = Embedder(pixels(layout=layout), says, 1, "graph").embed_chips(list(chips))
    order = chips if colour == "bgr" else chips[..., ::-1]
    wanted = (order.astype(np.float64) - (10, 20, 30)) * (0.5, 0.25, 0.125)
    wanted = wanted.reshape(2, 8, 14, 8, 14, 3).mean((2, 4)).transpose(0, 3, 1, 2).reshape(2, 192)
    np.testing.assert_allclose(given, wanted, atol=1e-3)


@pytest.mark.parametrize(
    ("alignment", "size", "first"),
    [
        pytest.param("arcface", 112, (38.2946, 51.6963), id="five points known by name"),
        pytest.param("arcface", 224, (76.5892, 103.3926), id="twice as large"),
        pytest.param("dlib", 150, (47.51, 47.0), id="as dlib"),
        pytest.param(((30, 40), (80, 40), (56, 70), (35, 90), (75, 90)), 112, (30, 40), id="told one by one"),
    ],
)
def test_landmarks_come_to_lie_where_the_file_says(alignment: object, size: int, first: tuple[float, float]) -> None:
    says = intake(alignment=alignment, size=size)
    np.testing.assert_allclose(says.positions[0], first, rtol=1e-5)


def test_a_face_that_lies_there_already_is_cut_out_as_it_is() -> None:
    image = cv2.GaussianBlur(np.random.default_rng(2).integers(0, 256, (112, 112, 3), np.uint8), (0, 0), 3)
    network = Embedder(TINY, intake(), 1, "graph")
    cut = network.embed(image, intake().positions[None])
    np.testing.assert_allclose(cut, network.embed_chips([image]), atol=0.05)


def test_dlibs_graph_in_a_file_sees_what_the_default_engine_sees(home: Path, cache: Path) -> None:
    image = np.random.default_rng(3).integers(0, 256, (150, 150, 3), np.uint8)
    positions = intake(alignment="dlib", size=150).positions[None]
    faces = Detections(np.array([[0, 0, 150, 150]], np.float32), np.ones(1, np.float32), positions)
    ours, file = load_engine("centerface-dlib", cache=cache), load_engine("dlib-file", home, cache=cache)
    np.testing.assert_allclose(file.embed(image, faces), ours.embed(image, faces), atol=1e-5)


DOCS = Path(__file__).parents[3] / "docs" / "engines"


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_of_the_docs_are_files_of_engines(path: Path) -> None:
    file = read_engine_file(path)
    assert file.name in (path.stem, "dlib-file")
    assert re.fullmatch(rf"{file.name}@1-[0-9a-f]{{8}}", Plugged(path).identity())


def test_the_example_of_dlib_is_the_graph_that_its_command_makes(home: Path, tmp_path: Path) -> None:
    shutil.copyfile(DOCS / "dlib.toml", tmp_path / "engine.toml")
    shutil.copyfile(home / "engines" / "dlib-file" / "graph.onnx", tmp_path / "dlib.onnx")
    assert Plugged(tmp_path / "engine.toml").load(1, None).dimension == 128


# ---------------------------------------------------------------- the id


CHANGES = [
    {"colour": "rgb"}, {"mean": 127}, {"scale": 0.0078}, {"alignment": "dlib"}, {"mean": [127.5, 127.5, 127]},
    {"output": "out"},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_another_preprocessing_is_another_id(tmp_path: Path, change: dict[str, object]) -> None:
    one = Plugged(put(tmp_path / "one", "tiny", TINY)).identity()
    assert Plugged(put(tmp_path / "two", "tiny", TINY, **change)).identity() != one


def test_other_weights_are_another_id(tmp_path: Path) -> None:
    one = Plugged(put(tmp_path / "one", "tiny", TINY)).identity()
    assert Plugged(put(tmp_path / "two", "tiny", pixels(batch=1))).identity() != one


@pytest.mark.parametrize(
    "change",
    [{"licence": "MIT"}, {"mean": [127.5, 127.5, 127.5]}, {"layout": "NCHW"}, {"metric": "cosine"}],
    ids=str,
)
def test_the_same_said_otherwise_is_the_same_id(tmp_path: Path, change: dict[str, object]) -> None:
    one = Plugged(put(tmp_path / "one", "tiny", TINY)).identity()
    assert Plugged(put(tmp_path / "two", "tiny", TINY, **change)).identity() == one


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"colours": "bgr"}, "unknown field `colours` - at `embedder`", id="an unknown key"),
        pytest.param({"mean": None}, "missing required field `mean` - at `embedder`", id="a missing one"),
        pytest.param({"colour": "gbr"}, "Invalid enum value 'gbr' - at `embedder.colour`", id="no order of colours"),
        pytest.param({"size": 8}, "Expected `int` >= 32 - at `embedder.size`", id="chips too small"),
        pytest.param({"mean": [1, 2]}, "length 3, got 2 - at `embedder.mean`", id="two channels"),
        pytest.param({"alignment": [[1, 2]]}, "length 5, got 1 - at `embedder.alignment`", id="one landmark"),
        pytest.param({"metric": "euclidean"}, "'euclidean' - at `embedder.metric`", id="another metric"),
        pytest.param({"sha256": "abc"}, "at `embedder.sha256`", id="no checksum"),
        pytest.param({"licence": ""}, "at `embedder.licence`", id="no licence"),
    ],
)
def test_a_file_is_refused_by_key(tmp_path: Path, changes: dict[str, object], text: str) -> None:
    path = tmp_path / "engine.toml"
    path.write_text(file_of("tiny", "graph.onnx", TINY, **changes), "utf-8")
    with pytest.raises(RefusedError, match=re.escape(text)) as refused:
        read_engine_file(path)
    assert refused.value.message.startswith(f"{path}: ")
    assert "docs/engines.md" in refused.value.remedy


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b'name = "x"', "neither a [detector] nor an [embedder]", id="nothing named"),
        pytest.param(b'name = "X"\n[embedder]', "at `name`", id="a name in capitals"),
        pytest.param(b"name =", "Invalid value", id="no TOML"),
        pytest.param(b"\xff", "can't decode", id="no text"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: bytes, why: str) -> None:
    (tmp_path / "engine.toml").write_bytes(text)
    with pytest.raises(RefusedError, match=re.escape(why)):
        read_engine_file(tmp_path / "engine.toml")


def test_two_weights_of_one_name_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "tiny", TINY)
    detector = path.read_text("utf-8").split("size =")[0].split("[embedder]")[1]
    with path.open("a", encoding="utf-8") as file:
        file.write(f'[detector]\nkind = "yunet"\nthreshold = 0.5\n{detector}')
    with pytest.raises(RefusedError, match="have the same name; rename one"):
        read_engine_file(path)


@pytest.mark.parametrize(
    ("graph", "changes", "text"),
    [
        pytest.param(b"no graph", {}, "no ONNX graph that can be loaded", id="no graph"),
        pytest.param(TINY, {"dimension": 128}, "the shape (1, 192), not (1, 128)", id="another dimension"),
        pytest.param(TINY, {"layout": "NHWC"}, "not tensor(float) of 1 x 112 x 112 x 3", id="layout"),
        pytest.param(TINY, {"size": 128}, "not tensor(float) of 1 x 3 x 128 x 128", id="another size"),
        pytest.param(TINY, {"input": "data"}, "no input 'data'; there is chips", id="another input"),
        pytest.param(TINY, {"output": "fc1"}, "no output 'fc1'; there is out", id="another output"),
        pytest.param(squares(), {}, "it has the outputs cls_8, obj_8,", id="several outputs"),
    ],
)  # fmt: skip
def test_a_graph_that_is_not_as_its_file_says_is_refused(
    tmp_path: Path, graph: bytes, changes: dict[str, object], text: str
) -> None:
    put(tmp_path / "engines" / "tiny", "tiny", graph, **changes)
    with pytest.raises(RefusedError, match=re.escape(text)) as refused:
        load_engine("tiny", tmp_path)
    assert str(tmp_path / "engines" / "tiny" / "graph.onnx") in refused.value.message


def test_weights_that_are_missing_or_others_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "engines" / "tiny", "tiny", TINY)
    (path.parent / "graph.onnx").write_bytes(TINY + b" ")
    with pytest.raises(RefusedError, match=r"graph\.onnx: not the weights(.|\n)*correct its name or SHA-256"):
        load_engine("tiny", tmp_path)
    (path.parent / "graph.onnx").unlink()
    with pytest.raises(RefusedError, match=r"graph\.onnx: weights cannot be read"):
        load_engine("tiny", tmp_path)


# ---------------------------------------------------------------- detectors


def test_yunet_is_read_by_opencv() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[80:88, 160:168], image[40:48, 24:32] = 240, 255
    faces = YuNet(squares(), 0.6).detect(image)
    np.testing.assert_allclose(faces.boxes, [[12, 28, 44, 60], [148, 68, 180, 100]], atol=1e-3)
    np.testing.assert_allclose(faces.scores, [1, 240 / 255], atol=1e-3)
    np.testing.assert_allclose(faces.landmarks[0], [[20, 38], [36, 38], [28, 44], [22, 52], [34, 52]], atol=1e-3)
    assert len(YuNet(squares(), 0.97).detect(image)) == 1


@pytest.mark.parametrize("graph", [TINY, b"no graph"], ids=["another", "none"])
@pytest.mark.parametrize("kind", ["yunet", "centerface"])
def test_a_detector_that_is_another_is_refused(tmp_path: Path, kind: str, graph: bytes) -> None:
    path = _detector(tmp_path, kind, graph)
    with pytest.raises(RefusedError, match=rf"graph\.onnx: no {kind} "):
        Plugged(path).load(1, None)


def test_a_file_that_names_a_detector_alone_embeds_as_naul_does(tmp_path: Path) -> None:
    path = _detector(tmp_path, "yunet", squares())
    engine = Plugged(path).load(1, None)
    image = np.zeros((200, 300, 3), np.uint8)
    image[80:88, 160:168] = 255
    (face,) = engine.look(image)
    own = load_engine("centerface-dlib")
    np.testing.assert_array_equal(face.embedding, own.embed(image, engine.detect(image))[0])


def test_the_file_of_the_packaged_centerface_sees_what_the_default_engine_sees(tmp_path: Path) -> None:
    from producers.simulated_hall.actors import people_of
    from streams.faces.weights import centerface_weight

    people = people_of("orl")
    image = people.portraits(people.names()[0], enrolled=0)[0]
    engine = Plugged(_detector(tmp_path, "centerface", centerface_weight().path.read_bytes())).load(1, None)
    own = load_engine("centerface-dlib").detect(image)
    np.testing.assert_allclose(engine.detect(image).boxes, own.boxes, atol=1)
    assert len(own) == 1


def _detector(folder: Path, kind: str, graph: bytes) -> Path:
    path = put(folder, "finder", graph)
    lines = path.read_text("utf-8").splitlines()
    kept = [line for line in lines if line.split(" ")[0] in ("name", "file", "sha256", "licence", "source")]
    path.write_text("\n".join([kept[0], "[detector]", f'kind = "{kind}"', "threshold = 0.5", *kept[1:]]), "utf-8")
    return path


# ---------------------------------------------------------------- the registry


def test_a_home_without_engines_has_those_of_naul(tmp_path: Path) -> None:
    assert engine_names(tmp_path) == engine_names()


def test_the_folder_and_the_file_agree_on_the_name(tmp_path: Path) -> None:
    put(tmp_path / "engines" / "other", "tiny", TINY)
    with pytest.raises(RefusedError, match="it is named tiny, its folder other"):
        engine_id("other", tmp_path)


def test_two_engines_of_one_name_are_refused(tmp_path: Path, package: str) -> None:
    put(tmp_path / "engines" / package, package, TINY)
    with pytest.raises(SettingsError, match=f"two engines '{package}': of package {package} and of this site"):
        engine_id(package, tmp_path)


def test_an_unknown_name_is_refused_with_the_nearest_of_the_site(tmp_path: Path) -> None:
    put(tmp_path / "engines" / "tiny", "tiny", TINY)
    with pytest.raises(
        SettingsError, match=r"no engine 'tinny'; did you mean tiny\?(.|\n)*centerface-dlib, .*, tiny\."
    ):
        load_engine("tinny", tmp_path)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param("import nothing_of_this_name", "cannot be imported: No module named", id="an import fails"),
        pytest.param("def identity(): return 'broken-eyes@1'", "lacks weights, load", id="functions are missing"),
        pytest.param(
            "def identity(): return 'broken'\ndef weights(): return ()\ndef load(threads, cache): return None",
            "has the id 'broken', not broken-eyes@ and",
            id="another id",
        ),
    ],
)
def test_a_package_that_breaks_its_word_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, text: str
) -> None:
    module = f"broken_{abs(hash(code))}"
    (tmp_path / f"{module}.py").write_text(code, "utf-8")
    record = tmp_path / "broken_eyes-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-eyes\nVersion: 1.0\n", "utf-8")
    (record / "entry_points.txt").write_text(f"[naul.engines]\nbroken-eyes = {module}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "broken-eyes" in engine_names()
    with pytest.raises(RefusedError, match=re.escape(text)):
        engine_id("broken-eyes")
