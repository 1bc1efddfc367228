"""Where things lie. Nothing here is optional: a missing program or corpus is an error, never a skip."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("FLOW_BIN", ROOT / ".build/release")).resolve()
CORPUS = (ROOT / "../shared/corpus").resolve()
REXFLOW = CORPUS / "rexflow"
EXAMPLES = ROOT / "examples"


def program(name):
    path = BIN / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `make build`, or name the folder in FLOW_BIN")
    return path


def corpus(relative):
    path = REXFLOW / relative
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: the corpus has to lie beside the repository")
    return path
