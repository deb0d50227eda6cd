//! Collapsible sections of the job log. <https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections>

use jiff::Timestamp;

use crate::text::escape_invisible;

/// Text in a section that is collapsed at first. The text can hold no control character, and so no marker and no color.
pub fn section(name: &str, title: &str, text: &str, at: Timestamp) -> String {
    let (time, text) = (at.as_second(), escape_invisible(text, true));
    let text = text.trim_end();
    format!(
        "\u{1b}[0Ksection_start:{time}:{name}[collapsed=true]\r\u{1b}[0K{title}\n{text}\n\
         \u{1b}[0Ksection_end:{time}:{name}\r\u{1b}[0K\n"
    )
}
