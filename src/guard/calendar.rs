//! When an environment may change: its windows and freezes.

use std::fmt;

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _, Zoned};
use serde::{Deserialize, Serialize};

use crate::text::did_you_mean;

/// Openings that are tried until one is outside of every freeze.
const MAX_TRIES: usize = 200;
/// A window opens at least once within these days.
const WEEK: i8 = 8;

/// A recurring time in which stacks may change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "WindowText")]
pub struct Window {
    /// Days on which it begins.
    days: Vec<Weekday>,
    from: Time,
    /// At or before `from`: on the next day.
    to: Time,
    zone: TimeZone,
}

/// A time in which no stack may change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "FreezeText")]
pub struct Freeze {
    from: Zoned,
    /// The first moment after it.
    to: Zoned,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowText {
    /// Absent: every day.
    days: Option<Vec<String>>,
    from: String,
    to: String,
    zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FreezeText {
    from: String,
    to: String,
    zone: Option<String>,
    reason: String,
}

/// What is wrong with a window or a freeze: the key, and the message.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` {message}")]
pub(super) struct TimeFault {
    pub(super) key: &'static str,
    pub(super) message: String,
}

/// Why nothing may change at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedTime {
    pub why: ClosedReason,
    /// When it opens; `None` if that is more than some months away.
    pub opens: Option<String>,
}

/// What closes an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "closed", rename_all = "kebab-case")]
pub enum ClosedReason {
    /// Until a time, for a reason of the policy.
    Frozen {
        until: String,
        reason: String,
    },
    /// The present time.
    OutsideWindows {
        now: String,
    },
    UnknownTime,
}

impl fmt::Display for ClosedReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frozen { until, reason } => write!(out, "frozen until {until}: {reason}"),
            Self::OutsideWindows { now } => write!(out, "outside its windows; it is {now}"),
            Self::UnknownTime => out.write_str("not known to be open: the time is not known"),
        }
    }
}

/// Why nothing may change now; `None` if something may. Without a window, every time outside of a freeze is open.
pub(super) fn closed(windows: &[Window], freezes: &[Freeze], now: Timestamp) -> Option<ClosedTime> {
    let frozen = freezes.iter().find(|freeze| freeze.contains(now));
    let zone = windows.first().map(|window| &window.zone);
    let why = match (frozen, zone) {
        (Some(freeze), _) => ClosedReason::Frozen {
            until: shown(&freeze.to),
            reason: freeze.reason.clone(),
        },
        (None, Some(zone)) if !is_open(windows, now) => {
            let now = shown(&now.to_zoned(zone.clone()));
            ClosedReason::OutsideWindows { now }
        }
        _ => return None,
    };
    let opens = next_opening(windows, freezes, now).map(|opens| shown(&opens));
    Some(ClosedTime { why, opens })
}

/// The first time from `now` on at which stacks may change.
fn next_opening(windows: &[Window], freezes: &[Freeze], now: Timestamp) -> Option<Zoned> {
    let mut at = now.to_zoned(TimeZone::UTC);
    for _ in 0..MAX_TRIES {
        let time = at.timestamp();
        if let Some(freeze) = freezes.iter().find(|freeze| freeze.contains(time)) {
            at = freeze.to.clone();
        } else if windows.is_empty() || is_open(windows, time) {
            let window = windows.iter().find(|window| window.contains(time));
            return Some(match window {
                Some(window) => at.with_time_zone(window.zone.clone()),
                None => at,
            });
        } else {
            let openings = windows.iter().filter_map(|window| window.opens_after(time));
            at = openings.min_by_key(Zoned::timestamp)?;
        }
    }
    None
}

fn is_open(windows: &[Window], at: Timestamp) -> bool {
    windows.iter().any(|window| window.contains(at))
}

impl Window {
    fn contains(&self, at: Timestamp) -> bool {
        self.spans(at)
            .any(|(from, to)| from.timestamp() <= at && at < to.timestamp())
    }

    /// Whether it is open at every time at which another one is. Windows of other zones, or of which only several together are open, do
    /// not count.
    pub(super) fn contains_window(&self, other: &Self) -> bool {
        let ends = |window: &Self| {
            let minutes = |time: Time| i32::from(time.hour()) * 60 + i32::from(time.minute());
            let (from, to) = (minutes(window.from), minutes(window.to));
            [from, if to <= from { to + 24 * 60 } else { to }]
        };
        let [from, to] = ends(self);
        let [other_from, other_to] = ends(other);
        self.zone == other.zone
            && other.days.iter().all(|day| self.days.contains(day))
            && from <= other_from
            && other_to <= to
    }

    fn opens_after(&self, at: Timestamp) -> Option<Zoned> {
        let openings = self.spans(at).map(|(from, _)| from);
        openings
            .filter(|from| from.timestamp() > at)
            .min_by_key(Zoned::timestamp)
    }

