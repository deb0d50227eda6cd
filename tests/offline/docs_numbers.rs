//! Limits in the pages are those of the code.
#![expect(clippy::disallowed_methods, reason = "pages and code are files")]

use std::path::Path;

/// A page, a sentence with `{}` for the number, and the constant: its file and its name.
const NUMBERS: &[(&str, &str, &str, &str)] = &[
    (
        "check.md",
        "| comment | {} characters",
        "src/cli/check.rs",
        "MAX_PAGE_CHARS",
    ),
    (
        "check.md",
        "100 resources, 30 problems, {} characters of diff",
        "src/report/folded_diff.rs",
        "MAX_DIFF_CHARS",
    ),
    (
        "check.md",
        "| one config | {} changed keys",
        "src/report/check_section.rs",
        "MAX_ROWS",
    ),
    (
        "check.md",
        "{} problems, 12,000 characters",
        "src/report/check_section.rs",
        "MAX_PROBLEMS",
    ),
    (
        "check.md",
        "| rendered template | {} for a diff",
        "src/diff.rs",
        "MAX_BYTES",
    ),
    (
        "check.md",
        "| annotations | {} errors and",
        "src/ci/github/annotation.rs",
        "MAX_PER_LEVEL",
    ),
    (
        "check.md",
        "| config file | {} |",
        "src/config/parse.rs",
        "MAX_BYTES",
    ),
    (
        "check.md",
        "| files and folders that one search reads | {} |",
        "src/forge/git/walk.rs",
        "MAX_ITEMS",
    ),
    (
        "check.md",
        "GitHub lists {} files at most",
        "src/forge/github/pull_requests.rs",
        "MAX_FILES",
    ),
    (
        "check.md",
        "at most {} such files",
        "src/change/selection.rs",
        "MAX_SEARCHED",
    ),
    (
        "check.md",
        "stops after {}, and",
        "src/change/selection.rs",
        "MAX_SEARCHED_BYTES",
    ),
    (
        "commands.md",
        "A comment has at most {} characters",
        "src/command/grammar.rs",
        "MAX_CHARACTERS",
    ),
    (
        "diagnostics.md",
        "The file is larger than {}.",
        "src/config/parse.rs",
        "MAX_BYTES",
    ),
    (
        "products.md",
        "A file of the product has at most {}.",
        "src/product/bounds.rs",
        "MAX_FILE_BYTES",
    ),
    (
        "products.md",
        "| {} in one value |",
        "src/product/limits.rs",
        "MAX_VALUE_BYTES",
    ),
    (
        "products.md",
        "| {} of output |",
        "src/product/limits.rs",
        "MAX_OUTPUT_BYTES",
    ),
    (
        "products.md",
        "| {} expressions in a manifest |",
        "src/product/limits.rs",
        "MAX_EXPRESSIONS",
    ),
    (
        "products.md",
        "| {} items of `folders.each` |",
        "src/product/limits.rs",
        "MAX_FOLDER_ITEMS",
    ),
    (
        "products.md",
        "| {} nested lists and maps |",
        "src/product/limits.rs",
        "MAX_NESTING",
    ),
    (
        "products.md",
        "| {} nested operators",
        "src/product/operands.rs",
        "MAX_DEPTH",
    ),
    (
        "roles.md",
        "the {} bytes that CloudFormation takes",
        "src/cli/roles.rs",
        "MAX_TEMPLATE",
    ),
    (
        "threats.md",
        "{} levels and",
        "src/config/general.rs",
        "MAX_DEPTH",
    ),
    (
        "threats.md",
        "and {} values after aliases",
        "src/config/general.rs",
        "MAX_NODES",
    ),
];

/// The value of an integer constant: a number, a product or a shift.
fn value(source: &str, name: &str) -> u64 {
    let start = format!("const {name}: ");
    let (_, rest) = source
        .split_once(&start)
        .unwrap_or_else(|| panic!("{name}"));
    let (_, expression) = rest.split_once(" = ").unwrap();
    let expression = expression.split(';').next().unwrap().replace('_', "");
    let number = |text: &str| text.trim().parse::<u64>().unwrap();
    match expression.split_once("<<") {
        Some((value, bits)) => number(value) << number(bits),
        None => expression.split('*').map(number).product(),
    }
}

/// With commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The forms in which a page may write a number.
fn forms(number: u64) -> Vec<String> {
    let mut forms = vec![grouped(number)];
    for (unit, name) in [(1 << 10, "KiB"), (1 << 20, "MiB")] {
        if number > 0 && number.is_multiple_of(unit) {
            forms.push(format!("{} {name}", grouped(number / unit)));
        }
    }
    forms
}

#[test]
fn limits_in_pages_are_those_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: String| {
        let text = std::fs::read_to_string(root.join(&path));
        text.unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let mut wrong = Vec::new();
    for (page, sentence, file, name) in NUMBERS {
        let page_text = read(format!("docs/{page}")).replace('\n', " ");
        let forms = forms(value(&read((*file).to_owned()), name));
        let has = |form: &String| page_text.contains(&sentence.replace("{}", form));
        if !forms.iter().any(has) {
            wrong.push(format!("{page}: {sentence}: {forms:?}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn constants_are_read() {
    let source = "const A: usize = 1 << 20;\npub const B: u64 = 512 * 1_024;\nconst C: u8 = 1_0;\n";
    assert_eq!(
        ["A", "B", "C"].map(|name| value(source, name)),
        [1 << 20, 512 << 10, 10]
    );
    assert_eq!(forms(1 << 20), ["1,048,576", "1,024 KiB", "1 MiB"]);
}
