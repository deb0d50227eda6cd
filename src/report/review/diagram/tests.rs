use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::RepoPath;

/// Parts of names that try to break out of their text.
const HOSTILE: &[&str] = &[
    "</svg>",
    "<script>alert(1)</script>",
    "<image href=x onerror=alert(1)>",
    "\"onload=\"alert(1)",
    "'style='x",
    "]]>",
    "<!--",
    "&lt;",
    "&#60;",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "url(https://example.com)",
    "\u{202e}",
    "\u{200b}",
    "\u{0}",
    "\u{7}",
    "\u{85}",
    "\u{fffe}",
    "\u{1f600}",
    "AWS::S3::",
    "Bucket",
    "e\u{301}",
    "\n",
];

fn parse(template: &serde_json::Value) -> Option<Document> {
    // JSON is YAML.
    Document::parse(&RepoPath::typed("t.yaml"), &template.to_string()).ok()
}

fn drawn(text: &str) -> String {
    let document = Document::parse(&RepoPath::typed("t.yaml"), text).unwrap();
    diagram(&document).unwrap().unwrap()
}

/// The numbers of an attribute of each element with a name.
fn numbers<'a>(
    tree: &'a roxmltree::Document<'_>,
    element: &'a str,
    attribute: &'a str,
) -> Vec<f64> {
    let elements = tree.descendants().filter(|node| node.has_tag_name(element));
    elements
        .map(|node| node.attribute(attribute).unwrap().parse().unwrap())
        .collect()
}

