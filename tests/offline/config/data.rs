//! A config value is data in the rendered template: the same text, and nothing beside it.
//!
//! Two independent YAML readers read the templates: libyaml's port, which reads YAML 1.1 as AWS does, and the program's own on top
//! of saphyr, which reads 1.2.

use proptest::prelude::*;
use provisioner::config::{Tags, parse};
use provisioner::model::RepoPath;
use provisioner::product::{Files, Product, ProductSource};
use provisioner::text::is_invisible_or_bidi;
use serde_json::{Value, json};

use super::{PATH, VALID, loaded};

/// Reads a template with both readers, which must agree. Rejects tags, because the built-in sources use none.
pub fn read_back(text: &str) -> Value {
    let old: serde_yaml::Value = serde_yaml::from_str(text).expect("YAML 1.1");
    let old = untagged(&old);
    let new = parse(
        &RepoPath::parse("t.yaml").unwrap(),
        text.as_bytes(),
        Tags::Refuse,
    )
    .expect("YAML 1.2");
    let new = new.to_json();
    assert_eq!(old, new);
    new
}

fn untagged(value: &serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Sequence(items) => items.iter().map(untagged).collect(),
        serde_yaml::Value::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| {
                let key = key.as_str().expect("a key that is a string").to_owned();
                (key, untagged(value))
            })
            .collect(),
        serde_yaml::Value::Tagged(tagged) => panic!("the tag {}", tagged.tag),
        scalar => serde_json::to_value(scalar).unwrap(),
    }
}

/// A product that accepts any value and writes it wherever a template has values.
fn anything() -> Product {
    let manifest = "
name: any
title: Anything
summary: Takes any text.
section: any
files: '*-any.yaml'
target: { account: any.text, region: '''eu-west-1''', environment: any.text }
names: { config: file.stem, stack: any.text }
outputs: { template: file.stem, policy: file.stem }
actions: {}
";
    let template = "{# Every place where a value can stand. #}
Alone: {{ any.text }}
Joined: {{ 'a' ~ any.text ~ 'b' }}
Flow: [{{ any.text }}, {x: {{ any.text }}}]
Whole: {{ any }}
{{ 'key' ~ any.text }}: # a comment behind a key
  Below: {{ any.text }}
List:
{% for item in any.list %}
  - {{ item }}
  - Key: {{ item }}
{% endfor %}
Map:
{% for key, value in any.map | dictsort(case_sensitive=true) %}
  {{ key }}: {{ value }}
{% endfor %}
End: true
";
    let files = Files::from(
        [
            ("product.yaml", manifest),
            ("config.schema.json", "{}"),
            ("stack.yaml.j2", template),
            (
                "iam-policy.json.j2",
                "{\"text\": {{ any.text }}, \"all\": {{ any }}}",
            ),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned())),
    );
    let source = ProductSource {
        name: "any".to_owned(),
        files,
        ..ProductSource::default()
    };
    Product::load(source.into()).unwrap()
}

/// The template's content for these values.
fn expected(text: &str, list: &[String], map: &[(String, String)]) -> Value {
    let object: serde_json::Map<String, Value> = map
        .iter()
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    let items: Vec<Value> = list
        .iter()
        .flat_map(|item| [json!(item), json!({ "Key": item })])
        .collect();
    let mut all = json!({
        "Alone": text,
        "Joined": format!("a{text}b"),
        "Flow": [text, { "x": text }],
        "Whole": { "text": text, "list": list, "map": object },
        "List": items,
        "Map": object,
        "End": true,
    });
    all[format!("key{text}")] = json!({ "Below": text });
    all
}

fn survives(product: &Product, text: &str, list: &[String], map: &[(String, String)]) {
    let object: serde_json::Map<String, Value> = map
        .iter()
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    let config = json!({ "any": { "text": text, "list": list, "map": object } });
    let derived = product
        .derive(&config, "x-any", &Default::default(), |_| false, false)
        .unwrap()
        .0;
    let rendered = product.render_template(&derived.scope).unwrap();
    assert_eq!(
        read_back(&rendered),
        expected(text, list, map),
        "{rendered}"
    );
    let policy: Value =
        serde_json::from_str(&product.render_policy(&derived.scope).unwrap()).unwrap();
    assert_eq!(policy["text"], text);
    assert_eq!(policy["all"], config["any"]);
}

