"""Writes fsrs_vectors.json: what the reference implementation py-fsrs 6.3.2 remembers.

    pip install fsrs==6.3.2
    python make_fsrs_vectors.py > fsrs_vectors.json

Each history is a list of [days since the last review, rating 1..4]; each step of it gives
stability, difficulty and the interval in days, with the default parameters of FSRS-6, without
learning steps and without fuzz, for a retention of 0.9.
"""

import json
from datetime import datetime, timedelta, timezone

from fsrs import Card, Rating, Scheduler

HISTORIES = {
    "good": [[0, 3], [2, 3], [11, 3], [46, 3], [163, 3]],
    "again first": [[0, 1], [1, 3], [1, 3], [4, 3]],
    "hard": [[0, 2], [1, 2], [3, 2], [6, 2]],
    "easy": [[0, 4], [8, 4], [90, 4]],
    "lapses": [[0, 3], [2, 3], [11, 1], [1, 3], [2, 1], [1, 1], [1, 4]],
    "early and late": [[0, 3], [1, 3], [60, 3], [400, 2], [5, 3]],
    "twice on a day": [[0, 1], [0, 3], [0, 3], [3, 2], [0, 4]],
}

scheduler = Scheduler(
    desired_retention=0.9, learning_steps=(), relearning_steps=(), enable_fuzzing=False
)
vectors = []
for name, history in HISTORIES.items():
    card, now, steps = Card(), datetime(2026, 1, 1, tzinfo=timezone.utc), []
    for days, rating in history:
        now += timedelta(days=days)
        card, _ = scheduler.review_card(card, Rating(rating), review_datetime=now)
        steps.append(
            {
                "days": days,
                "rating": rating,
                "stability": card.stability,
                "difficulty": card.difficulty,
                "interval": (card.due - now).days,
            }
        )
    vectors.append({"name": name, "steps": steps})
print(json.dumps({"py-fsrs": "6.3.2", "vectors": vectors}, indent=1))