/// Well-formed, with only the diagram's own elements and attributes only, and without overlapping boxes.
fn assert_harmless(svg: &str, resources: usize) {
    let tree = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    for node in tree.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let allowed: &[&str] = match name {
            "svg" => &["class", "style", "viewBox", "role", "aria-label"],
            "path" => &["class", "d"],
            "g" | "title" => &[],
            "rect" => &["class", "x", "y", "width", "height", "rx"],
            "text" => &["class", "x", "y"],
            _ => panic!("<{name}>"),
        };
        assert_eq!(
            node.tag_name().namespace(),
            Some("http://www.w3.org/2000/svg")
        );
        for attribute in node.attributes() {
            assert!(
                allowed.contains(&attribute.name()),
                "{name} {}",
                attribute.name()
            );
            let is_plain = |c: char| c.is_ascii_alphanumeric() || " .-:;,".contains(c);
            assert!(
                attribute.value().chars().all(is_plain),
                "{}",
                attribute.value()
            );
        }
    }
    let elements = tree
        .descendants()
        .filter(roxmltree::Node::is_element)
        .count();
    assert_eq!(
        svg.matches('<').count() - svg.matches("</").count(),
        elements
    );
    for hidden in ['\u{202e}', '\u{200b}', '\u{7}'] {
        assert!(!svg.contains(hidden));
    }
    let [x, y, width, height] =
        ["x", "y", "width", "height"].map(|attribute| numbers(&tree, "rect", attribute));
    assert_eq!(x.len(), resources);
    let frame = tree.root_element().attribute("viewBox").unwrap();
    let frame: Vec<f64> = frame
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    let lines = tree.descendants().filter(|node| node.has_tag_name("path"));
    for line in lines.map(|line| line.attribute("d").unwrap()) {
        let numbers = line
            .split(|c: char| c.is_alphabetic() || c == ' ')
            .filter(|text| !text.is_empty());
        for number in numbers.map(|text| text.parse::<f64>().unwrap()) {
            assert!(
                (0.0..=frame[2].max(frame[3])).contains(&number),
                "{line}: {svg}"
            );
        }
    }
    for one in 0..resources {
        for other in 0..one {
            let apart = x[one] + width[one] <= x[other]
                || x[other] + width[other] <= x[one]
                || y[one] + height[one] <= y[other]
                || y[other] + height[other] <= y[one];
            assert!(apart, "{one} and {other} overlap: {svg}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Any author of a pull request controls these names.
    #[test]
    fn attack_hostile_templates_stay_text(
        names in prop::collection::btree_set(
            prop::collection::vec(prop::sample::select(HOSTILE), 1..5).prop_map(|parts| parts.concat()),
            1..24,
        ),
        kinds in prop::collection::vec(prop::sample::select(HOSTILE), 24),
        links in prop::collection::vec((0..24usize, 0..24usize, 0..4u8), 0..60),
    ) {
        let names: Vec<String> = names.into_iter().collect();
        let mut resources = serde_json::Map::new();
        for (index, name) in names.iter().enumerate() {
            let own = links.iter().filter(|(from, ..)| from % names.len() == index);
            let (mut values, mut depends) = (Vec::new(), Vec::new());
            for (_, to, how) in own {
                let to = &names[to % names.len()];
                match how {
                    0 => values.push(json!({ "Ref": to })),
                    1 => values.push(json!({ "Fn::GetAtt": [to, "Arn"] })),
                    2 => values.push(json!({ "Fn::Sub": format!("${{{to}}}") })),
                    _ => depends.push(to),
                }
            }
            let resource = json!({ "Type": kinds[index], "DependsOn": depends, "Properties": { "X": values } });
            resources.insert(name.clone(), resource);
        }
        let count = resources.len();
        if let Some(document) = parse(&json!({ "Resources": resources })) {
            let svg = diagram(&document).unwrap().unwrap();
            assert_harmless(&svg, count);
            prop_assert_eq!(diagram(&document).unwrap().unwrap(), svg, "one document, one picture");
        }
    }
}

#[test]
fn attack_too_many_resources_have_no_diagram() {
    let template = |count: usize| {
        let resources: serde_json::Map<_, _> = (0..count)
            .map(|index| {
                let value = json!({ "Type": "T", "DependsOn": format!("R{}", index / 2) });
                (format!("R{index}"), value)
            })
            .collect();
        diagram(&parse(&json!({ "Resources": resources })).unwrap()).unwrap()
    };
    assert!(template(0).is_none());
    assert_harmless(&template(MAX_BOXES).unwrap(), MAX_BOXES);
    assert!(template(MAX_BOXES + 1).is_none());
}

#[test]
fn lines_say_how_a_resource_refers_to_another() {
    let svg = drawn(
        "Resources:
  Key: {Type: AWS::KMS::Key}
  Bucket: {Type: AWS::S3::Bucket, Properties: {Key: !GetAtt Key.Arn}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, Key: !Ref Key}}
  Queue: {Type: AWS::SQS::Queue, DependsOn: Policy}
  Alone: {Type: AWS::SNS::Topic}
",
    );
    assert_harmless(&svg, 5);
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let lines = tree.descendants().filter(|node| node.has_tag_name("path"));
    let classes: Vec<_> = lines.map(|line| line.attribute("class").unwrap()).collect();
    assert_eq!(classes, ["implied", "uses", "uses", "depends"]);
    // In the order of creation from left to right.
    let x = numbers(&tree, "rect", "x");
    assert!(x[0] < x[1] && x[1] < x[2] && x[2] < x[3], "{x:?}");
    let thick: Vec<_> = tree
        .descendants()
        .filter(|node| node.attribute("class") == Some("data"))
        .map(|node| node.prev_sibling_element().unwrap().text().unwrap())
        .collect();
    assert_eq!(
        thick,
        [
            "Key, AWS::KMS::Key",
            "Bucket, AWS::S3::Bucket",
            "Queue, AWS::SQS::Queue"
        ]
    );
}

#[test]
fn resources_in_a_circle_are_drawn() {
    let svg = drawn(
        "Resources:
  A: {Type: T, DependsOn: B}
  B: {Type: T, DependsOn: C}
  C: {Type: T, DependsOn: A}
",
    );
    assert_harmless(&svg, 3);
}
