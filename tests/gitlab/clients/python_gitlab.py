"""Reads and writes every route of the fake GitLab with python-gitlab, a client of others, and says where the two disagree.

Usage: python_gitlab.py FACTS, where FACTS is a file of JSON from the test that started the fake.
"""

import json
import sys

import gitlab
from gitlab.exceptions import (
    GitlabAuthenticationError,
    GitlabCreateError,
    GitlabDeleteError,
    GitlabGetError,
    GitlabHttpError,
    GitlabUpdateError,
)

with open(sys.argv[1], encoding="utf-8") as file:
    FACTS = json.load(file)

differences = []


def same(what, actual, expected):
    if actual != expected:
        differences.append(f"{what}: {actual!r} instead of {expected!r}")


def typed(what, thing, **types):
    """The attributes that the client keeps of an answer, by their types."""
    for name, kind in types.items():
        value = thing.attributes.get(name, "absent")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            differences.append(f"{what}.{name}: {value!r} is no {kind}")


def refused(what, error, code, call):
    try:
        call()
    except error as found:
        same(f"{what}: code", found.response_code, code)
        if not found.error_message:
            differences.append(f"{what}: no message in {found.response_body!r}")
    except gitlab.exceptions.GitlabError as found:
        differences.append(f"{what}: {found!r} instead of {error.__name__}")
    else:
        differences.append(f"{what}: not refused")


def client(**token):
    return gitlab.Gitlab(FACTS["server"], retry_transient_errors=False, **token)


TEXT, NUMBER, FLAG, LIST, MAP = str, int, bool, list, dict
api = client(private_token=FACTS["token"])
project = api.projects.get(FACTS["project"])
request = project.mergerequests.get(FACTS["request"])


def accounts():
    api.auth()
    same("user", api.user.username, "bob")
    typed("user", api.user, id=NUMBER, state=TEXT, bot=FLAG, web_url=TEXT, email=TEXT)
    [bot] = api.users.list(username=FACTS["bot"])
    same("bot", api.users.get(bot.id).bot, True)
    same("person", api.users.get(FACTS["alice"]).bot, False)
    refused("nobody", GitlabGetError, 404, lambda: api.users.get(999_999))
    refused("token", GitlabAuthenticationError, 401, client(private_token="glpat-none").auth)
    reader = client(private_token=FACTS["read_token"]).projects.get(project.id)
    refused("scope", GitlabCreateError, 403, lambda: reader.issues.create({"title": "no"}))
    job = client(job_token=FACTS["job_token"])
    same("job", sorted(job.http_get("/job").keys() & {"id", "status", "user"}), ["id", "status", "user"])
    denied = job.projects.get(project.id, lazy=True).mergerequests.get(FACTS["request"], lazy=True)
    refused("a job's note", GitlabAuthenticationError, 401, lambda: denied.notes.create({"body": "x"}))
    group = api.groups.get("acme/operators", lazy=True)
    member = group.members_all.get(FACTS["alice"])
    typed("group member", member, access_level=NUMBER, username=TEXT, membership_state=TEXT)
    refused("group", GitlabGetError, 404, lambda: group.members_all.get(FACTS["bob"]))


