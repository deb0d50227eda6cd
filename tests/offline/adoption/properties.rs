//! Properties of the comparison, on the products' templates.

use proptest::prelude::*;
use provisioner::model::RepoPath;
use provisioner::plan::AdoptionVerdict;
use provisioner::template::Document;
use serde_json::{Map, Value, json};

use super::{Pair, SAMPLES};

/// The same data with its keys in another order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries = entries.iter().rev();
            let entries = entries.map(|(key, value)| (key.clone(), reversed(value)));
            Value::Object(entries.collect::<Map<String, Value>>())
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        value => value.clone(),
    }
}

fn tree(text: &str) -> Value {
    let document = Document::parse(&RepoPath::typed("t"), text).unwrap();
    document.tree.to_json()
}

/// The parameters' defaults, as a stack has them.
fn with_defaults(mut pair: Pair, tree: &Value) -> Pair {
    let parameters = tree["Parameters"].as_object();
    for (name, parameter) in parameters.into_iter().flatten() {
        pair = pair.parameter(name, parameter["Default"].as_str().unwrap());
    }
    pair
}

/// The pointers of all plain texts in the properties of resources.
fn texts(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            let mut keys = entries.keys();
            let is_function = keys.any(|key| key == "Ref" || key.starts_with("Fn::"));
            if !is_function {
                for (key, value) in entries {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    texts(value, &format!("{path}/{key}"), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &format!("{path}/{index}"), found);
            }
        }
        Value::String(_) => found.push(path.to_owned()),
        _ => {}
    }
}

fn property_texts(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for id in tree["Resources"].as_object().unwrap().keys() {
        let properties = &tree["Resources"][id]["Properties"];
        texts(
            properties,
            &format!("/Resources/{id}/Properties"),
            &mut found,
        );
    }
    found
}

#[test]
fn products_templates_are_equivalent_to_themselves_in_json() {
    for text in &*SAMPLES {
        let tree = tree(text);
        let identical = with_defaults(Pair::new(text, text), &tree).compare();
        assert_eq!(identical.verdict, AdoptionVerdict::Identical);
        let json = reversed(&tree).to_string();
        let equivalent = with_defaults(Pair::new(&json, text), &tree).compare();
        assert_eq!(equivalent.verdict, AdoptionVerdict::Equivalent);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Any text of any property can come from a parameter, and the stack is the same; with another value it is not.
    #[test]
    fn a_parameter_in_place_of_any_text_is_equivalent(sample in 0..4_usize, at in any::<prop::sample::Index>(), kind in 0..3_usize) {
        let text = &SAMPLES[sample];
        let mut live = tree(text);
        let pointers = property_texts(&live);
        let pointer = at.get(&pointers);
        let value = live.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        *live.pointer_mut(pointer).unwrap() = match kind {
            0 => json!({ "Ref": "Moved" }),
            1 => json!({ "Fn::Sub": "${Moved}" }),
            _ => json!({ "Fn::Join": ["", ["", { "Ref": "Moved" }]] }),
        };
        let defaults = live.clone();
        live["Parameters"]["Moved"] = json!({ "Type": "String" });
        let live = live.to_string();
        let pair = |value: &str| with_defaults(Pair::new(&live, text), &defaults).parameter("Moved", value);
        prop_assert_eq!(pair(&value).compare().verdict, AdoptionVerdict::Equivalent, "{}", pointer);
        let other = pair("another value").compare();
        prop_assert_eq!(other.verdict, AdoptionVerdict::WouldChange, "{}", pointer);
        // One difference, or that of a tag whose key is another.
        let differences: usize = other.changed().map(|resource| resource.differences.len()).sum();
        prop_assert!((1..=2).contains(&differences), "{} {}", pointer, differences);
    }

    /// No text of a template panics, and a broken one is never the same stack.
    #[test]
    fn attack_any_text_is_compared_without_panic(text in "[\\PC\n]{0,200}") {
        let adoption = Pair::new(&text, "Resources: {A: {Type: T}}\n").compare();
        prop_assert!(adoption.verdict >= AdoptionVerdict::WouldChange);
    }
}
