"""An engine's id promises its embeddings: templates of years hang on them."""

import json

import numpy as np

from streams.faces.engines import Engine
from tests.unit.faces.golden import FILE, embeddings


def test_an_id_keeps_its_embeddings(engine: Engine) -> None:
    golden = json.loads(FILE.read_text())
    np.testing.assert_allclose(embeddings(engine), golden[engine.id], rtol=0, atol=1e-3)