/// Text full of characters with a meaning in YAML, JSON, minijinja or CloudFormation.
fn special_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "${",
            "}",
            "!Ref ",
            "!Sub ",
            "!!str ",
            "&a ",
            "*a",
            "\"",
            "'",
            "\\",
            "\n",
            "\r\n",
            "\t",
            ": ",
            "- ",
            "? ",
            "# ",
            "---\n",
            "...\n",
            "Fn::Sub",
            "{\"Ref\":\"X\"}",
            "{{resolve:ssm:a}}",
            "<<",
            "~",
            "null",
            "on",
            "1_000",
            "0o7",
            "12:30:00",
            "2026-11-23",
            "=",
            "\u{85}",
            "\u{2028}",
            "\u{2029}",
            "\u{feff}",
            "\u{0}",
            "\u{7f}",
            "\u{fffe}",
            "\u{ffff}",
            "\u{10ffff}",
            "\u{1f680}",
            "\u{202e}",
            "é",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attack_any_text_is_data(
        text in special_text(),
        list in prop::collection::vec(special_text(), 1..4),
        map in prop::collection::btree_map(special_text(), special_text(), 1..4),
    ) {
        thread_local!(static PRODUCT: Product = anything());
        let map: Vec<(String, String)> = map.into_iter().collect();
        PRODUCT.with(|product| survives(product, &text, &list, &map));
    }

    #[test]
    fn attack_any_yaml_tag_is_data(
        tags in prop::collection::btree_map(
            "[\\p{L}\\p{N}\\p{Zs}+=._:/@-]{1,20}",
            "[\\p{L}\\p{N}\\p{Zs}+=._:/@-]{0,30}",
            1..5,
        ),
        name in "\\PC{1,40}",
    ) {
        let reserved = |text: &str| {
            let text = text.to_ascii_lowercase();
            text.starts_with("aws:") || text.starts_with("provisioner:") || text.contains(is_invisible_or_bidi)
        };
        prop_assume!(!tags.iter().any(|(key, value)| reserved(key) || reserved(value)));
        prop_assume!(!reserved(&name) && !name.contains("{{resolve") && !name.contains("{{ resolve"));
        let text = format!("{}  tags: {}\n", VALID.replace("Edge Corporation", &json!(name).to_string()), json!(tags));
        let loaded = loaded(PATH, text.as_bytes());
        let config = loaded.config.unwrap_or_else(|| panic!("{text}: {:?}", loaded.diagnostics));
        prop_assert_eq!(&config.values["client"]["company_name"], &json!(name));
        let rendered = config.product.render_template(&config.derived.scope).unwrap();
        let template = read_back(&rendered);

        let mut own: std::collections::BTreeMap<&str, &str> = [
            ("Environment", "prod"),
            ("ManagedBy", "provisioner"),
            ("Tenant", "c001"),
            ("provisioner:config", "edge-prod-c001-us-east-1-s3"),
        ].into();
        own.extend(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        let of_bucket: std::collections::BTreeMap<&str, &str> = template["Resources"]["Bucket"]["Properties"]["Tags"]
            .as_array().unwrap().iter()
            .map(|tag| (tag["Key"].as_str().unwrap(), tag["Value"].as_str().unwrap()))
            .collect();
        prop_assert_eq!(&of_bucket, &own);
        prop_assert_eq!(&template["Resources"]["BucketNameParameter"]["Properties"]["Tags"], &json!(own));
        prop_assert!(!rendered.contains(name.as_str()) || name.chars().count() < 12, "the name of the company is not deployed");
    }
}

#[test]
fn attack_common_injections_are_data() {
    let product = anything();
    for text in [
        "",
        " ",
        "{{ 7 * 7 }}",
        "{% include '/etc/passwd' %}",
        "!Sub ${AWS::AccountId}",
        "${AWS::AccountId}",
        "{{resolve:ssm-secure:/prod/password}}",
        "\"\nEvil:\n  Type: AWS::IAM::User\n",
        "'\nEvil: 1",
        "x # not a comment",
        "a: b",
        "*alias",
        "&anchor x",
        "%YAML 1.1",
        "---",
        "\u{feff}",
        "\\\"",
        "\\u0041",
        "</script>",
        "012345678901",
    ] {
        let list = [text.to_owned(), "plain".to_owned()];
        let map = [(format!("k{text}"), text.to_owned())];
        survives(&product, text, &list, &map);
    }
}
