//! The accounts of a job, where several jobs share the accounts of an environment.

use globset::{Glob, GlobMatcher};

/// Accounts, or all.
#[derive(Clone, Debug, Default)]
pub struct JobAccounts(Vec<GlobMatcher>);

impl JobAccounts {
    /// Account ids, in which `*` stands for any digits, between white space or commas. An empty text means all accounts.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',');
        let words = words.filter(|word| !word.is_empty());
        let accounts = words.map(|word| {
            let is_id = word.chars().all(|c| c.is_ascii_digit() || c == '*');
            let fits = word.len() == 12 || word.contains('*') && word.len() < 12;
            anyhow::ensure!(
                is_id && fits,
                "`accounts` (PROVISIONER_ACCOUNTS) has {word:?}; write ids of 12 digits, or parts of them such as 12*"
            );
            Ok(Glob::new(word)?.compile_matcher())
        });
        let accounts: Vec<GlobMatcher> = accounts.collect::<anyhow::Result<_>>()?;
        // Nothing is left out, so the job is the same as one without the input.
        let is_all = accounts.iter().any(|own| own.glob().glob() == "*");
        Ok(Self(if is_all { Vec::new() } else { accounts }))
    }

    pub fn contains(&self, account: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|own| own.is_match(account))
    }

    /// As the workflow gives them; empty for all.
    pub fn patterns(&self) -> Vec<String> {
        let patterns = self.0.iter().map(|own| own.glob().glob().to_owned());
        patterns.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_selects_accounts() {
        for (text, selected) in [
            ("", &["123456789012", "210987654321"][..]),
            ("123456789012", &["123456789012"]),
            ("1*, *2\n999999999999", &["123456789012"]),
            ("2*", &["210987654321"]),
            ("*", &["123456789012", "210987654321"]),
        ] {
            let accounts = JobAccounts::parse(text).unwrap();
            let all = ["123456789012", "210987654321"];
            let found: Vec<&str> = all.into_iter().filter(|it| accounts.contains(it)).collect();
            assert_eq!(found, selected, "{text:?}");
        }
    }

    #[test]
    fn a_pattern_that_no_account_has_is_an_error() {
        for text in [
            "prod",
            "12345678901",
            "1234567890123",
            "{1*,2*}",
            "[12]*",
            "12?",
            "1234567890123*",
        ] {
            assert!(JobAccounts::parse(text).is_err(), "{text}");
        }
    }
}
