"""The works of `python -m benchmarks` through pytest-benchmark, a group each.

Memory is left out, for pytest-benchmark measures time.
"""

import pytest

from benchmarks.works import WORKS

ROUNDS = 5
TURNS = [(work, name) for work in WORKS if not work.bytes for name in work.contenders]


@pytest.fixture(scope="session")
def answers():
    """What was answered first, work by work."""
    return {}


@pytest.mark.parametrize(
    ("work", "name"), [pytest.param(*turn, id=f"{turn[0].name}: {turn[1]}") for turn in TURNS]
)
def test_work(benchmark, bench, answers, work, name):
    benchmark.group = work.title
    contender = work.contenders[name](bench)
    if contender.answer is not None:
        result = contender.run(*contender.ready())
        answer = contender.answer(result)
        assert answer == answers.setdefault(work.name, answer)
    benchmark.pedantic(
        contender.run,
        setup=lambda: (contender.ready(), {}),
        rounds=ROUNDS * contender.calls,
    )
