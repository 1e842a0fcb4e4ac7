"""The process that runs HiGHS: a programme on its input, solutions and bounds on its output."""

import math
import os
import pickle
import sys
import threading
import time
from typing import Any

import highspy
import numpy as np
import orjson
from highspy import cb

_KINDS = cb.HighsCallbackType
_LOOK_S = 1.0


def main() -> None:
    """Solve the programme read from standard input; say one line for each thing found."""
    size = int.from_bytes(sys.stdin.buffer.read(8), "big")
    programme = pickle.loads(sys.stdin.buffer.read(size))  # noqa: S301  # from our parent alone
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    solver = _solver(programme)
    given: list[list[int]] = []
    threading.Thread(target=_read, args=(given,), daemon=True).start()
    _listen(solver, given)
    solver.run()
    _conclude(solver)


def _solver(programme: dict[str, Any]) -> Any:
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "mip_rel_gap": 0.0,
        "random_seed": int(programme["seed"][0]),
        "time_limit": max(0.1, float(programme["seconds"][0])),
    }
    for option, value in options.items():
        solver.setOptionValue(option, value)
    solver.passModel(_linear(programme))
    if "start" in programme:
        solution = highspy.HighsSolution()
        solution.col_value = list(programme["start"])
        solver.setSolution(solution)
    return solver


def _linear(programme: dict[str, Any]) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(programme["costs"]), len(programme["lower"])
    lp.col_cost_, lp.offset_ = programme["costs"], float(programme["offset"][0])
    lp.col_lower_, lp.col_upper_ = programme["least"], programme["most"]
    lp.row_lower_, lp.row_upper_ = programme["lower"], programme["upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = programme["starts"]
    lp.a_matrix_.index_ = programme["columns"]
    lp.a_matrix_.value_ = programme["factors"]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * lp.num_col_
    return lp


def _follow(parent: int) -> None:
    """End with the process that asked: nobody listens any more."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(0)


def _read(given: list[list[int]]) -> None:
    """Solutions of other engines, a line each."""
    given.extend(orjson.loads(line) for line in sys.stdin.buffer)


def _listen(solver: Any, given: list[list[int]]) -> None:
    """Say solutions and bounds as they come; take those that were given."""
    told = -math.inf

    def heard(kind: Any, _message: str, out: Any, into: Any, _data: object) -> None:
        nonlocal told
        if kind == _KINDS.kCallbackMipImprovingSolution:
            _say(values=[round(value) for value in out.mip_solution])
        elif kind == _KINDS.kCallbackMipInterrupt and out.mip_dual_bound > told:
            told = out.mip_dual_bound
            if math.isfinite(told):
                _say(bound=told)
        elif kind == _KINDS.kCallbackMipUserSolution and given:
            into.setSolution(np.array(given.pop(), dtype=float))
            given.clear()

    solver.setCallback(heard, None)
    for kind in (
        _KINDS.kCallbackMipImprovingSolution,
        _KINDS.kCallbackMipInterrupt,
        _KINDS.kCallbackMipUserSolution,
    ):
        solver.startCallback(kind)


def _conclude(solver: Any) -> None:
    info = solver.getInfo()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        _say(infeasible=True)
        return
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        _say(values=[round(value) for value in solver.getSolution().col_value])
    if math.isfinite(info.mip_dual_bound):
        _say(bound=info.mip_dual_bound)


def _say(**fields: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(fields) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