    /// The times in which it is open, from the day before to a week later.
    fn spans(&self, at: Timestamp) -> impl Iterator<Item = (Zoned, Zoned)> {
        let day = at.to_zoned(self.zone.clone()).date();
        let days = (-1..=WEEK).filter_map(move |offset| day.checked_add(days(offset)).ok());
        days.filter(|day| self.days.contains(&day.weekday()))
            .filter_map(|day| {
                let last = match self.to <= self.from {
                    true => day.tomorrow().ok()?,
                    false => day,
                };
                // In an hour that a clock repeats or skips, a window is the shorter one.
                let from = reading(&self.zone, day.to_datetime(self.from), true).ok()?;
                let to = reading(&self.zone, last.to_datetime(self.to), false).ok()?;
                Some((from, to)).filter(|(from, to)| from < to)
            })
    }
}

fn days(count: i8) -> Span {
    i64::from(count).days()
}

impl Freeze {
    /// Whether it holds at every time at which another one does.
    pub(super) fn contains_freeze(&self, other: &Self) -> bool {
        self.from.timestamp() <= other.from.timestamp()
            && other.to.timestamp() <= self.to.timestamp()
    }

    fn contains(&self, at: Timestamp) -> bool {
        self.from.timestamp() <= at && at < self.to.timestamp()
    }
}

/// A time with its zone, in minutes.
fn shown(time: &Zoned) -> String {
    let zone = time.time_zone().iana_name().unwrap_or("UTC");
    // In an hour that the clock repeats, only the offset says which one is meant.
    let is_repeated = time
        .time_zone()
        .to_ambiguous_zoned(time.datetime())
        .is_ambiguous();
    let format = match is_repeated {
        true => "%Y-%m-%d %H:%M %:z",
        false => "%Y-%m-%d %H:%M",
    };
    format!("{} {zone}", time.strftime(format))
}

impl TryFrom<WindowText> for Window {
    type Error = TimeFault;

    fn try_from(text: WindowText) -> Result<Self, TimeFault> {
        let time = |key, text: &str| {
            let time = Time::strptime("%H:%M", text);
            time.map_err(|_| TimeFault::new(key, format!("is `{text}`, which is no time of day")))
        };
        let days = match &text.days {
            None => ALL_DAYS.map(|(_, day)| day).to_vec(),
            Some(days) => ALL_DAYS
                .iter()
                .filter(|(name, _)| days.iter().any(|day| day == name))
                .map(|(_, day)| *day)
                .collect(),
        };
        Ok(Self {
            days,
            from: time("from", &text.from)?,
            to: time("to", &text.to)?,
            zone: zone(text.zone.as_deref())?,
        })
    }
}

const ALL_DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl TryFrom<FreezeText> for Freeze {
    type Error = TimeFault;

    fn try_from(text: FreezeText) -> Result<Self, TimeFault> {
        let zone = zone(text.zone.as_deref())?;
        let from = moment("from", &text.from, &zone, false)?;
        let to = moment("to", &text.to, &zone, true)?;
        if to <= from {
            let message = match text.to == text.from {
                true => format!("is `{}`, the same time as `from`", text.to),
                false => format!("is `{}`, which is before `{}`", text.to, text.from),
            };
            return Err(TimeFault::new("to", message));
        }
        Ok(Self {
            from,
            to,
            reason: text.reason,
        })
    }
}

/// A date, or a date with a time. `ends`: a date stands for the end of its day.
fn moment(key: &'static str, text: &str, zone: &TimeZone, ends: bool) -> Result<Zoned, TimeFault> {
    let fault = || TimeFault::new(key, format!("is `{text}`, which is no date"));
    let time: DateTime = text.parse().map_err(|_| fault())?;
    let time = match ends && !text.contains('T') {
        true => time.tomorrow().map_err(|_| fault())?,
        false => time,
    };
    // In an hour that a clock repeats or skips, a freeze is the longer one.
    reading(zone, time, ends).map_err(|_| fault())
}

/// The moment of a local time. Of an hour that a clock repeats or skips, `late` is the later reading.
fn reading(zone: &TimeZone, time: DateTime, late: bool) -> Result<Zoned, jiff::Error> {
    let moment = zone.to_ambiguous_zoned(time);
    match late {
        true => moment.later(),
        false => moment.earlier(),
    }
}

/// UTC unless the file names another one. Short names such as `EST` have no summer time, and `Etc/GMT-1` is east of Greenwich:
/// people who write one seldom mean it.
fn zone(name: Option<&str>) -> Result<TimeZone, TimeFault> {
    let Some(name) = name else {
        return Ok(TimeZone::UTC);
    };
    let is_place = name.contains('/') && !name.to_ascii_lowercase().starts_with("etc/");
    let zone = (is_place || name == "UTC").then(|| TimeZone::get(name).ok());
    zone.flatten().ok_or_else(|| {
        let names = jiff::tz::db().available();
        let names: Vec<String> = names.map(|name| name.to_string()).collect();
        let places = names.iter().map(String::as_str);
        let advice = match did_you_mean(name, places.filter(|name| name.contains('/'))) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "write UTC, or a name such as Europe/Berlin or America/New_York".to_owned(),
        };
        let message = format!("is `{name}`, which is no time zone of a place; {advice}");
        TimeFault::new("zone", message)
    })
}

impl TimeFault {
    fn new(key: &'static str, message: String) -> Self {
        Self { key, message }
    }
}
