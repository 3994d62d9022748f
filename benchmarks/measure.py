"""How works are measured: contenders take turns, and medians are compared.

Here: taking times in interleaved rounds, comparing answers, and what it comes to as plain
values. Not here: the works themselves, or printing.
"""

from __future__ import annotations

import gc
import os
import platform
import sqlite3
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.bench import Bench
from benchmarks.works import NONE, OURS, Contender, Work


class Disagreement(Exception):  # noqa: N818 - it says what it is
    """Contenders gave different answers, so no time counts."""


def measured(work: Work, bench: Bench, rounds: int) -> dict[str, list[float]]:
    """What each contender took in each round: seconds a call, or bytes.

    In every round all take their turn, so that whatever else the machine does hits all alike.
    """
    contenders = {name: make(bench) for name, make in work.contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    answers: dict[str, str] = {}
    for turn in range(1 if work.bytes else rounds):
        for name, contender in contenders.items():
            seconds, result = timed(contender)
            taken[name].append(result if work.bytes else seconds)
            if turn == 0 and contender.answer is not None:
                answers[name] = contender.answer(result)
            del result
    if len(set(answers.values())) > 1:
        raise Disagreement(f"{work.name}: {answers}")
    return taken


def timed(contender: Contender) -> tuple[float, Any]:
    """The seconds that a call takes, as the mean of a round, and the last result."""
    spent, result = 0.0, None
    gc.collect()  # what others left behind; from here on it runs as it does in any program
    for _ in range(contender.calls):
        arguments = contender.ready()
        begin = perf_counter()
        result = contender.run(*arguments)
        spent += perf_counter() - begin
    return spent / contender.calls, result


def outcome(work: Work, taken: dict[str, list[float]]) -> dict[str, Any]:
    """What the measurements of a work come to: medians, ratios, and whether they are wanted."""
    medians = {name: median(values) for name, values in taken.items()}
    wanted = {goal.beside: goal for goal in work.goals}
    beside = []
    for name, other in medians.items():
        if name == OURS:
            continue
        goal = wanted.get(name, NONE)
        ratio = goal.ratio(medians[OURS], other)
        said = {"contender": name, "ratio": ratio, "of": goal.of, "goal": str(goal)}
        beside.append({**said, "reached": goal.reached(ratio)})
    return {
        "work": work.name,
        "title": work.title,
        "unit": "bytes" if work.bytes else "seconds",
        "median": medians,
        "rounds": taken,
        "beside": beside,
    }


def surroundings() -> dict[str, Any]:
    """What the figures depend on: the machine and the versions."""
    packages = ("govledger", "eventsourcing", "msgspec", "attrs", "click")
    return {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{package: version(package) for package in packages},
    }
