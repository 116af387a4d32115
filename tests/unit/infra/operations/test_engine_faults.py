"""What is wrong with an engine, in the reader's language."""

from typing import cast

import numpy as np

from infra.operations.engines.engine_check import EngineCheck, faults
from schemas.translations import say
from streams.faces.engines import Engine


class _Weightless:
    """An engine of which only the weights are asked for."""

    weights = ()


def test_each_fault_is_said_in_both_languages() -> None:
    few = EngineCheck(80, 12, np.zeros(0, np.float32), np.zeros(0, np.float32), steady=0.5, milliseconds=1.0)
    blind = EngineCheck(80, 80, np.zeros(9, np.float32), np.ones(9, np.float32), steady=0.0, milliseconds=1.0)
    engine = cast(Engine, _Weightless())
    told = [*faults(engine, few), *faults(engine, blind)]
    assert [say("en", each).split(";")[0] for each in told] == [
        "it finds 12 of 80 faces",
        "it does not say the same twice: embeddings differ by 0.5",
        "it tells people apart in 0% of the pairs",
    ]
    assert [say("ko", each).split(".")[0] for each in told] == [
        "얼굴 80개 중 12개를 찾습니다",
        "두 번의 답이 다릅니다",
        "쌍의 0%에서 사람을 구별합니다",
    ]