def projects():
    same("path", project.path_with_namespace, FACTS["project"])
    same("by number", api.projects.get(project.id).id, project.id)
    typed(
        "project", project, id=NUMBER, default_branch=TEXT, visibility=TEXT, web_url=TEXT, namespace=MAP, permissions=MAP,
        merge_method=TEXT, archived=FLAG, http_url_to_repo=TEXT, creator_id=NUMBER, empty_repo=FLAG,
    )
    refused("no project", GitlabGetError, 404, lambda: api.projects.get("acme/none"))
    same("renamed", api.projects.get(FACTS["former"]).path_with_namespace, FACTS["renamed"])
    member = project.members_all.get(FACTS["alice"])
    same("member", member.access_level, gitlab.const.AccessLevel.DEVELOPER)
    typed("member", member, username=TEXT, state=TEXT, membership_state=TEXT, created_at=TEXT)
    refused("no member", GitlabGetError, 404, lambda: project.members_all.get(FACTS["stranger"]))
    events = project.events.list(action="pushed", iterator=True)
    event = next(e for e in events if e.push_data["ref"] == "feature/new")
    same("pushed", event.push_data["commit_to"], FACTS["head"])
    typed("event", event, author_id=NUMBER, author=MAP, action_name=TEXT, created_at=TEXT, push_data=MAP)
    same("events of a day", project.events.list(action="pushed", before="2000-01-01"), [])
    [protected] = project.protectedbranches.list()
    same("protected", protected.name, "main")
    protected = project.protectedbranches.get("main")
    typed("protected", protected, push_access_levels=LIST, merge_access_levels=LIST, allow_force_push=FLAG)
    typed("protected", protected, code_owner_approval_required=FLAG)
    [level] = protected.push_access_levels
    same("level", level["access_level"], gitlab.const.AccessLevel.MAINTAINER)
    refused("unprotected", GitlabGetError, 404, lambda: project.protectedbranches.get("feature/new"))


def repository():
    branch = project.branches.get("feature/new")
    same("branch", branch.commit["id"], FACTS["head"])
    typed("branch", branch, protected=FLAG, default=FLAG, can_push=FLAG, developers_can_push=FLAG, merged=FLAG)
    refused("no branch", GitlabGetError, 404, lambda: project.branches.get("none"))
    commits = project.commits.list(ref_name="feature/new", per_page=1, iterator=True)
    same("uncounted", commits.total, None)
    same("commits", [c.id for c in commits], FACTS["history"])
    of_path = {"ref_name": "feature/new", "path": "README.md"}
    same("of a path", len(project.commits.list(query_parameters=of_path, get_all=True)), 1)
    commit = project.commits.get(FACTS["head"])
    typed("commit", commit, parent_ids=LIST, author_name=TEXT, committed_date=TEXT, stats=MAP, web_url=TEXT, title=TEXT)
    same("parents", commit.parent_ids, [FACTS["base"]])
    refused("no commit", GitlabGetError, 404, lambda: project.commits.get("0" * 40))
    same("requests of a commit", [m["iid"] for m in commit.merge_requests()], [FACTS["request"]])
    whole = project.repository_tree(ref=FACTS["head"], recursive=True, get_all=True)
    pages = project.repository_tree(
        ref=FACTS["head"], recursive=True, iterator=True, pagination="keyset", per_page=2
    )
    pages = list(pages)
    same("keyset", pages, whole)
    same("recursive", "ml/configs/added.yaml" in {entry["path"] for entry in whole}, True)
    same("kinds", {entry["type"] for entry in whole}, {"tree", "blob"})
    folder = project.repository_tree(path="ml/configs", ref="main", get_all=True)
    same("folder", sorted(e["name"] for e in folder), ["changed.yaml", "moved.yaml", "removed.yaml"])
    refused("no folder", GitlabGetError, 404, lambda: project.repository_tree(path="none", get_all=True))
    readme = next(entry for entry in whole if entry["path"] == "README.md")
    same("blob", project.repository_raw_blob(readme["id"]), b"# Infra\n")
    same("file", project.files.raw("README.md", "main"), b"# Infra\n")
    same("encoded", project.files.raw("ml/configs/added.yaml", FACTS["head"]), b"new: yes\n")
    refused("no file", GitlabGetError, 404, lambda: project.files.raw("none", "main"))
    compared = project.repository_compare("main", FACTS["head"])
    same("compared", sorted(d["new_path"] for d in compared["diffs"]), FACTS["changed"])
    same("compared", [c["id"] for c in compared["commits"]], [FACTS["head"]])
    base = project.repository_merge_base(["main", "feature/new"])
    same("merge base", base["id"], FACTS["base"])


