"""Judges the template of a test deployment: it has names of its own, leaves nothing behind, and starts nothing."""


from names import name_of, wrong
from templates import same

# What a test uses and does not create: the network has it already, or its creation would be in the way of others.
SHARED = {"AWS::EC2::VPCEndpoint"}


def named(resources):
    """Type and physical name of what has one."""
    return [(r["Type"], name) for r in resources.values() if (name := name_of(r["Type"], r["Properties"]))]


def prefixes(template):
    """What the builds put before the names of what they make."""
    projects = (r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::CodeBuild::Project")
    return [v["Value"] for p in projects for v in p["Environment"]["EnvironmentVariables"] if v["Name"] == "NAME_PREFIX"]


def check_trial(stack, trial, real):
    """The templates of a test and of the config itself."""
    resources = trial["Resources"]
    yield from wrong("stack", stack)
    for kind, name in named(resources):
        yield from wrong(kind, name)
    yield from same("names that the config's own stack has", {*named(resources)} & {*named(real["Resources"])}, set())
    stays = {name for name, r in resources.items() for key in ("DeletionPolicy", "UpdateReplacePolicy") if r.get(key, "Delete") != "Delete"}
    yield from same("what stays", stays, set())
    yield from same("endpoints", [name for name, r in resources.items() if r["Type"] in SHARED], [])
    for name, resource in resources.items():
        if resource["Type"] == "AWS::CodePipeline::Pipeline":
            p = resource["Properties"]
            stopped = {t["StageName"] for t in p.get("DisableInboundStageTransitions", []) if t["Reason"]}
            yield from same(f"stages of {name} that nothing enters", stopped, {stage["Name"] for stage in p["Stages"][1:]})
    ours, theirs = {*prefixes(trial)}, {*prefixes(real)}
    if ours and (len(ours) > 1 or ours & theirs or len(max(ours)) > 25):
        yield f"the test's builds put {ours} before names, and those of the config {theirs}"


def check_all(pairs):
    """Of several templates, with what they are called: AWS knows each name once, and no two builds put the same before names."""
    seen = {}
    for stack, template in pairs:
        for kind, name in [*named(template["Resources"]), *(("prefix", prefix) for prefix in {*prefixes(template)})]:
            seen.setdefault((kind, name), set()).add(stack)
    for (kind, name), stacks in seen.items():
        if len(stacks) > 1:
            yield f"{kind} {name} is in {sorted(stacks)}"

