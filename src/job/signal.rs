//! Signals that end the process.

use crate::cloud::CancellationToken;

/// Cancels the run on the first Ctrl-C or SIGTERM, so that it can clean up. Ctrl-C after that ends the process. SIGTERM does not: a
/// runner sends it while the cleanup that its SIGINT started is still running, and kills the process later anyway.
///
/// Listens as soon as it returns.
pub fn cancel_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupts = signal(SignalKind::interrupt());
        let terminations = signal(SignalKind::terminate());
        if let (Ok(mut interrupts), Ok(mut terminations)) = (interrupts, terminations) {
            let on_signal = stop.clone();
            tokio::spawn(async move {
                tokio::select! {
                    // Of two signals at the same time, SIGTERM is the one that does not count.
                    biased;
                    _ = interrupts.recv() => {}
                    _ = terminations.recv() => {}
                }
                cancel(&on_signal);
                interrupts.recv().await;
                end();
            });
        }
    }
    #[cfg(not(unix))]
    {
        let on_signal = stop.clone();
        tokio::spawn(async move {
            let _ = tokio::signal::ctrl_c().await;
            cancel(&on_signal);
            let _ = tokio::signal::ctrl_c().await;
            end();
        });
    }
    stop
}

fn cancel(stop: &CancellationToken) {
    log::info!("note: the run ends after it has cleaned up; Ctrl-C ends it at once");
    stop.cancel();
}

fn end() {
    #[expect(clippy::exit, reason = "the second signal ends the run at once")]
    std::process::exit(crate::exit::Exit::Interrupted as i32);
}