def requests():
    [listed] = project.mergerequests.list(state="opened", target_branch="main", get_all=True)
    same("listed", (listed.iid, listed.sha), (FACTS["request"], FACTS["head"]))
    same("by number", len(project.mergerequests.list(iids=[FACTS["request"]])), 1)
    same("closed", project.mergerequests.list(state="closed"), [])
    typed(
        "request", request, iid=NUMBER, title=TEXT, state=TEXT, sha=TEXT, diff_refs=MAP, source_branch=TEXT,
        target_branch=TEXT, source_project_id=NUMBER, target_project_id=NUMBER, author=MAP, changes_count=TEXT,
        draft=FLAG, detailed_merge_status=TEXT, reviewers=LIST, created_at=TEXT, web_url=TEXT, labels=LIST,
        has_conflicts=FLAG, squash=FLAG, references=MAP,
    )
    same("head", request.diff_refs["head_sha"], FACTS["head"])
    refused("no request", GitlabGetError, 404, lambda: project.mergerequests.get(99))
    same("commits", [c.id for c in request.commits()], [FACTS["head"]])
    diffs = api.http_list(f"/projects/{project.id}/merge_requests/{FACTS['request']}/diffs", iterator=True, per_page=2)
    same("diffs", sorted(d["new_path"] for d in diffs), FACTS["changed"])
    version = request.diffs.list(get_all=True)[0]
    same("version", version.head_commit_sha, FACTS["head"])
    typed("version", version, created_at=TEXT, state=TEXT, real_size=TEXT, base_commit_sha=TEXT, patch_id_sha=TEXT)
    approvals = request.approvals.get()
    typed("approvals", approvals, approved_by=LIST, user_has_approved=FLAG, user_can_approve=FLAG, approved=FLAG)
    [approval] = approvals.approved_by
    same("approval", sorted(approval), ["approved_at", "user"])
    states = {r.user["username"]: r.state for r in request.reviewer_details.list(get_all=True)}
    same("reviewers", states, {"bob": "approved", "carol": "requested_changes", "dora": "unreviewed"})


def notes():
    note = request.notes.create({"body": "hello"})
    typed(
        "note", note, id=NUMBER, body=TEXT, author=MAP, system=FLAG, created_at=TEXT, updated_at=TEXT, noteable_id=NUMBER,
        noteable_iid=NUMBER, noteable_type=TEXT, resolvable=FLAG,
    )
    note.body = "edited"
    note.save()
    same("edited", request.notes.get(note.id).body, "edited")
    award = note.awardemojis.create({"name": "eyes"})
    typed("award", award, id=NUMBER, name=TEXT, user=MAP, awardable_id=NUMBER, awardable_type=TEXT)
    refused("twice", GitlabCreateError, 404, lambda: note.awardemojis.create({"name": "eyes"}))
    same("awards", [a.name for a in note.awardemojis.list()], ["eyes"])
    award.delete()
    same("removed", note.awardemojis.list(), [])
    refused("empty", GitlabCreateError, 400, lambda: request.notes.create({"body": " "}))
    refused("long", GitlabCreateError, 400, lambda: request.notes.create({"body": "x" * 1_000_001}))
    note.delete()
    refused("deleted", GitlabGetError, 404, lambda: request.notes.get(note.id))
    # Hidden notes make pages short; the client reads on until no page follows.
    pages = request.notes.list(iterator=True, per_page=5, sort="asc", order_by="created_at")
    same("all notes", [n.body for n in pages if not n.system], FACTS["notes"])
    other = next(n for n in request.notes.list(get_all=True) if n.author["username"] == "alice")
    alice = client(private_token=FACTS["alice_token"]).projects.get(project.id, lazy=True)
    theirs = alice.mergerequests.get(FACTS["request"], lazy=True).notes.get(FACTS["foreign_note"])
    refused("foreign", GitlabUpdateError, 403, theirs.save)
    refused("foreign", GitlabDeleteError, 403, theirs.delete)
    same("author", other.author["id"], FACTS["alice"])


