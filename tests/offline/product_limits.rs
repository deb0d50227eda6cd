//! Hostile products: each ends with one plain error, whatever its templates and expressions multiply.
//!
//! The program runs with limited memory. No test measures time, because that would depend on the machine.
#![expect(clippy::disallowed_methods, reason = "a product is a folder")]

use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::job::BINARY;

const CONFIG: &str = "queue:\n  name: orders\n";
const MANIFEST: &str = "name: queue\ntitle: Queue\nsummary: A queue.\nsection: queue\nfiles: '*-queue.yaml'\n\
    target: {account: \"'123456789012'\", region: \"'eu-west-1'\", environment: \"'prod'\"}\n\
    names: {config: \"queue.name ~ '-queue'\", stack: names.config ~ '-stack'}\n\
    outputs: {template: names.config ~ '.yaml', policy: names.config ~ '.json'}\n\
    actions: {create-prov-template: render-template}\n";
/// KiB of address space. The allocator alone reserves more than a GiB.
const MEMORY: u32 = 4_000_000;
/// Far more than any test needs, so that an endless run fails.
const CPU_SECONDS: u32 = 120;

/// Renders the config of a product with these files.
fn render(manifest: &str, template: &str) -> Output {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(".provisioner/products/queue/product.yaml", manifest);
    write(
        ".provisioner/products/queue/config.schema.json",
        r#"{"properties":{"queue":{}}}"#,
    );
    write(".provisioner/products/queue/stack.yaml.j2", template);
    write(".provisioner/products/queue/iam-policy.json.j2", "{}");
    write("queues/configs/orders-queue.yaml", CONFIG);
    let limits = format!("ulimit -v {MEMORY} && ulimit -t {CPU_SECONDS} && exec \"$0\" \"$@\"");
    Command::new("sh")
        .args([
            "-c",
            &limits,
            BINARY,
            "create-prov-template",
            "queues/configs/orders-queue.yaml",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap()
}

/// Attacks that did not end with the one error for this reason.
#[derive(Default)]
struct Unstopped(String);

impl Unstopped {
    fn check(&mut self, output: &Output, what: &str, reason: &str) {
        let text = String::from_utf8_lossy(&output.stdout);
        let stopped = output.status.code() == Some(10)
            && text.matches("error[").count() == 1
            && text.contains(reason)
            && text.len() < 2_000;
        if !stopped {
            let what = what.get(..200).unwrap_or(what);
            let text = text.get(..500).unwrap_or(&text);
            let errors = String::from_utf8_lossy(&output.stderr);
            self.0
                .push_str(&format!("{what}\n{}: {text}{errors}", output.status));
        }
    }
}

impl Drop for Unstopped {
    fn drop(&mut self) {
        assert_eq!(self.0, "");
    }
}

const TOO_LARGE: &str =
    "stack.yaml.j2:1:1: error[render-failed]: a value is larger than 4194304 bytes";
const TOO_DEEP: &str = "stack.yaml.j2:1:1: error[render-failed]: a value has more than 64 lists and maps inside each other";
const NO_FUEL: &str = "stack.yaml.j2:1:1: error[render-failed]: more than 500000 steps of work";
const RECURSION: &str = "stack.yaml.j2:1:1: error[render-failed]: recursion limit exceeded";

/// A value that holds a million million others: `x` doubled by `doubling`, and then used.
fn doubled(doubling: &str, used: &str) -> String {
    format!("{{% set x = [1] %}}{}{used}", doubling.repeat(40))
}

#[test]
fn attack_values_that_double() {
    let mut unstopped = Unstopped::default();
    let nest = "{% set x = [x, x] %}";
    for (doubling, used, reason) in [
        ("{% set x = x + x %}", "{{ x }}", NO_FUEL),
        ("{% set x = x|chain(x, x) %}", "{{ x|length }}", TOO_LARGE),
        ("{% set x = x|zip(x, x) %}", "{{ x }}", TOO_LARGE),
        ("{% set x = (x, x) %}", "{{ x }}", TOO_LARGE),
        ("{% set x = {'a': x, 'b': x} %}", "{{ x }}", TOO_LARGE),
        ("{% set x = dict({'a': x}, b=x) %}", "{{ x }}", TOO_LARGE),
        (
            "{% set x | list | chain(x, x) %}a{% endset %}",
            "{{ x|length }}",
            TOO_LARGE,
        ),
        (
            "{% set x %}{{ x }}{{ x }}{% endset %}",
            "{{ x }}",
            TOO_LARGE,
        ),
        ("{% set x = x ~ x %}", "{{ x }}", NO_FUEL),
        (nest, "{{ x }}", TOO_LARGE),
        (nest, "{{ x ~ '' }}", TOO_LARGE),
        (nest, "{{ x|tojson }}", TOO_LARGE),
        (nest, "{{ x|pprint }}", TOO_LARGE),
        (nest, "{{ [x]|map('string')|list }}", TOO_LARGE),
        (nest, "{{ {x: 1} }}", TOO_LARGE),
        (nest, "{{ {}[x] }}", TOO_LARGE),
        (nest, "{{ [x, [x]]|sort }}", TOO_LARGE),
        (nest, "{{ [x, [x]]|unique|length }}", TOO_LARGE),
        (nest, "{{ 'a'|replace('a', x) }}", TOO_LARGE),
        (nest, "{{ '%s'|format(x) }}", TOO_LARGE),
        (nest, "{{ [x]|join(x) }}", TOO_LARGE),
        (nest, "{{ x is in [[x]] }}", TOO_LARGE),
        (nest, "{% set y = [[x]] %}{{ x < y or x in y }}", TOO_LARGE),
        (
            nest,
            "{% for i in [x] %}{{ loop.changed(i) }}{% endfor %}",
            TOO_LARGE,
        ),
        (
            nest,
            "{% autoescape false %}{{ x }}{% endautoescape %}",
            TOO_LARGE,
        ),
    ] {
        let output = render(MANIFEST, &doubled(doubling, used));
        unstopped.check(&output, &format!("{doubling} {used}"), reason);
    }
}

#[test]
fn attack_operators_and_filters_that_multiply() {
    let mut unstopped = Unstopped::default();
    let small = "{% set x = [1] %}{% set y = [1] %}";
    let nested = "{% set x = [x, x] %}{% set y = [y, y] %}".repeat(15);
    let compared =
        format!("{small}{nested}{{% for i in range(100000) %}}{{{{ x == y }}}}{{% endfor %}}");
    for (template, reason) in [
        ("{{ [1] * 100000000 }}", TOO_LARGE),
        ("{{ [1] * 100000000 == [2] * 100000000 }}", TOO_LARGE),
        ("{{ 2 in [1] * 100000000 }}", TOO_LARGE),
        ("{{ range(*[1] * 100000000) }}", TOO_LARGE),
        ("{{ 'x' * 100000000 }}", NO_FUEL),
        ("{{ ('x' * 100000)|replace('x', 'y' * 100000) }}", NO_FUEL),
        ("{{ ([1] * 100000)|join('x' * 100000) }}", NO_FUEL),
        (
            "{{ ('a' * 100000)|indent(100000, true, true)|length }}{{ ('\\n' * 100000)|indent(100000) }}",
            NO_FUEL,
        ),
        ("{{ '%100000000d'|format(1) }}", NO_FUEL),
        ("{{ [1]|batch(100000000, 'x') }}", NO_FUEL),
        ("{{ [1]|slice(100000000) }}", NO_FUEL),
        ("{{ ('a' * 10000000)|split('') }}", NO_FUEL),
        (
            "{% filter replace('a', 'b' * 1000000) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfilter %}",
            NO_FUEL,
        ),
        (
            "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
            NO_FUEL,
        ),
        (
            "{% set x = ['a' * 1000] * 1000 %}{% for i in range(1000) %}{% set y = x ~ '' %}{% endfor %}",
            NO_FUEL,
        ),
        (&compared, NO_FUEL),
    ] {
        unstopped.check(&render(MANIFEST, template), template, reason);
    }
}

#[test]
fn attack_values_and_calls_that_nest() {
    let mut unstopped = Unstopped::default();
    let chain = format!("{{{{ 1{} }}}}", "~1".repeat(40_000));
    let batches = format!(
        "{{% set x = [1] %}}{}{{{{ x }}}}",
        "{% set x = x|batch(1) %}".repeat(4_000)
    );
    let depth = "more than 200 operators in an expression in line 1";
    let slices = "{% set n = namespace(x=[1] * 100000) %}{% for i in range(100000) %}{% set n.x = n.x[:] %}{% endfor %}";
    for (template, reason) in [
        (
            "{% set n = namespace(x=1) %}{% for i in range(100000) %}{% set n.x = [n.x] %}{% endfor %}",
            TOO_DEEP,
        ),
        (
            "{% set n = namespace() %}{% set n.x = n %}{% set n.y = n %}{{ n }}",
            TOO_DEEP,
        ),
        (&batches, TOO_DEEP),
        (slices, NO_FUEL),
        (
            "{% include 'stack.yaml.j2' %}{% include 'stack.yaml.j2' %}",
            RECURSION,
        ),
        (
            "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
            RECURSION,
        ),
        (
            "{% macro f(x) %}{{ f([x, x]) }}{% endmacro %}{{ f([1]) }}",
            TOO_LARGE,
        ),
        (
            "{% for x in [1] recursive %}{{ loop([1, 2]) }}{% endfor %}",
            RECURSION,
        ),
        ("{% import 'stack.yaml.j2' as a %}", RECURSION),
        (&chain, depth),
    ] {
        unstopped.check(&render(MANIFEST, template), template, reason);
    }
}

#[test]
fn attack_output_without_end() {
    let mut unstopped = Unstopped::default();
    let template = format!(
        "{{% for i in range(30) %}}{}{{% endfor %}}",
        "x".repeat(100_000)
    );
    let output = render(MANIFEST, &template);
    unstopped.check(
        &output,
        "raw text",
        "stack.yaml.j2: error[render-failed]: the output is larger than 2097152 bytes",
    );
}

#[test]
fn attack_expressions_of_a_manifest() {
    let mut unstopped = Unstopped::default();
    let stack = |expression: &str| {
        MANIFEST.replace(
            "stack: names.config ~ '-stack'",
            &format!("stack: {expression}"),
        )
    };
    let many: String = (0..600).map(|n| format!("x{n}: queue.name, ")).collect();
    for (manifest, reason) in [
        (
            stack("\"[1] * 100000000\""),
            "`names.stack`: a value is larger than 4194304 bytes",
        ),
        (
            stack("\"'x' * 100000000\""),
            "`names.stack`: more than 500000 steps of work",
        ),
        (
            stack("\"[[1] * 100000] * 100000\""),
            "`names.stack`: a value is larger than 4194304 bytes",
        ),
        (
            stack(&format!("\"1{}\"", "+1".repeat(20_000))),
            "more than 200 operators in an expression in line 1",
        ),
        (
            MANIFEST.replace("config:", &format!("{many}config:")),
            "more than 500 expressions",
        ),
    ] {
        unstopped.check(&render(&manifest, "a: b\n"), &manifest[..200], reason);
    }
    let rule = "rules:\n  - {code: queue-x, at: queue.name, when: \"true\", message: \"{% for i in range(100000) %}{{ i }}{{ i }}{% endfor %}\"}\n";
    let output = render(&format!("{MANIFEST}{rule}"), "a: b\n");
    unstopped.check(
        &output,
        rule,
        "error[product-invalid]: `rules[].message`: more than 500000 steps of work",
    );
}

/// Each expression stays within its own limit.
#[test]
fn attack_many_expressions_that_each_stay_within_the_limit() {
    let mut unstopped = Unstopped::default();
    let reason = "more than 10000000 steps of work for one config";
    let work = "range(90000)|list|length";
    let names: String = (0..480).map(|n| format!(", n{n}: '{work}'")).collect();
    let many = MANIFEST.replace("~ '-stack'}", &format!("~ '-stack'{names}}}"));
    unstopped.check(&render(&many, "{}"), "names", reason);
    let rule = |n| {
        format!(
            "- {{code: queue-rule-{n}, at: queue, when: '{work} == 0', message: No., severity: error}}\n"
        )
    };
    let rules: String = (0..480).map(rule).collect();
    let many = format!("{MANIFEST}rules:\n{rules}");
    unstopped.check(&render(&many, "{}"), "rules", reason);

    // A few of them are allowed.
    let names: String = (0..20).map(|n| format!(", n{n}: '{work}'")).collect();
    let few = MANIFEST.replace("~ '-stack'}", &format!("~ '-stack'{names}}}"));
    let output = render(&few, "Resources: {Q: {Type: 'AWS::SQS::Queue'}}\n");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
}
