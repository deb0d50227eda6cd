//! The order in which problems are shown where only some have room.

use std::collections::BTreeMap;

use super::{Code, Diagnostic};

/// Errors before warnings, otherwise in the given order.
pub fn errors_first<'a>(all: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<&'a Diagnostic> {
    let mut all: Vec<&Diagnostic> = all.into_iter().collect();
    all.sort_by_key(|one| !one.is_error());
    all
}

/// Errors before warnings, and of each the problems of one code together, the rarest code first.
pub fn by_code<'a>(all: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<Vec<&'a Diagnostic>> {
    let mut codes: BTreeMap<(bool, &Code), Vec<&Diagnostic>> = BTreeMap::new();
    for one in all {
        codes
            .entry((!one.is_error(), &one.code))
            .or_default()
            .push(one);
    }
    let mut codes: Vec<_> = codes.into_iter().collect();
    codes.sort_by_key(|((is_warning, _), problems)| (*is_warning, problems.len()));
    codes.into_iter().map(|(_, problems)| problems).collect()
}

/// Errors before warnings, and of each one problem of each code before a second one of any, the rarest code first.
pub fn rare_first<'a>(all: impl IntoIterator<Item = &'a Diagnostic>) -> Vec<&'a Diagnostic> {
    let codes = by_code(all).into_iter();
    let places = codes.flat_map(|problems| problems.into_iter().enumerate());
    let mut places: Vec<(usize, &Diagnostic)> = places.collect();
    places.sort_by_key(|(place, one)| (!one.is_error(), *place));
    places.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;
    use crate::model::RepoPath;

    #[test]
    fn a_rare_problem_is_not_behind_hundreds_of_another_code() {
        let path = RepoPath::typed("a.yaml");
        let warning = |code, text: &str| {
            Diagnostic::error(code, &path, text).with_severity(Severity::Warning)
        };
        let common = warning(Code::UpdateNotAllowed, "x");
        let mut all = vec![common; 20];
        all.push(warning(Code::StackLeftBehind, "lost"));
        all.push(Diagnostic::error(Code::UnknownKey, &path, "wrong"));
        let messages = |shown: Vec<&Diagnostic>| -> Vec<String> {
            let shown = shown.into_iter().take(4);
            shown.map(|one| one.message.clone()).collect()
        };
        assert_eq!(messages(rare_first(&all)), ["wrong", "lost", "x", "x"]);
        assert_eq!(messages(errors_first(&all)), ["wrong", "x", "x", "x"]);
        let sizes: Vec<usize> = by_code(&all).iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 1, 20]);
    }
}
