import json

import pytest
import structlog

from plateau.platform import log


def test_a_line_says_which_process_speaks_and_names_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("info", "test")
    try:
        structlog.get_logger().info("study.taken", study_id="1", patient_name="ROMANESQUE")
        line = json.loads(capsys.readouterr().err)
        assert line["process"] == "test"
        assert line["event"] == "study.taken"
        assert line["patient_name"] == "[redacted]"
    finally:
        structlog.reset_defaults()
