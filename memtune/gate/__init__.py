"""The CI gate: scenarios against their budgets and baselines."""
