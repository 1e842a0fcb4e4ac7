"""Every rule of a roster by its code, in the order in which breaches are told."""

from collections.abc import Mapping

from plateau.planning.roster.rules import fair, life, possible, rest, time
from plateau.planning.roster.rules.rule import Rule

RULES: Mapping[str, Rule] = {
    rule.code: rule
    for rule in (*possible.RULES, *rest.RULES, *time.RULES, *fair.RULES, *life.RULES)
}
