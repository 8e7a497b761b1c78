"""Counts .pb files with pabutools and prints, one JSON object a line, what it funds and how long it took.

    pabutools_results.py COUNTS FILE...     COUNTS such as greedy/cost/none,equal-shares/cost/add1

`seconds` is the time of the counting alone. pabutools is installed by the test; nothing here is part of the product.
"""

import json
import sys
import time

from pabutools.election import (
    Additive_Cardinal_Sat,
    Cardinality_Sat,
    Cost_Sat,
    Instance,
    parse_pabulib,
)
from pabutools.rules import (
    completion_by_rule_combination,
    exhaustion_by_budget_increase,
    greedy_utilitarian_welfare,
    method_of_equal_shares,
)
from pabutools.tiebreaking import TieBreakingRule, lexico_tie_breaking

sys.setrecursionlimit(20000)
SATISFACTION = {"cost": Cost_Sat, "cardinality": Cardinality_Sat, "points": Additive_Cardinal_Sat}


def by_votes(_instance, profile, project):
    """More ballots first, then the name: an order without ties."""
    return (-sum(1 for ballot in profile if project in ballot), project.name)


def count(instance, profile, rule, utility, completion, ties):
    sat = {"sat_class": SATISFACTION[utility]}
    tie = {"tie_breaking": lexico_tie_breaking if ties == "name" else TieBreakingRule(by_votes)}
    step = {"voter_budget_increment": 1}
    if rule == "greedy":
        return greedy_utilitarian_welfare(instance, profile, **sat, **tie)
    if completion == "none":
        return method_of_equal_shares(instance, profile, **sat, **tie)
    if completion.startswith("step-"):
        # What Add1 counts at this step: each share is so much larger. Then greedily with what is left, or not.
        _, steps, *then = completion.split("-")
        larger = Instance(instance, budget_limit=instance.budget_limit + int(steps) * profile.num_ballots())
        funded = method_of_equal_shares(larger, profile, **sat, **tie)
        if then == ["greedy"]:
            return greedy_utilitarian_welfare(instance, profile, initial_budget_allocation=funded, **sat, **tie)
        return funded
    if completion == "add1":
        return method_of_equal_shares(instance, profile, **sat, **tie, **step)
    if completion == "add1-past-exhaustion":
        return exhaustion_by_budget_increase(
            instance, profile, method_of_equal_shares, {**sat, **tie},
            budget_step=profile.num_ballots(), exhaustive_stop=False,
        )
    return completion_by_rule_combination(
        instance, profile, [method_of_equal_shares, greedy_utilitarian_welfare],
        [{**sat, **tie, **step}, {**sat, **tie}],
    )


def main():
    for path in sys.argv[2:]:
        for counted in sys.argv[1].split(","):
            instance, profile = parse_pabulib(path)
            rule, utility, completion, *ties = counted.split("/")
            start = time.perf_counter()
            funded = count(instance, profile, rule, utility, completion, (ties or ["name"])[0])
            seconds = time.perf_counter() - start
            funded = [project.name for project in funded]
            print(json.dumps({"file": path, "count": counted, "funded": funded, "seconds": seconds}), flush=True)


main()
