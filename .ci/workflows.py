#!/usr/bin/env python3
"""Checks runner labels and pinned actions of workflows against the lists, and extracts the workflows from the documentation.

usage: workflows.py check FILE...    every label must be in .ci/runners.txt, every third-party action in .ci/actions.txt
       workflows.py extract DIRECTORY PAGE...    writes each workflow on a page to DIRECTORY, and prints its path
"""
import pathlib
import re
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
OWN = "kmslint/kmslint"


def rows(name):
    lines = (HERE / name).read_text().splitlines()
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def labels(job):
    """The runner labels of a job, including those from a matrix."""
    runs_on = job.get("runs-on")
    if runs_on is None:
        return []
    if "matrix." not in str(runs_on):
        return [runs_on] if isinstance(runs_on, str) else list(runs_on)
    key = re.search(r"matrix\.([\w-]+)", runs_on).group(1)
    matrix = job["strategy"]["matrix"]
    return list(matrix.get(key, [])) + [row[key] for row in matrix.get("include", []) if key in row]


def check_own_commit(where, commit, comment, mistakes):
    """Checks that an example pins a commit of this repository with the version in its comment; returns the inputs of the action there."""
    shown = subprocess.run(["git", "show", f"{commit}:Cargo.toml"], cwd=HERE.parent, capture_output=True, text=True)
    if shown.returncode:
        shallow = subprocess.run(["git", "rev-parse", "--is-shallow-repository"], cwd=HERE.parent, capture_output=True, text=True)
        if shallow.stdout.strip() != "true":
            mistakes.append(f"{where}: {OWN}@{commit} is not a commit of this repository")
        return None
    version = re.search(r'^version = "(.*)"', shown.stdout, re.M).group(1)
    if comment != f"v{version}":
        mistakes.append(f"{where}: {OWN}@{commit} is v{version}, and the comment says {comment}")
    action = subprocess.run(["git", "show", f"{commit}:action.yml"], cwd=HERE.parent, capture_output=True, text=True, check=True)
    return yaml.safe_load(action.stdout)["inputs"]


def check(paths):
    runners = {row[0] for row in rows("runners.txt")}
    actions = {row[0]: (row[1], row[2]) for row in rows("actions.txt")}
    mistakes, counted = [], {"labels": 0, "actions": 0}
    for path in paths:
        text = pathlib.Path(path).read_text()
        workflow = yaml.safe_load(text)
        for name, job in workflow["jobs"].items():
            for label in labels(job):
                counted["labels"] += 1
                if label not in runners:
                    mistakes.append(f"{path}: job {name}: no runner `{label}` in .ci/runners.txt")
            for step in job.get("steps", []):
                uses = step.get("uses", "./")
                if uses.startswith("./"):
                    continue
                counted["actions"] += 1
                action, _, commit = uses.partition("@")
                comment = re.search(re.escape(uses) + r" # (\S+)", text)
                comment = comment.group(1) if comment else "nothing"
                if action == OWN:
                    inputs = check_own_commit(path, commit, comment, mistakes)
                    for given in step.get("with", {}) if inputs is not None else []:
                        if given not in inputs:
                            mistakes.append(f"{path}: {OWN}@{commit} has no input `{given}`")
                elif action not in actions:
                    mistakes.append(f"{path}: {action} is not in .ci/actions.txt")
                elif actions[action] != (commit, comment):
                    mistakes.append(f"{path}: {uses} # {comment}, but .ci/actions.txt has {' '.join(actions[action])}")
    for mistake in mistakes:
        print(mistake)
    print(f"{len(paths)} workflows: {counted['labels']} runner labels, {counted['actions']} pinned actions, {len(mistakes)} mistakes")
    return 1 if mistakes or not counted["labels"] or not counted["actions"] else 0


def extract(directory, pages):
    pathlib.Path(directory).mkdir(parents=True)
    for page in pages:
        for number, block in enumerate(re.findall(r"^```yaml\n(.*?)^```", pathlib.Path(page).read_text(), re.S | re.M)):
            if re.search(r"^jobs:", block, re.M) and re.search(r"^on:", block, re.M):
                path = pathlib.Path(directory) / f"{pathlib.Path(page).stem.lower()}-{number}.yml"
                path.write_text(block)
                print(path)
    return 0


if __name__ == "__main__":
    sys.exit(check(sys.argv[2:]) if sys.argv[1] == "check" else extract(sys.argv[2], sys.argv[3:]))
