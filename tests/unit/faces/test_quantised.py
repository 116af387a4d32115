"""8-bit arithmetic finds the same faces and tells the same people apart; who uses it is measured on each machine."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from schemas.errors import RefusedError, SettingsError
from streams.faces import arithmetic as choice
from streams.faces import centerface_dlib_engine
from streams.faces.centerface_graph import folded
from streams.faces.engines import Engine, load_engine
from streams.faces.pictures import Image
from streams.faces.quantised import quantised
from streams.faces.ranges import ranges_file, ranges_of
from streams.faces.weights import Weight, centerface_weight, dlib_weight, read_weight
from tests.benchmarks.quantise import cosine, overlaps

pytestmark = pytest.mark.slow

Hall = tuple[Image, list[tuple[int, int, int, int]]]


@pytest.fixture(scope="session")
def quick(cache: Path) -> Engine:
    engine = load_engine("centerface-dlib", cache=cache)
    assert engine.quicken("quantised") == "8 bits, as it is set"
    return engine


@pytest.mark.parametrize("light", [0.6, 1.0, 1.3])
def test_every_face_that_float_finds_is_found_at_its_place(
    centerface_dlib: Engine, quick: Engine, hall: Hall, light: float
) -> None:
    frame = cv2.convertScaleAbs(hall[0], alpha=light)
    one, two = centerface_dlib.detect(frame), quick.detect(frame)
    assert 18 <= len(one) <= len(two) <= len(one) + 1
    middles = [(each.boxes[:, :2] + each.boxes[:, 2:]) / 2 for each in (one, two)]
    same = two.only(*np.linalg.norm(middles[0][:, None] - middles[1][None], axis=2).argmin(1))
    assert overlaps(one.boxes, same.boxes).min() > 0.8
    assert np.abs(one.landmarks - same.landmarks).max() < 0.1 * one.widths.max()
    assert cosine(centerface_dlib.embed(frame, one), quick.embed(frame, same)).min() > 0.98


def test_the_same_chips_give_nearly_the_same_embeddings(
    centerface_dlib: Engine, quick: Engine, orl: Callable[[int, int], Image]
) -> None:
    chips = [cv2.resize(orl(person, 3)[10:102], (150, 150)) for person in range(1, 21)]
    plain, cheap = (each.embed_chips(chips) for each in (centerface_dlib, quick))  # type: ignore[attr-defined]
    assert cosine(plain, cheap).min() > 0.998


def test_an_observation_in_8_bits_says_so_and_its_embeddings_stay_comparable(
    centerface_dlib: Engine, quick: Engine
) -> None:
    assert (centerface_dlib.variant, quick.variant) == ("", "q8")
    assert quick.id == centerface_dlib.id


def test_every_machine_makes_the_same_graph(cache: Path, quick: Engine, tmp_path: Path) -> None:
    load_engine("centerface-dlib", cache=tmp_path).quicken("quantised")
    made = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert len(made) == 4
    assert made == {name: (cache / name).read_bytes() for name in made}


def test_looking_in_8_bits_loads_no_onnx_but_the_first_time(cache: Path, quick: Engine) -> None:
    code = (
        "import sys, numpy; from pathlib import Path; from streams.faces.engines import load_engine;"
        "engine = load_engine('centerface-dlib', cache=Path(sys.argv[1])); engine.quicken('quantised');"
        "engine.look(numpy.zeros((90, 90, 3), numpy.uint8)); assert 'onnx' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(cache)], check=True)


# ---------------------------------------------------------------- ranges


@pytest.mark.parametrize(("part", "weight"), [("centerface", centerface_weight()), ("dlib", dlib_weight())])
def test_the_shipped_ranges_belong_to_the_shipped_weights(part: str, weight: Weight) -> None:
    assert all(low <= 0 < high for low, high in ranges_of(part, weight).values.values())


def test_ranges_of_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps({"weights": "0" * 64, "ranges": {}}))
    with pytest.raises(RefusedError, match=r"r\.json: measured with other weights than centerface\.onnx"):
        ranges_of("centerface", centerface_weight(), tmp_path / "r.json")
    (tmp_path / "r.json").write_text("{}")
    with pytest.raises(RefusedError, match=r"r\.json: ranges cannot be read"):
        ranges_of("centerface", centerface_weight(), tmp_path / "r.json")


def test_ranges_of_another_graph_are_refused() -> None:
    graph = folded(read_weight(centerface_weight()))
    values = json.loads(ranges_file("centerface").read_text())["ranges"]
    values["other"] = values.pop(next(iter(values)))
    with pytest.raises(RefusedError, match=r"the ranges are of another graph: .*other"):
        quantised(graph, values)


# ---------------------------------------------------------------- the choice


class Machine:
    """A clock that only work moves."""

    def __init__(self, plain: float, quick: float) -> None:
        self.now, self.worked = 0.0, 0
        self._seconds = {"plain": plain, "quick": quick}

    def clock(self) -> float:
        return self.now

    def work(self, which: str) -> Callable[[], None]:
        def done() -> None:
            self.now += self._seconds[which]
            self.worked += 1

        return done

    def gain(self, key: str, cache: Path) -> float:
        return choice.gain(key, self.work("plain"), self.work("quick"), cache, self.clock)


@pytest.mark.parametrize(
    ("plain", "quick"),
    [
        pytest.param(0.4, 0.2, id="several rounds in two seconds"),
        pytest.param(4.0, 2.0, id="three rounds if they are slow"),
    ],
)
def test_a_gain_is_the_ratio_of_times(tmp_path: Path, plain: float, quick: float) -> None:
    machine = Machine(plain, quick)
    assert machine.gain("k", tmp_path) == 2.0
    assert machine.worked >= 8


def test_a_gain_is_measured_once_for_each_key(tmp_path: Path) -> None:
    assert Machine(0.4, 0.2).gain("one", tmp_path) == 2.0
    later = Machine(0.4, 0.8)
    assert later.gain("one", tmp_path) == 2.0
    assert later.worked == 0
    assert later.gain("another", tmp_path) == 0.5


def test_the_key_changes_with_threads_graphs_processor_and_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [choice.key(1, "a", "b"), choice.key(2, "a", "b"), choice.key(1, "a", "c")]
    monkeypatch.setattr(choice, "processor", lambda: "another processor")
    keys.append(choice.key(1, "a", "b"))
    monkeypatch.setattr("onnxruntime.__version__", "0.0.1")
    keys.append(choice.key(1, "a", "b"))
    assert len(set(keys)) == 5


@pytest.mark.parametrize(
    ("remembered", "variant", "told"),
    [
        pytest.param(2.14, "q8", "8 bits, 2.1 times faster than float here", id="faster: taken"),
        pytest.param(1.05, "", "float; 8 bits are 1.1 times as fast here", id="hardly faster: left"),
        pytest.param(0.7, "", "float; 8 bits are 0.7 times as fast here", id="slower: left"),
    ],
)
def test_auto_takes_what_is_faster_on_this_machine(
    cache: Path, monkeypatch: pytest.MonkeyPatch, remembered: float, variant: str, told: str
) -> None:
    monkeypatch.setattr(centerface_dlib_engine, "gain", lambda *_: remembered)
    engine = load_engine("centerface-dlib", cache=cache)
    assert engine.quicken("auto") == told
    assert engine.variant == variant


def test_float_stays_float_if_it_is_set(cache: Path) -> None:
    engine = load_engine("centerface-dlib", cache=cache)
    assert engine.quicken("float") == "float, as it is set"
    assert engine.variant == ""


def test_an_engine_without_8_bits_has_no_choice(face_recognition_engine: Engine) -> None:
    assert face_recognition_engine.quicken("auto") == "float, the only one of this engine"
    with pytest.raises(SettingsError, match="face-recognition has no 8-bit graphs"):
        face_recognition_engine.quicken("quantised")
