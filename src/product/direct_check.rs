//! Random templates and expressions: what is evaluated directly is what the engine evaluates.

use minijinja::Value;
use proptest::prelude::*;

use super::budget;
use super::config_value::config_value;
use super::direct::DirectTemplates;
use super::direct_value::DirectExpression;
use super::expression::{Compiled, Printed, engine};
use super::source::ProductSource;

fn scope() -> Value {
    let values = serde_json::json!({
        "text": "Ab-é", "empty": "", "yes": true, "no": false, "null": null, "number": 3,
        "list": ["b", "a", "b", "C"], "none": [], "map": {"k": "v \"q\"", "a": {"b": [1, true]}, "List": ["x"]},
        "pairs": [["a", 1], ["b", {"c": "d"}]],
    });
    let scope = config_value(&values);
    let keys = scope.try_iter().unwrap();
    let entries = keys.map(|key| (key.clone(), scope.get_item(&key).unwrap()));
    Value::from_pairs(entries.chain([(budget::VARIABLE.into(), budget::unspent())]))
}

fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "text",
        "empty",
        "yes",
        "no",
        "null",
        "number",
        "list",
        "none",
        "map",
        "map.k",
        "map.a.b",
        "map.absent",
        "absent",
        "pairs",
        "pairs[0]",
        "map['List']",
        "list[-1]",
        "'x'",
        "'é'",
        "''",
        "0",
        "-2",
        "[]",
        "['b']",
        "{}",
        "{'a': 1}",
        "true",
        "none",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let two = (inner.clone(), inner.clone());
            let operators = prop::sample::select(vec![
                "~", "+", "-", "and", "or", "==", "!=", "<", ">=", "in", "not in",
            ]);
            let filters = prop::sample::select(vec![
                "length",
                "lower",
                "upper",
                "list",
                "sort",
                "unique",
                "join(',')",
                "map('lower')",
                "reject('in', list)",
                "select('equalto', 'b')",
                "dictsort(case_sensitive=true)",
                "max",
                "default('d')",
                "fit(9)",
                "logical_id",
                "hash8",
                "tojson",
                "replace('b', 'c')",
                "split('-')",
            ]);
            let tests = prop::sample::select(vec![
                "defined",
                "not defined",
                "undefined",
                "kebab",
                "none",
                "string",
                "in ['b', 3]",
            ]);
            let slices = prop::sample::select(vec![
                "[:-1]", "[1:]", "[:2]", "[1:-1]", "[5:]", "[:9]", "[0]", "[-1]",
            ]);
            prop_oneof![
                (two, operators).prop_map(|((a, b), operator)| format!("({a} {operator} {b})")),
                (inner.clone(), filters).prop_map(|(a, filter)| format!("({a}) | {filter}")),
                (inner.clone(), tests).prop_map(|(a, test)| format!("(({a}) is {test})")),
                (inner.clone(), slices).prop_map(|(a, slice)| format!("({a}){slice}")),
                inner.clone().prop_map(|a| format!("(not {a})")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("{{'x': {a}, 'y': {b}}}")),
            ]
        })
}

fn templates() -> impl Strategy<Value = String> {
    let part = (expressions(), 0_usize..9).prop_map(|(value, form)| match form {
        0 => format!("{{% set made = {value} %}}\n"),
        1 => format!("{{% if {value} %}}\nyes\n{{% elif made is defined %}}\nmade\n{{% else %}}\nno\n{{% endif %}}\n"),
        2 => format!("{{% for item in {value} %}}\n- {{{{ item }}}}{{% if not loop.last %}},{{% endif +%}}\n{{% else %}}\nnone\n{{% endfor %}}\n"),
        3 => format!("{{% for key, value in {value} %}}\n{{{{ key }}}}: {{{{ value }}}}\n{{% set made = key %}}\n{{% endfor %}}\n"),
        4 => format!("{{% for item in list if {value} %}}\n{{{{ item }}}}\n{{% endfor %}}\n"),
        5 => format!("{{% set all.kept = all.kept + [{value}] %}}\n{{{{ all.kept }}}}\n"),
        6 => "made: {{ made }}\n".to_owned(),
        7 => "{% include 'other' %}\n".to_owned(),
        _ => format!("v: {{{{ {value} }}}} # {{# c #}}\n"),
    });
    let parts = prop::collection::vec(part, 1..4);
    parts.prop_map(|parts| format!("{{% set all = namespace(kept=[]) %}}\n{}", parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn expressions_have_the_engines_value(source in expressions()) {
        let engine = engine(Printed::Json, []).unwrap();
        let direct = DirectExpression::new(&source).and_then(|direct| direct.eval(engine, &scope()));
        if let Some(value) = direct {
            let own = ProductSource::own("x", crate::model::RepoPath::typed("x"));
            let same = Compiled::new(engine, &own, &source).unwrap().eval(&scope());
            let same = same.unwrap_or_else(|error| panic!("{source}: {error}"));
            prop_assert_eq!(&same, &value, "{}", source);
            prop_assert_eq!(same.to_string(), value.to_string(), "{}", source);
            prop_assert_eq!(same.is_true(), value.is_true(), "{}", source);
        }
    }

    #[test]
    fn templates_have_the_engines_text(source in templates()) {
        let other = "{% set made = text %}\nother: {{ made }}\n";
        let files = [("t".to_owned(), source.clone()), ("other".to_owned(), other.to_owned())];
        let Ok(engine) = engine(Printed::Json, files.clone()) else {
            return Ok(());
        };
        let direct = DirectTemplates::new(files.iter().map(|(name, text)| (name, text))).unwrap();
        if let Some(text) = direct.render(engine, "t", &scope()) {
            let same = engine.get_template("t").unwrap().render(scope());
            let same = same.unwrap_or_else(|error| panic!("{source}: {error}"));
            prop_assert_eq!(text, same, "{}", source);
        }
    }
}

/// Otherwise the tests above would compare nothing.
#[test]
fn common_templates_are_rendered_directly() {
    let engine = engine(Printed::Json, []).unwrap();
    for source in [
        "text ~ '-' ~ map.k if yes and not no else list | length",
        "list | unique | sort",
        "text[:-3]",
        "map.absent is defined or 'b' in list",
    ] {
        let direct = DirectExpression::new(source).unwrap();
        assert!(direct.eval(engine, &scope()).is_some(), "{source}");
    }
    for source in [
        "absent",
        "map.absent ~ 'x'",
        "text + 1",
        "range(3)",
        "1 + 1",
    ] {
        let direct = DirectExpression::new(source).unwrap();
        assert!(direct.eval(engine, &scope()).is_none(), "{source}");
    }
}
