//! The impact that both products declare for a changed key agrees with what the change does to their templates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use provisioner::config::Config;
use provisioner::model::RepoPath;
use provisioner::plan::declared_level;
use provisioner::product::{Level, Product, Registry};
use provisioner::template::{DataKind, Document, data_kind};
use serde_json::{Value, json};

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::built_in);
static CREATE_ONLY: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../../templates/create-only.yaml")).unwrap()
});

const SUBSCRIPTION: &str = "AWS::SNS::Subscription";

/// What a change of the template does, by type.
#[derive(Debug, Default)]
struct Effect {
    replaced: BTreeSet<String>,
    removed: BTreeSet<String>,
}

/// Resources by logical id, with the values of parameters in place of references to them.
fn resources(config: &Config) -> BTreeMap<String, Value> {
    let text = config
        .product
        .render_template(&config.derived.scope)
        .unwrap();
    let path = RepoPath::parse("template.yaml").unwrap();
    let template = Document::parse(&path, &text).unwrap().tree.to_json();
    let parameters = &template["Parameters"];
    let mut resources = template["Resources"].clone();
    resolve(&mut resources, parameters);
    serde_json::from_value(resources).unwrap()
}

fn resolve(value: &mut Value, parameters: &Value) {
    if let Some(name) = value.get("Ref").and_then(Value::as_str)
        && let Some(parameter) = parameters.get(name)
    {
        *value = parameter["Default"].clone();
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, parameters)),
        Value::Object(entries) => entries
            .values_mut()
            .for_each(|item| resolve(item, parameters)),
        _ => {}
    }
}

fn refers_to(value: &Value, id: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| refers_to(item, id)),
        Value::Object(entries) => {
            let target = entries.get("Ref").or(entries.get("Fn::GetAtt"));
            let target = target.and_then(|target| target.get(0).or(Some(target)));
            target.and_then(Value::as_str) == Some(id)
                || entries.values().any(|item| refers_to(item, id))
        }
        _ => false,
    }
}

fn effect(old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>) -> Effect {
    let kind = |resource: &Value| resource["Type"].as_str().unwrap().to_owned();
    let mut replaced: BTreeSet<&String> = BTreeSet::new();
    loop {
        let found = old.iter().filter(|(id, resource)| {
            let Some(other) = new.get(*id) else {
                return false;
            };
            CREATE_ONLY[&kind(resource)].iter().any(|property| {
                let [was, is] = [resource, other].map(|side| &side["Properties"][property]);
                was != is || replaced.iter().any(|id| refers_to(is, id))
            })
        });
        let found: BTreeSet<&String> = found.map(|(id, _)| id).collect();
        if found == replaced {
            break;
        }
        replaced = found;
    }
    let removed = old.iter().filter(|(id, _)| !new.contains_key(*id));
    Effect {
        removed: removed.map(|(_, resource)| kind(resource)).collect(),
        replaced: replaced.into_iter().map(|id| kind(&old[id])).collect(),
    }
}

/// A config with the resources of its stack.
struct Side {
    config: Config,
    resources: BTreeMap<String, Value>,
}

impl Side {
    fn new(config: Config) -> Self {
        let resources = resources(&config);
        Self { config, resources }
    }

    /// What the change to `after` does to this stack; `None` if it makes another stack.
    fn effect(&self, after: &Self) -> Option<Effect> {
        let names = |side: &Self| (side.config.stack().to_owned(), side.config.target.clone());
        (names(self) == names(after)).then(|| effect(&self.resources, &after.resources))
    }
}

/// Whether a declared level is true of a change.
fn is_true(level: Level, effect: Option<&Effect>) -> Result<(), String> {
    let Some(effect) = effect else {
        return match level {
            Level::Critical => Ok(()),
            _ => Err("another stack is critical".to_owned()),
        };
    };
    let holds_data = |kind: &String| data_kind(kind, false) != DataKind::Nothing;
    let loses = effect.replaced.iter().any(holds_data);
    let may_lose = loses || effect.removed.iter().any(holds_data);
    let ends = effect.replaced.union(&effect.removed);
    // The specification calls a changed subscription safe, and so is the parameter of a solution that is added.
    let ends = ends.filter(|kind| *kind != SUBSCRIPTION).count() > 0;
    match level {
        Level::Critical if !may_lose => Err(format!("critical, and no data is lost: {effect:?}")),
        Level::Safe | Level::High if loses => Err(format!("not critical: {effect:?}")),
        Level::None | Level::Safe if ends => Err(format!("safe: {effect:?}")),
        Level::Unknown => Err("no rule covers the key".to_owned()),
        _ => Ok(()),
    }
}

/// A dotted key with the lowest tier that may set it and candidates for its value.
struct Key {
    path: String,
    tier: Option<String>,
    values: Vec<Value>,
}

