// Reads and writes every route of the fake GitLab with gitbeaker, a client of others, and says where the two disagree.
//
// Usage: gitbeaker.mjs FACTS CLIENT, where FACTS is a file of JSON from the test that started the fake, and CLIENT the client's file.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

const [facts, client] = process.argv.slice(2);
const FACTS = JSON.parse(readFileSync(facts, "utf8"));
const { Gitlab } = await import(pathToFileURL(client));

const differences = [];

function same(what, actual, expected) {
  if (!isDeepStrictEqual(actual, expected)) {
    differences.push(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

function typed(what, thing, types) {
  for (const [name, type] of Object.entries(types)) {
    const value = thing?.[name];
    const actual = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    if (actual !== type) {
      differences.push(`${what}.${name}: ${JSON.stringify(value)} is no ${type}`);
    }
  }
}

async function refused(what, status, call) {
  try {
    await call();
    differences.push(`${what}: not refused`);
  } catch (error) {
    same(`${what}: status`, error.cause?.response?.status, status);
    if (!error.cause?.description) {
      differences.push(`${what}: no message in ${error}`);
    }
  }
}

const open = (token) => new Gitlab({ host: FACTS.server, ...token });
const api = open({ token: FACTS.token });
const project = FACTS.project;
const iid = FACTS.request;
const names = (all, name) => all.map((entry) => entry[name]);

const parts = {
  async accounts() {
    const user = await api.Users.showCurrentUser();
    same("user", user.username, "bob");
    typed("user", user, { id: "number", state: "string", bot: "boolean", web_url: "string", email: "string" });
    const [bot] = await api.Users.all({ username: FACTS.bot });
    same("bot", (await api.Users.show(bot.id)).bot, true);
    await refused("token", 401, () => open({ token: "glpat-none" }).Users.showCurrentUser());
    await refused("nobody", 404, () => api.Users.show(999_999));
    const { Jobs } = open({ jobToken: FACTS.job_token });
    // The client looks for the token where it does not put it.
    Jobs.headers["job-token"] = FACTS.job_token;
    const job = await Jobs.showConnectedJob();
    typed("job", job, { id: "number", status: "string", user: "object" });
    const member = await api.GroupMembers.show("acme/operators", FACTS.alice, { includeInherited: true });
    typed("group member", member, { access_level: "number", username: "string", membership_state: "string" });
  },

  async projects() {
    const shown = await api.Projects.show(project);
    typed("project", shown, {
      id: "number", default_branch: "string", visibility: "string", web_url: "string", namespace: "object",
      permissions: "object", merge_method: "string", archived: "boolean",
    });
    await refused("no project", 404, () => api.Projects.show("acme/none"));
    const member = await api.ProjectMembers.show(project, FACTS.alice, { includeInherited: true });
    same("member", member.access_level, 30);
    const events = await api.Events.all({ projectId: project, action: "pushed" });
    const event = events.find((found) => found.push_data.ref === "feature/new");
    same("pushed", event.push_data.commit_to, FACTS.head);
    typed("event", event, { author_id: "number", action_name: "string", created_at: "string" });
    same("protected", names(await api.ProtectedBranches.all(project), "name"), ["main"]);
    const main = await api.ProtectedBranches.show(project, "main");
    typed("protected", main, { push_access_levels: "array", merge_access_levels: "array", allow_force_push: "boolean" });
    await refused("unprotected", 404, () => api.ProtectedBranches.show(project, "feature/new"));
  },

  async repository() {
    const branch = await api.Branches.show(project, "feature/new");
    same("branch", branch.commit.id, FACTS.head);
    typed("branch", branch, { protected: "boolean", default: "boolean", can_push: "boolean" });
    const commits = await api.Commits.all(project, { refName: "feature/new", perPage: 1 });
    same("commits", names(commits, "id"), FACTS.history);
    const commit = await api.Commits.show(project, FACTS.head);
    same("parents", commit.parent_ids, [FACTS.base]);
    const requests = await api.Commits.allMergeRequests(project, FACTS.head);
    same("requests of a commit", names(requests, "iid"), [iid]);
    const tree = { ref: FACTS.head, recursive: true };
    const whole = await api.Repositories.allRepositoryTrees(project, tree);
    const pages = await api.Repositories.allRepositoryTrees(project, { ...tree, pagination: "keyset", perPage: 2 });
    same("keyset", pages, whole);
    const readme = whole.find((entry) => entry.path === "README.md");
    const blob = await api.Repositories.showBlobRaw(project, readme.id);
    same("blob", typeof blob === "string" ? blob : await blob.text(), "# Infra\n");
    const file = await api.RepositoryFiles.showRaw(project, "ml/configs/added.yaml", FACTS.head);
    same("file", typeof file === "string" ? file : await file.text(), "new: yes\n");
    await refused("no file", 404, () => api.RepositoryFiles.showRaw(project, "none", "main"));
    const compared = await api.Repositories.compare(project, "main", FACTS.head);
    same("compared", names(compared.diffs, "new_path").sort(), FACTS.changed);
    const base = await api.Repositories.mergeBase(project, ["main", "feature/new"]);
    same("merge base", base.id, FACTS.base);
  },

  async requests() {
    const listed = await api.MergeRequests.all({ projectId: project, state: "opened", targetBranch: "main" });
    same("listed", names(listed, "iid"), [iid]);
    const request = await api.MergeRequests.show(project, iid);
    same("head", request.diff_refs.head_sha, FACTS.head);
    typed("request", request, {
      title: "string", state: "string", sha: "string", source_project_id: "number", target_project_id: "number",
      changes_count: "string", draft: "boolean", detailed_merge_status: "string", reviewers: "array", author: "object",
    });
    const diffs = await api.MergeRequests.allDiffs(project, iid, { perPage: 2 });
    same("diffs", names(diffs, "new_path").sort(), FACTS.changed);
    const [version] = await api.MergeRequests.allDiffVersions(project, iid);
    same("version", version.head_commit_sha, FACTS.head);
    same("commits", names(await api.MergeRequests.allCommits(project, iid), "id"), [FACTS.head]);
    const approvals = await api.MergeRequestApprovals.showConfiguration(project, { mergerequestIId: iid });
    same("approved", approvals.approved_by.map((approval) => approval.user.username), ["bob"]);
    const reviewers = await api.MergeRequests.showReviewers(project, iid);
    const states = Object.fromEntries(reviewers.map((found) => [found.user.username, found.state]));
    same("reviewers", states, { bob: "approved", carol: "requested_changes", dora: "unreviewed" });
  },

  async notes() {
    const note = await api.MergeRequestNotes.create(project, iid, "hello");
    typed("note", note, { id: "number", body: "string", author: "object", system: "boolean", noteable_iid: "number" });
    const edited = await api.MergeRequestNotes.edit(project, iid, note.id, { body: "edited" });
    same("edited", edited.body, "edited");
    const award = await api.MergeRequestNoteAwardEmojis.award(project, iid, note.id, "eyes");
    typed("award", award, { id: "number", name: "string", user: "object", awardable_id: "number" });
    await refused("twice", 404, () => api.MergeRequestNoteAwardEmojis.award(project, iid, note.id, "eyes"));
    same("awards", names(await api.MergeRequestNoteAwardEmojis.all(project, iid, note.id), "name"), ["eyes"]);
    await api.MergeRequestNoteAwardEmojis.remove(project, iid, note.id, award.id);
    await refused("empty", 400, () => api.MergeRequestNotes.create(project, iid, " "));
    await api.MergeRequestNotes.remove(project, iid, note.id);
    await refused("deleted", 404, () => api.MergeRequestNotes.show(project, iid, note.id));
    const all = await api.MergeRequestNotes.all(project, iid, { perPage: 5, sort: "asc", orderBy: "created_at" });
    same("all notes", names(all.filter((found) => !found.system), "body"), FACTS.notes);
  },

  async statuses() {
    const wanted = { name: "provisioner", description: "reads", ref: "feature/new" };
    const status = await api.Commits.editStatus(project, FACTS.head, "running", wanted);
    typed("status", status, { id: "number", sha: "string", ref: "string", status: "string", author: "object" });
    await api.Commits.editStatus(project, FACTS.head, "success", wanted);
    const listed = await api.Commits.allStatuses(project, FACTS.head, { ref: "feature/new" });
    same("statuses", names(listed, "status"), ["success"]);
    same("of the default branch", await api.Commits.allStatuses(project, FACTS.head), []);
    const pipelines = await api.Pipelines.all(project, { sha: FACTS.head });
    same("pipelines", [...new Set(names(pipelines, "source"))].sort(), ["external", "merge_request_event"]);
    const pipeline = await api.Pipelines.show(project, pipelines[0].id);
    typed("pipeline", pipeline, { id: "number", sha: "string", status: "string", source: "string", user: "object" });
  },

  async deployments() {
    const tip = [FACTS.base, "main", false];
    const deployment = await api.Deployments.create(project, "prod/a", ...tip, { status: "running" });
    typed("deployment", deployment, { id: "number", sha: "string", status: "string", environment: "object" });
    const done = await api.Deployments.edit(project, deployment.id, "success");
    same("deployed", done.status, "success");
    same("deployments", names(await api.Deployments.all(project, { environment: "prod/a" }), "id"), [deployment.id]);
    const [environment] = await api.Environments.all(project, { name: "prod/a" });
    await api.Environments.stop(project, environment.id);
    same("stopped", (await api.Environments.show(project, environment.id)).state, "stopped");
    same("made", (await api.Environments.create(project, "dev")).state, "available");
  },

  async issues() {
    const issue = await api.Issues.create(project, "Drift", { description: "It has drifted." });
    typed("issue", issue, { iid: "number", title: "string", description: "string", author: "object", labels: "array" });
    const closed = await api.Issues.edit(project, issue.iid, { stateEvent: "close" });
    same("closed", closed.state, "closed");
    same("open", await api.Issues.all({ projectId: project, state: "opened" }), []);
    const note = await api.IssueNotes.create(project, issue.iid, "No more.");
    same("notes", names(await api.IssueNotes.all(project, issue.iid), "body"), ["No more."]);
    await api.IssueNoteAwardEmojis.award(project, issue.iid, note.id, "rocket");
    await refused("no issue", 404, () => api.Issues.show(99, { projectId: project }));
  },
};

for (const [name, part] of Object.entries(parts)) {
  try {
    await part();
  } catch (error) {
    // Every other part is still of use.
    differences.push(`${name}: ${error.stack}`);
  }
}
for (const difference of differences) {
  console.log(difference);
}
process.exit(differences.length > 0 ? 1 : 0);
