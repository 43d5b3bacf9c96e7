"""`taosha rule`."""

from __future__ import annotations

from pipeline.commands import Given, takes

__all__ = ["rule"]


@takes("rule_name", "rules_as_json")
def rule(given: Given) -> None:
    """Explain a rule of `taosha check`. Without one, list them all."""
    from pipeline.check.rules import RULES, find_rule
    from pipeline.show.rules import list_rules, make_page
    from pipeline.show.terminal import print_json, say

    chosen = [find_rule(given.rule_name)] if given.rule_name else list(RULES)
    if given.rules_as_json:
        print_json([one._asdict() | {"family": one.family} for one in chosen], indent=True)
    else:
        say(make_page(chosen[0]) if given.rule_name else list_rules())