fn keys(schema: &Value, at: &str, above: Option<&str>, found: &mut Vec<Key>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{at}{name}");
        let tier = schema["x-tier"].as_str().or(above);
        if schema.get("properties").is_some() {
            keys(schema, &format!("{path}."), tier, found);
            continue;
        }
        let listed = ["enum", "examples"].map(|word| schema[word].as_array().cloned());
        let mut values: Vec<Value> = listed.into_iter().flatten().flatten().take(6).collect();
        values.extend(schema.get("default").cloned());
        values.extend(
            ["minimum", "maximum"]
                .iter()
                .filter_map(|word| schema.get(*word).cloned()),
        );
        if schema["type"] == "boolean" {
            values.extend([json!(false), json!(true)]);
        }
        let other = values.iter().filter_map(Value::as_str).filter_map(another);
        values.extend(other.collect::<Vec<_>>());
        found.push(Key {
            path,
            tier: tier.map(str::to_owned),
            values,
        });
    }
}

/// The text with another last character.
fn another(text: &str) -> Option<Value> {
    let last = text.chars().last()?;
    let other = if last == '1' { '2' } else { '1' };
    Some(json!(
        text.strip_suffix(last)?.to_owned() + &other.to_string()
    ))
}

fn with(config: &Config, changes: &[(&str, Value)]) -> Option<Config> {
    let mut values = (*config.values).clone();
    for (key, value) in changes {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        let pointer = match section {
            "" => String::new(),
            section => format!("/{}", section.replace('.', "/")),
        };
        values.pointer_mut(&pointer)?[name] = value.clone();
    }
    if !config.product.schema.violations(&values).is_empty() {
        return None;
    }
    config.product.schema.normalize(&mut values);
    let changed = config.with_values(values)?;
    let broken = changed
        .product
        .rule_violations(&changed.derived.scope, |_| false, false);
    let is_error = |code: &str| {
        changed.product.manifest.rules.iter().any(|rule| {
            rule.code.as_str() == code && rule.severity == provisioner::diagnostic::Severity::Error
        })
    };
    let refused = broken
        .unwrap()
        .iter()
        .any(|rule| is_error(rule.code.as_str()));
    (!refused).then_some(changed)
}

/// Samples and variants of them, so that every key can change in one of them.
fn bases(product: &Product) -> Vec<Config> {
    let tiers = product.manifest.tiers.iter();
    let samples = tiers.map(|tier| provisioner::config::sample(&REGISTRY, product, &tier.name));
    let samples: Vec<Config> = samples.map(Result::unwrap).collect();
    let last = samples.last().unwrap();
    let vpc = |id: &str| json!(format!("vpc-0a1b2c3d4e5f6071{id}"));
    let variants: &[&[(&str, Value)]] = match product.name() {
        "s3" => &[
            &[("s3.vpc_id", json!("")), ("s3.route_table_ids", json!(""))],
            &[
                ("s3.existing_endpoint", json!(true)),
                ("s3.route_table_ids", json!([])),
            ],
            &[("s3.solutions", json!(["one", "two"]))],
        ],
        _ => &[
            &[("ml_product.route_table_ids", json!([]))],
            &[
                ("ml_product.vpc_source", json!("direct")),
                (
                    "ml_product.vpc",
                    json!({"vpc_id": vpc("8"), "subnet_ids": "subnet-0a1b2c3d, subnet-0a1b2c3e"}),
                ),
            ],
            &[
                ("ml_product.vpc_mode", json!("sgprov")),
                (
                    "ml_product.vpc",
                    json!({"security_group_id_path": "/sg/one"}),
                ),
            ],
            &[
                ("ml_product.source_control", json!("s3")),
                ("ml_product.s3_prefix", json!("acme-source")),
            ],
        ],
    };
    let variants = variants.iter().map(|changes| with(last, changes).unwrap());
    let variants: Vec<Config> = variants.collect();
    samples.into_iter().chain(variants).collect()
}

fn may_set(key: &Key, config: &Config) -> bool {
    let tiers = &config.product.manifest.tiers;
    let rank = |name: &str| tiers.iter().position(|tier| tier.name == name);
    let of_key = key.tier.as_deref().and_then(rank);
    of_key <= rank(&config.derived.names["tier"])
}

