"""Real models: what validate counts in each, and what it refuses."""
import csv
import json

import pytest

from harness.daemons import flowctl
from harness.paths import CORPUS

PARSE = CORPUS / "parse"


def validated(files):
    """(exit code, file name to its line) of one flowctl over all of them."""
    done = flowctl("validate", "-o", "json", *files)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(file) for file in files]
    return done.returncode, {file.name: line for file, line in zip(files, lines)}


@pytest.fixture(scope="module")
def parsed():
    return validated(sorted((PARSE / "files").iterdir()))


def rows():
    with open(PARSE / "manifest.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_real_model_parses_with_its_counts(parsed, row):
    line = parsed[1][row["file"]]

    assert line["ok"] is (row["expect"] == "ok"), line["findings"]
    for key in ("processes", "flow_nodes", "sequence_flows"):
        assert line[key] == int(row[key]), (key, line)


def test_the_manifest_names_every_file(parsed):
    assert {row["file"] for row in rows()} == parsed[1].keys()
    assert parsed[0] == 0


def test_findings_name_a_line_of_the_file(parsed):
    for name, line in parsed[1].items():
        last = (PARSE / "files" / name).read_bytes().count(b"\n") + 1
        for finding in line["findings"]:
            assert finding["severity"] in ("error", "warning") and finding["code"] and finding["message"], (name, finding)
            assert 0 <= finding["line"] <= last, (name, finding)


def test_what_is_no_bpmn_is_refused():
    files = sorted((PARSE / "reject").iterdir())

    status, lines = validated(files)

    assert status == 1
    for name, line in lines.items():
        assert line["ok"] is False, name
        assert any(finding["severity"] == "error" for finding in line["findings"]), name


def test_one_bad_file_among_good_ones_is_told_apart():
    good, bad = PARSE / "files" / rows()[0]["file"], PARSE / "reject" / "empty.bpmn"

    status, lines = validated([good, bad])

    assert status == 1
    assert [line["ok"] for line in lines.values()] == [True, False]


def test_every_model_of_the_scenarios_parses():
    files = sorted((CORPUS / "execute" / "models").iterdir())
    assert len(files) >= 32

    status, lines = validated(files)

    assert [name for name, line in lines.items() if not line["ok"]] == []
    assert status == 0
    assert all(line["processes"] >= 1 for line in lines.values())
