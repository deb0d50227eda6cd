//! Runs cases of a test in parallel.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Runs `work` for each item, several at a time, because it mostly waits for a server.
pub fn each<T: Sync, R: Send>(of: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(one) = of.get(at)
                {
                    let result = work(one);
                    let mut run = run.lock().unwrap_or_else(PoisonError::into_inner);
                    run.push((at, result));
                }
            });
        }
    });
    let mut run = run.into_inner().unwrap_or_else(PoisonError::into_inner);
    run.sort_by_key(|(at, _)| *at);
    run.into_iter().map(|(_, result)| result).collect()
}
