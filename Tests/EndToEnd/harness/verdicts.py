"""What must hold after a campaign, each by the services' own count where they can tell."""
import json

from .books import TASKS
from .daemons import flowctl

COMPLETED, RUNNING = "INSTANCE_COMPLETED", "INSTANCE_RUNNING"
DOCTOR_S = 600


def verdicts(load, everything, book):
    """(name, list of what is wrong); `everything` is {instance: state} as flowd shows it at the end."""
    accepted = set(load.accepted.values())
    ended = {instance for instance, tasks in book.keys.items() if TASKS[-1] in tasks}
    return [
        ("lost", sorted(accepted - everything.keys() - ended)),
        ("stuck", sorted(instance for instance, state in everything.items() if state == RUNNING) + sorted(load.open)),
        ("failed", sorted(f"{instance} {state}" for instance, state in everything.items() if state not in (COMPLETED, RUNNING))),
        ("twice", load.contradicted + sorted(f"{request}: {sorted(made)}" for request, made in book.instances.items() if len(made) > 1)),
        ("doubled", sorted(f"{i} {task}: {len(keys)} keys" for i, tasks in book.keys.items() for task, keys in tasks.items() if len(keys) > 1)),
        ("skipped", sorted(f"{i} {task}" for i in accepted & (ended | everything.keys()) for task in TASKS if task not in book.keys.get(i, {}))),
        ("surplus", sorted((everything.keys() | book.keys.keys()) - accepted)),
        ("unshown", sorted(accepted - everything.keys())),
    ]


def examined(store, environment):
    """What `flowctl doctor` finds in a store on etcd whose journal is kept."""
    done = flowctl("doctor", "--store", store, "-o", "json", environment=environment, timeout=DOCTOR_S)
    try:
        results = {each["name"]: each for each in json.loads(done.stdout)["checkers"]}
    except json.JSONDecodeError:
        return [("doctor", [f"flowctl doctor ended with {done.returncode}: {done.stderr.strip()[-300:]}"])]

    def wrong(*names):
        return [f"{name} is {results[name]['result']}: {results[name]['findings'][:2]}" for name in names if results[name]["result"] != "ok"]

    return [("doctor", wrong(*results)), ("replay", wrong("replay")), ("stale", wrong("standing", "journal-gaps", "journal-decodes"))]


def show(found):
    """Prints the table and the closing line; the exit code."""
    for name, wrong in found:
        print(f"  {name:<10} {'none' if not wrong else f'{len(wrong)}: ' + '; '.join(wrong[:5])}"[:600])
    failed = sum(1 for _, wrong in found if wrong)
    print(f"{len(found) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