def statuses():
    head = project.commits.get(FACTS["head"])
    wanted = {"state": "running", "name": "provisioner", "description": "reads", "ref": "feature/new"}
    status = head.statuses.create(wanted)
    typed("status", status, id=NUMBER, sha=TEXT, ref=TEXT, status=TEXT, name=TEXT, author=MAP, description=TEXT)
    status = head.statuses.create({**wanted, "state": "success"})
    same("status", status.status, "success")
    listed = head.statuses.list(ref="feature/new", get_all=True)
    same("statuses", [(s.name, s.status) for s in listed], [("provisioner", "success")])
    same("of the default branch", head.statuses.list(), [])
    same("all", len(head.statuses.list(ref="feature/new", all=True)), 1)
    refused("state", GitlabCreateError, 400, lambda: head.statuses.create({"state": "done"}))
    pipelines = project.pipelines.list(sha=FACTS["head"], get_all=True)
    same("pipelines", {p.source for p in pipelines}, {"merge_request_event", "external"})
    pipeline = project.pipelines.get(pipelines[0].id)
    schedules = project.pipelineschedules.list(get_all=True)
    same("schedules", [(s.description, s.ref, s.active) for s in schedules], [("provisioner apply", "refs/heads/main", True)])
    same("owner of a schedule", schedules[0].owner["id"], FACTS["alice"])
    typed("pipeline", pipeline, id=NUMBER, sha=TEXT, ref=TEXT, status=TEXT, source=TEXT, web_url=TEXT, user=MAP)
    refused("no pipeline", GitlabGetError, 404, lambda: project.pipelines.get(999_999))
    cars = api.http_list(f"/projects/{project.id}/merge_trains/main", scope="active", get_all=True)
    same("train", [car["merge_request"]["iid"] for car in cars], [FACTS["request"]])


def deployments():
    wanted = {"environment": "prod/a", "sha": FACTS["base"], "ref": "main", "tag": False, "status": "running"}
    deployment = project.deployments.create(wanted)
    typed("deployment", deployment, id=NUMBER, iid=NUMBER, sha=TEXT, ref=TEXT, status=TEXT, environment=MAP, user=MAP)
    deployment.status = "success"
    deployment.save()
    same("deployed", project.deployments.get(deployment.id).status, "success")
    listed = project.deployments.list(environment="prod/a", order_by="id", sort="desc")
    same("deployments", [d.id for d in listed], [deployment.id])
    refused("no sha", GitlabCreateError, 400, lambda: project.deployments.create({**wanted, "sha": "0" * 40}))
    [environment] = project.environments.list(name="prod/a")
    typed("environment", environment, id=NUMBER, name=TEXT, slug=TEXT, state=TEXT, created_at=TEXT)
    environment.stop()
    same("stopped", project.environments.get(environment.id).state, "stopped")
    made = project.environments.create({"name": "dev"})
    same("made", made.state, "available")
    refused("twice", GitlabCreateError, 400, lambda: project.environments.create({"name": "dev"}))


def issues():
    issue = project.issues.create({"title": "Drift", "description": "It has drifted."})
    typed("issue", issue, iid=NUMBER, title=TEXT, description=TEXT, state=TEXT, author=MAP, labels=LIST, web_url=TEXT)
    issue.state_event = "close"
    issue.save()
    issue = project.issues.get(issue.iid)
    same("closed", issue.state, "closed")
    typed("closed", issue, closed_at=TEXT, closed_by=MAP)
    same("open", project.issues.list(state="opened"), [])
    same("own", len(project.issues.list(author_id=FACTS["bob"], get_all=True)), 1)
    note = issue.notes.create({"body": "No more."})
    same("note", [n.body for n in issue.notes.list(get_all=True)], ["No more."])
    note.body = "No more drift."
    note.save()
    same("edited", issue.notes.get(note.id).body, "No more drift.")
    award = note.awardemojis.create({"name": "rocket"})
    same("awards", [a.name for a in note.awardemojis.list()], ["rocket"])
    award.delete()
    note.delete()
    refused("no issue", GitlabGetError, 404, lambda: project.issues.get(99))
    refused("no route", GitlabHttpError, 404, lambda: api.http_get("/nowhere"))


for part in (accounts, projects, repository, requests, notes, statuses, deployments, issues):
    try:
        part()
    except Exception as error:  # Every other part is still of use.
        differences.append(f"{part.__name__}: {type(error).__name__}: {error}")
for difference in differences:
    print(difference)
sys.exit(bool(differences))
