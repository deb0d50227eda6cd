//! Workflows for GitHub Enterprise Server, which has no hosted runners and lacks features of github.com.

/// What a line of a workflow begins with, if an Enterprise Server does not know it. An unknown key makes the whole file invalid.
/// <https://docs.github.com/en/enterprise-server/actions/reference/workflows-and-actions/workflow-syntax>
const UNKNOWN: [&str; 3] = ["queue: ", "deployment: ", "attestations: "];

/// An action that needs a service of github.com.
const ATTEST: &str = "uses: actions/attest@";

/// A job for Pages, whose actions store artifacts in a way that an Enterprise Server does not know.
const PAGES: &str = "uses: actions/upload-pages-artifact@";

const UPLOAD: &str = "uses: actions/upload-artifact@";
/// The last version that stores artifacts on an Enterprise Server. Later ones fail there.
/// <https://github.com/actions/upload-artifact#ghes-support>
const UPLOAD_OF_SERVER: &str =
    "uses: actions/upload-artifact@c24449f33cd45d4826c6702db7e49f7cdb9b551d # v3.2.1-node20";
/// An input that this version does not have: it always replaces.
const OVERWRITE: &str = "overwrite: ";

const HOSTED: &str = "runs-on: ubuntu-latest";
const SELF_HOSTED: &str = "runs-on: [self-hosted, linux, x64] # the labels of your runners";

/// The text without what an Enterprise Server lacks. Paragraphs of a workflow are steps.
pub fn for_enterprise_server(text: &str) -> String {
    let steps = text.split("\n\n");
    let steps = steps.filter(|step| !step.contains(ATTEST) && !step.contains(PAGES));
    let steps = steps.map(|step| {
        let lines = step.lines().filter(|line| is_known(line.trim_start()));
        let lines: Vec<String> = lines.map(line_of_server).collect();
        lines.join("\n")
    });
    let mut text = steps.collect::<Vec<_>>().join("\n\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn is_known(line: &str) -> bool {
    let unknown = UNKNOWN.iter().chain([&OVERWRITE]);
    !unknown.into_iter().any(|key| line.starts_with(key))
}

fn line_of_server(line: &str) -> String {
    match line.split_once(UPLOAD) {
        Some((before, _)) => format!("{before}{UPLOAD_OF_SERVER}"),
        None => line
            .replace(HOSTED, SELF_HOSTED)
            .replace(", and to sign the evidence", ""),
    }
}
