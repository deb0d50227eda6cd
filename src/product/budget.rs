//! The work of all expressions and templates of one config. Each evaluation has a limit of its own, but a product has hundreds.

use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::value::Object;
use minijinja::{Error, ErrorKind, State, Value};

use super::limits::FUEL;

/// Steps for one version of a config: names, target, rules, folders, template and policy, also if they are rendered several times.
const BUDGET: u64 = 10_000_000;
/// The variable of the scope that holds the budget. No template can name a variable with a space.
pub(super) const VARIABLE: &str = "work budget";
/// The filter around each expression that charges for its steps.
pub(super) const CHARGED: &str = "charged_steps";

/// Steps that were spent.
#[derive(Debug, Default)]
pub(super) struct WorkBudget(AtomicU64);

impl Object for WorkBudget {}

/// The value of the scope's variable, with nothing spent.
pub(super) fn unspent() -> Value {
    Value::from_object(WorkBudget::default())
}

/// The value of the variable in another scope.
pub(super) fn of_scope(scope: &Value) -> Value {
    scope.get_attr(VARIABLE).unwrap_or_default()
}

/// Runs an evaluation or rendering if the scope's budget is not spent. One that fails counts with all the steps that it may have
/// taken.
pub(super) fn within<T>(scope: &Value, run: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let budget = of_scope(scope);
    spend(&budget, 0)?;
    let result = run();
    if result.is_err() {
        // The error of this evaluation says more than that of the budget.
        let _ = spend(&budget, FUEL);
    }
    result
}

/// Charges for the steps of a state whose evaluation ends.
pub(super) fn charge(state: &State<'_, '_>) -> Result<(), Error> {
    let steps = state.fuel_levels().map_or(FUEL, |(consumed, _)| consumed);
    match state.lookup(VARIABLE) {
        Some(budget) => spend(&budget, steps),
        None => Ok(()),
    }
}

/// The filter [`CHARGED`].
pub(super) fn charged(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    charge(state)?;
    Ok(value)
}

fn spend(budget: &Value, steps: u64) -> Result<(), Error> {
    let Some(budget) = budget.downcast_object_ref::<WorkBudget>() else {
        return Ok(());
    };
    let spent = budget.0.fetch_add(steps, Ordering::Relaxed);
    if spent.saturating_add(steps) <= BUDGET {
        return Ok(());
    }
    let message = format!("more than {BUDGET} steps of work for one config");
    Err(Error::new(ErrorKind::InvalidOperation, message))
}