#[test]
fn declared_impact_follows_the_template() {
    for name in ["s3", "ml"] {
        let product = REGISTRY.product(name).unwrap().unwrap();
        let bases: Vec<Side> = bases(&product).into_iter().map(Side::new).collect();
        let mut found = Vec::new();
        keys(product.schema.document(), "", None, &mut found);
        let mut unchanged: BTreeSet<&str> = found.iter().map(|key| key.path.as_str()).collect();
        let mut wrong = BTreeSet::new();
        for (base, key) in bases
            .iter()
            .flat_map(|base| found.iter().map(move |key| (base, key)))
        {
            for value in key.values.iter().filter(|_| may_set(key, &base.config)) {
                let Some(changed) = with(&base.config, &[(&key.path, value.clone())]) else {
                    continue;
                };
                if changed.values == base.config.values {
                    continue;
                }
                unchanged.remove(key.path.as_str());
                let changed = Side::new(changed);
                for (before, after) in [(base, &changed), (&changed, base)] {
                    let effect = before.effect(after);
                    let level = declared_level(&before.config, &after.config).unwrap();
                    if let Err(problem) = is_true(level, effect.as_ref()) {
                        wrong.insert(format!("{}: {problem}", key.path));
                    }
                    let [old, new] = [before, after].map(|side| &side.config.derived.scope);
                    let (_, text) = product.impact_of(&key.path, old, new).unwrap().unwrap();
                    let replaces = effect.is_some_and(|effect| !effect.replaced.is_empty());
                    // Reports cut a longer sentence.
                    if text.chars().count() > 200 {
                        wrong.insert(format!("{}: too long: {text}", key.path));
                    }
                    if text.contains("replaced") != replaces {
                        wrong.insert(format!("{}: replaces is {replaces}: {text}", key.path));
                    }
                }
            }
        }
        // Changes of several keys, such as of the source with its bucket.
        for (before, after) in bases
            .iter()
            .flat_map(|base| bases.iter().map(move |to| (base, to)))
        {
            let level = declared_level(&before.config, &after.config).unwrap();
            if let Err(problem) = is_true(level, before.effect(after).as_ref()) {
                let [from, to] = [before, after].map(|side| &side.config.values);
                wrong.insert(format!("{from} → {to}: {problem}"));
            }
        }
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
        // These change together with other keys only.
        let with_others = [
            "ml_product.source_control",
            "ml_product.vpc_source",
            "ml_product.vpc_mode",
            // With the examples' names the roles' names would be too long.
            "ml_product.regional_role_names",
        ];
        unchanged.retain(|key| !with_others.contains(key));
        assert!(unchanged.is_empty(), "{name}: {unchanged:?}");
    }
}

fn consequence(key: &str, base: &[(&str, Value)], before: Value, after: Value) -> (Level, String) {
    let name = if key.starts_with("s3.") { "s3" } else { "ml" };
    let product = REGISTRY.product(name).unwrap().unwrap();
    let base = with(bases(&product).last().unwrap(), base).unwrap();
    let [before, after] = [before, after].map(|value| with(&base, &[(key, value)]).unwrap());
    let scopes = [&before, &after].map(|config| &config.derived.scope);
    product
        .impact_of(key, scopes[0], scopes[1])
        .unwrap()
        .unwrap()
}

#[test]
fn consequences_depend_on_the_direction() {
    let lifecycle = |before: &str, after: &str| {
        consequence("s3.lifecycle_policy", &[], json!(before), json!(after))
    };
    let (level, longer) = lifecycle("development", "compliance");
    assert_eq!(level, Level::Safe);
    assert!(longer.contains("after 2555 days instead of 90"), "{longer}");
    assert!(!longer.contains("within days"), "{longer}");
    let (level, shorter) = lifecycle("compliance", "development");
    assert_eq!(level, Level::High);
    assert!(
        shorter.contains("older than 90 days are deleted within days"),
        "{shorter}"
    );
    assert!(
        shorter.contains("Until now they were deleted after 2555 days."),
        "{shorter}"
    );
    let (level, from_none) = lifecycle("none", "compliance");
    assert_eq!(level, Level::High);
    assert!(
        from_none.contains("Until now they were never deleted. Those older than 90 days move"),
        "{from_none}"
    );
    let (level, to_none) = lifecycle("compliance", "none");
    assert_eq!(level, Level::Safe);
    assert!(
        to_none.contains("until now they were deleted after 2555 days."),
        "{to_none}"
    );

    let retention = |before: u64, after: u64| {
        consequence(
            "ml_product.log_retention_days",
            &[],
            json!(before),
            json!(after),
        )
    };
    let (level, text) = retention(365, 30);
    assert_eq!(level, Level::High);
    assert!(
        text.contains("older than 30 days") && text.contains("kept for 365 days"),
        "{text}"
    );
    let (level, text) = retention(30, 365);
    assert_eq!(level, Level::Safe);
    assert!(text.contains("for 365 days instead of 30."), "{text}");

    let tables = "rtb-0a1b2c3d, rtb-0a1b2c3e";
    let vpc = [("s3.vpc_id", json!("vpc-0a1b2c3d"))];
    let (_, text) = consequence(
        "s3.route_table_ids",
        &vpc,
        json!(tables),
        json!("rtb-0a1b2c3e,rtb-0a1b2c3f,rtb-0a1b2c40"),
    );
    assert!(
        text.starts_with(
            "1 of the route tables lose their route to the S3 endpoint, and 2 get one."
        ),
        "{text}"
    );
    let (level, _) = consequence(
        "s3.route_table_ids",
        &vpc,
        json!(tables),
        json!(["rtb-0a1b2c3e", "rtb-0a1b2c3d"]),
    );
    assert_eq!(level, Level::Safe);
}
