//! Texts within the limits of CI systems.

use std::borrow::Cow;

use crate::report::run_summary;

/// Markdown in at most `room` bytes. A character has at most four.
pub fn fit_bytes(markdown: &str, room: usize) -> Cow<'_, str> {
    match markdown.len() <= room {
        true => markdown.into(),
        false => run_summary(vec![markdown.to_owned()], None, room / 4).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_fitted_by_bytes() {
        let wide = "一二三四五六七八九十 <details>\n\n".repeat(40_000);
        let room = 1 << 20;
        assert!(wide.len() > room && wide.chars().count() < room);
        let fitted = fit_bytes(&wide, room);
        assert!(fitted.len() <= room, "{}", fitted.len());
        assert!(fitted.contains("The rest is in the job's report."));
        assert_eq!(fit_bytes("short\n", 6), "short\n");
        assert!(fit_bytes("# too long\n", 3).len() <= 3);
    }
}
