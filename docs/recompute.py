"""Recompute every statement from the exported ledger, with the standard library alone.

plateau settlement export FOLDER && python3 docs/recompute.py FOLDER
Exit code 1 when a figure is not the one of statements.csv.
"""

# ruff: noqa: C901, D103, PLR0915 - read from top to bottom, by people who trust nobody
import csv
import json
import sys
from collections import Counter
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE, DAY = ZoneInfo("Europe/Paris"), timedelta(days=1)
UNITS = {"sessions": "session", "exams": "exam", "minutes": "minute", "icr": "icr"}
USED = ("session_held", "session_made_up", "session_lent")


def half_up(a, b):
    return (2 * a + b) // (2 * b)


def holds(tables, day, **of):
    fit = (t for t in tables if t["valid_from"] <= day < (t["valid_to"] or "9"))
    return next((t for t in fit if all(t[name] == of[name] for name in of)), None)


def split(cents, parts):
    whole = sum(parts.values())
    shares = {who: cents * part // whole for who, part in parts.items()}
    order = sorted(parts, key=lambda who: (-(cents * parts[who] % whole), who))
    return shares | {who: shares[who] + 1 for who in order[: cents - sum(shares.values())]}


def owner(deal, row):
    by = "session" if row["kind"].startswith("session") else deal["owner"]
    return row["reader_member" if row["kind"] == "session_lent" else f"{by}_member"]


def fees(deal, rows, tariffs):
    """Each fee at its rank in the year of its machine: day, owner, machine, count, cents."""
    made, rank = Counter(), Counter()
    for r in (r for r in rows if r["kind"] == "fee"):
        made[r["machine"], r["happened_on"], owner(deal, r), r["modality"]] += r["quantity"]
    installed = {m["ae_title"]: m["installed"] or "9999-01-01" for m in deal["machines"]}
    for (machine, day, who, modality), count in sorted(made.items()):
        t, since = holds(tariffs, day, modality=modality), installed[machine]
        sign = 1 if count > 0 else -1
        for _ in range(abs(count) if t else 0):
            at, rank[machine] = rank[machine] + (sign > 0), rank[machine] + sign
            age = int(day[:4]) - int(since[:4]) - (since[5:] > "01-01")
            old = "_amortised" if age >= t["amortised_after"] else ""
            cents = half_up(t[f"full{old}_cents"] * (10000 - t[f"cut{old}"]), 10000)
            if at > t["reference"]:
                cents = t["reduced_cents"][sum(limit < at for limit in t["thresholds"])]
            yield day, who, machine, sign, sign * cents


def paid(since, until, table, holidays):
    """What a duty pays: the parts of each day in proportion, a night held whole as one."""
    day, total = since.astimezone(ZONE).date() - DAY, 0
    while day <= until.astimezone(ZONE).date():
        free = day.weekday() == 6 or str(day) in holidays
        more = [(8, 20, "whole")] if free else [(13, 20, "deep")] * (day.weekday() == 5)
        held, cents = [], []
        for first, last, name in [(20, 24, "early"), (24, 32, "deep"), *more]:
            moments = (datetime.combine(day + h // 24 * DAY, time(h % 24), ZONE)
                       for h in (first, last))  # fmt: skip
            start, end = (moment.timestamp() // 60 for moment in moments)
            minutes = min(end, until.timestamp() // 60) - max(start, since.timestamp() // 60)
            held.append(minutes == end - start)
            cents.append(half_up(table[f"{name}_cents"] * max(0, int(minutes)), int(end - start)))
        total += sum(cents[2:]) + (table["whole_cents"] if all(held[:2]) else sum(cents[:2]))
        day += DAY
    return total


def statements(deal, first, last, ledger, agreed):
    """Every figure of a period: member, section, what, and whether of quantity or of cents."""
    found, done = Counter(), {unit: Counter() for unit in (*UNITS.values(), "euro")}

    def add(member, section, what, quantity, cents):
        found[member, section, what, "quantity"] += quantity
        found[member, section, what, "cents"] += cents
        if section in ("cost", "paid", "fee", "received"):
            found[member, "balance", "", "cents"] += cents

    def share(section, what, cents, key, sign):
        count = done[UNITS[key]] if key in UNITS else deal[key]
        by = {m: max(0, count[m]) for m in (deal["parties"] if key in UNITS else count)}
        for member, part in split(cents, by).items() if cents and sum(by.values()) else ():
            add(member, section, what, 0, sign * part)

    own = {m["ae_title"] for m in deal["machines"]}
    year = [r for r in ledger if r["machine"] in own and first[:4] <= r["happened_on"] <= last]
    for r in (r for r in year if r["happened_on"] >= first):
        who, n = owner(deal, r), r["quantity"]
        done["session"][who] += n * (r["kind"] in USED)
        if r["kind"] == "reading":
            done["exam"][who] += n
            done["minute"][who] += n * int(r["minutes"] or 0)
            done["icr"][who] += n * deal["weights"].get(r["exam_code"], 0)
    priced = [f for f in fees(deal, year, agreed["tariffs"]) if f[0] >= first]
    for _, who, machine, count, cents in priced:
        done["euro"][who] += cents
        add(deal["operator"], "received", machine, count, -cents)
    for unit, member in ((u, m) for u in {deal["unit"], *deal["also"]} for m in deal["parties"]):
        add(member, "counter", unit, done[unit][member], 0)
    span, back = Counter(), {r["corrects"] for r in ledger if r["quantity"] < 0}
    for r in (r for r in ledger if first <= r["happened_on"] <= last):
        if r["agreement"] == deal["code"] and r["kind"] in ("cost", "forecast"):
            span[r["kind"], r["head"]] += r["quantity"] * int(r["cents"])
            if r["kind"] == "cost":
                add(r["debit"], "paid", r["head"], 0, r["quantity"] * int(r["cents"]))
        counted = r["quantity"] > 0 and r["entry_id"] not in back and deal["duty_pay"]
        if r["kind"] == "duty" and r["session"] in deal["lines"] and counted:
            since, until = (datetime.fromisoformat(r[name]) for name in ("starts_at", "ends_at"))
            of = {"pay": deal["duty_pay"], "status": deal["same_pay"] or r["status"]}
            table = holds(agreed["duty_pay"], str(since.date()), **of)
            cents = paid(since, until, table, agreed["holidays"]) if table else 0
            minutes = (until - since) // (DAY / 1440)
            add(r["reader_member"] or "—", "duty", r["session"], minutes, cents)
    for head in ("staff", "equipment", "premises", "others"):
        key, real, forecast = deal["keys"][head], span["cost", head], span["forecast", head]
        share("cost", head, real, key, -1)
        share("forecast", head, forecast, key, -1)
        share("revision", head, (real - forecast) if forecast else 0, key, -1)
    if deal["operator"]:
        share("fee", "fees", sum(f[4] for f in priced), deal["keys"]["fee"], 1)
    return found


def main(folder):
    agreed = json.loads((folder / "agreed.json").read_text("utf-8"))
    with (folder / "ledger.csv").open(encoding="utf-8", newline="") as file:
        ledger = [{**row, "quantity": int(row["quantity"])} for row in csv.DictReader(file)]
    wrong, periods = Counter(), agreed["periods"]
    with (folder / "statements.csv").open(encoding="utf-8", newline="") as file:
        for r in csv.DictReader(file, delimiter=";"):
            key = [r[name] for name in ("agreement", "first_on", "member", "section", "what")]
            for of in ("quantity", "cents"):
                wrong[*key, of] -= int(r[of] or 0)
    for one in periods:
        deal, first = one["agreement"], one["first_on"]
        for key, amount in statements(deal, first, one["last_on"], ledger, agreed).items():
            wrong[deal["code"], first, *key] += amount
    for key in sorted(key for key in wrong if wrong[key]):
        sys.stdout.write(f"{key}: {wrong[key]:+} here\n")
    bad = sum(map(bool, wrong.values()))
    sys.stdout.write(f"{len(wrong)} figures of {len(periods)} periods, {bad} wrong\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
