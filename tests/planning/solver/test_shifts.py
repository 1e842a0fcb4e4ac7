"""The public format: read, judged, solved; on an instance that we invented."""

from collections.abc import Mapping

import pytest

from plateau.kernel.errors import InvalidInputError
from plateau.planning.solver import cpsat, highs, improve, shift_model, shifts
from plateau.planning.solver.board import Board
from plateau.planning.solver.cpsat import Effort
from plateau.planning.solver.improve import Pace

INVENTED = """\
# An invented ward: two shifts, four people, two weeks
SECTION_HORIZON
14
SECTION_SHIFTS
E,480,
L,480,E
SECTION_STAFF
A,E=14|L=14,4320,2880,5,2,2,1
B,E=14|L=14,4320,2880,5,2,2,1
C,E=14|L=6,4320,2880,5,2,2,1
D,E=14|L=0,4320,2400,5,1,2,2
SECTION_DAYS_OFF
A,0
B,5,6
SECTION_SHIFT_ON_REQUESTS
A,2,E,3
SECTION_SHIFT_OFF_REQUESTS
C,12,L,2
SECTION_COVER
""" + "\n".join(f"{day},{shift},1,100,10" for day in range(14) for shift in "EL")


def solved() -> tuple[shift_model.ShiftPlan, Board]:
    plan = shift_model.build(shifts.read(INVENTED))
    board = Board(seconds=1000)
    cpsat.search(plan, board, Effort(workers=1, deterministic=20.0))
    return plan, board


def test_the_solution_is_legal_and_costs_what_the_model_says() -> None:
    instance = shifts.read(INVENTED)

    plan, board = solved()

    taken = plan.taken(board.values or [])
    assert board.is_proven()
    assert shifts.faults(instance, taken) == []
    assert shifts.cost(instance, taken) == board.best


def test_both_engines_prove_the_same_optimum() -> None:
    plan, board = solved()
    other = Board(seconds=1000)

    highs.search(plan, other)

    assert other.is_proven()
    assert other.best == board.best


def test_neighbourhoods_improve_a_solution_and_keep_it_legal() -> None:
    instance = shifts.read(INVENTED)
    plan, proven = solved()
    first = Board(seconds=1000)
    solver = cpsat.solver_for(Effort(workers=1))
    solver.parameters.stop_after_first_solution = True
    solver.solve(plan.model)
    first.offer(list(solver.response_proto.solution), solver.objective_value, engine="first")
    start = first.best

    improve.search(plan, first, Pace(threads=1, seed=3, deterministic=1.0, rounds=20))

    taken = plan.taken(first.values or [])
    assert shifts.faults(instance, taken) == []
    assert proven.best <= first.best <= start


def test_the_same_seed_with_one_worker_gives_the_same_roster() -> None:
    (plan, one), (_, other) = solved(), solved()

    assert plan.taken(one.values or []) == plan.taken(other.values or [])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({("A", 0): "E"}, "A: works on day 0, which is off"),
        ({("A", 2): "L", ("A", 3): "E"}, "A: E on day 3 after L"),
        ({("D", 2): "L"}, "D: 1 shifts L, at most 0"),
        ({("A", day): "E" for day in range(1, 8)}, "A: 7 shifts in a row from day 1"),
        ({("A", 1): "E", ("A", 2): "E"}, "A: 960 minutes, outside 2880 to 4320"),
        ({("A", 3): "E"}, "A: only 1 days on from day 3"),
        ({("A", 2): "E", ("A", 4): "E"}, "A: only 1 days off from day 3"),
        ({("A", 5): "E", ("A", 13): "E"}, "A: 2 weekends, at most 1"),
    ],
)
def test_each_constraint_broken_is_named(change: Mapping[tuple[str, int], str], fault: str) -> None:
    assert fault in shifts.faults(shifts.read(INVENTED), change)


def test_the_cost_counts_wishes_and_cover() -> None:
    instance = shifts.read(INVENTED)

    assert shifts.cost(instance, {}) == 3 + 28 * 100
    assert shifts.cost(instance, {("A", 2): "E", ("C", 12): "L"}) == 2 + 26 * 100


def test_every_wrong_line_is_named_with_its_number() -> None:
    broken = INVENTED.replace("A,2,E,3", "A,2,X,3").replace("B,5,6", "B,5,66") + "\n3,E,many,1,1"

    with pytest.raises(InvalidInputError) as refused:
        shifts.read(broken)

    assert "unknown shift X" in str(refused.value)
    assert "day 66 is outside the horizon" in str(refused.value)
    assert "'many'" in str(refused.value)


def test_a_person_for_whom_no_row_exists_is_named() -> None:
    impossible = INVENTED.replace(
        "SECTION_DAYS_OFF\nA,0", "SECTION_DAYS_OFF\nA," + ",".join(str(day) for day in range(14))
    )

    plan, board = shift_model.build(shifts.read(impossible)), Board(seconds=1000)
    cpsat.search(plan, board, Effort(workers=1, deterministic=20.0))

    assert board.is_infeasible


def test_a_solution_is_written_a_line_an_employee_and_a_cell_a_day() -> None:
    written = shifts.write(shifts.read(INVENTED), {("B", 1): "L"})

    assert written.splitlines()[1] == "\t".join(["B", "", "L", *[""] * 12])
    assert len(written.splitlines()) == 4
