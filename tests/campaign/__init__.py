"""Hard days on purpose: kills, faults and wrong input, many at a time, counted.

    python -m tests.campaign PART [--runs N] [--seed N]

Not part of the suite, which runs a short piece of each part (``test_campaign.py``).
"""
