"""Post the layered graph of runs to a model: one unit goes through it, day by day."""

from collections.abc import Mapping, Sequence

from ortools.sat.python.cp_model import CpModel, IntVar, LinearExpr

from plateau.planning.solver.runs import Graph, State

Nodes = Mapping[State, IntVar]


def post(model: CpModel, graph: Graph, works: Sequence[IntVar | None]) -> bool:
    """Tie `works` (None: cannot) to a path of the graph; false when there is none.

    Arcs that are the only way in or out of a node are the node itself, which keeps the linear
    relaxation as strong and the model small.
    """
    if not all(graph.layers):
        return False
    nodes: Nodes = {state: model.new_bool_var("") for state in graph.layers[0]}
    _stand(model, nodes, works[0])
    for day in range(1, len(graph.layers)):
        nodes = _next(model, graph, day, nodes)
        _stand(model, nodes, works[day])
    return True


def _next(model: CpModel, graph: Graph, day: int, nodes: Nodes) -> dict[State, IntVar]:
    """The nodes of a day, fed by the arcs that leave those of the day before."""
    entering: dict[State, list[IntVar]] = {state: [] for state in graph.layers[day]}
    for state, node in nodes.items():
        reached = graph.following(day, state)
        arcs = [node] if len(reached) == 1 else [model.new_bool_var("") for _ in reached]
        if len(reached) > 1:
            model.add(LinearExpr.sum(arcs) == node)
        for one, arc in zip(reached, arcs, strict=True):
            entering[one].append(arc)
    return {state: _joined(model, arcs) for state, arcs in entering.items()}


def _joined(model: CpModel, arcs: Sequence[IntVar]) -> IntVar:
    if len(arcs) == 1:
        return arcs[0]
    node = model.new_bool_var("")
    model.add(LinearExpr.sum(arcs) == node)
    return node


def _stand(model: CpModel, nodes: Nodes, works: IntVar | None) -> None:
    """Exactly one node a day, and its work is the day's."""
    model.add_exactly_one(nodes.values())
    on = [node for state, node in nodes.items() if state.is_on]
    if works is not None:
        model.add(LinearExpr.sum(on) == works)
