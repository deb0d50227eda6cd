//! `doctor`: what this job or this laptop can do. Nothing is changed; what cannot be proven without a change is said not to be.

mod code_owners;
mod diagnosis;
mod facts;
mod job;
mod laptop;
mod roles;
mod scope;
mod token;

use crate::ci;
use crate::exit::Exit;
use crate::report::doctor_markdown;

pub use diagnosis::Diagnosis;

/// Checks everything that this job, or this laptop, may do. Changes nothing.
pub fn diagnose(configs: &[String]) -> Result<Diagnosis, (anyhow::Error, Exit)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| (error.into(), Exit::Internal))?;
    let mut diagnosis = Diagnosis::default();
    if !ci::in_job() {
        runtime.block_on(laptop::check_laptop(&mut diagnosis, configs));
        return Ok(diagnosis);
    }
    let environment = ci::read_environment().map_err(|error| (error, Exit::Usage))?;
    runtime.block_on(job::check_job(&mut diagnosis, &environment));
    if let Err(error) = ci::summary(&doctor_markdown(&diagnosis.findings)) {
        log::warn!("job summary: {error}");
    }
    Ok(diagnosis)
}
