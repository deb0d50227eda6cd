//! Amounts of money, without rounding.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Digits behind the point.
const SCALE: usize = 6;
const ONE: u64 = 1_000_000;

/// US dollars, exact to a millionth. Written with at least two digits behind the point.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Money(u64);

impl Money {
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Money {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "an amount is digits, such as 0.0036, with at most 6 behind the point";
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() > SCALE || !is_number(whole) || !is_number(part) {
            return Err(WRONG);
        }
        let whole: u64 = whole.parse().map_err(|_| WRONG)?;
        let part: u64 = format!("{part:0<SCALE$}").parse().map_err(|_| WRONG)?;
        let whole = whole.checked_mul(ONE).ok_or(WRONG)?;
        Ok(Self(whole.saturating_add(part)))
    }
}

impl TryFrom<String> for Money {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.to_string()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:0SCALE$}", self.0 % ONE);
        let part = part.trim_end_matches('0');
        write!(f, "{}.{part:0<2}", self.0 / ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (written, shown) in [
            ("0", "0.00"),
            ("3", "3.00"),
            ("0.10", "0.10"),
            ("0.0036", "0.0036"),
            ("32.85", "32.85"),
            ("1200.5", "1200.50"),
        ] {
            assert_eq!(written.parse::<Money>().unwrap().to_string(), shown);
        }
        for wrong in ["", ".5", "-1", "1e3", "0.0000001", "a", "1.-5"] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
        let hourly: Money = "0.045".parse().unwrap();
        assert_eq!(hourly.times(730).to_string(), "32.85");
    }
}
