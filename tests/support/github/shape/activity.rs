//! Branch moves.

use serde_json::{Value, json};

use super::super::state::{Activity, State};
use super::{account, node_id};

/// GitHub's value for a branch that does not exist.
const NOTHING: &str = "0000000000000000000000000000000000000000";

pub fn activity(state: &State, base: &str, it: &Activity) -> Value {
    json!({
        "id": it.id,
        "node_id": node_id("Activity", it.id),
        "before": it.before.as_deref().unwrap_or(NOTHING),
        "after": it.after.as_deref().unwrap_or(NOTHING),
        "ref": format!("refs/heads/{}", it.branch),
        "timestamp": it.at,
        "activity_type": it.kind,
        "actor": account(state, base, it.actor),
    })
}
