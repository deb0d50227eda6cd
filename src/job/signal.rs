//! Signals that end the process.

use crate::cloud::CancellationToken;
use crate::exit::Exit;

/// The first Ctrl-C or SIGTERM lets the run clean up; the second ends the process.
pub fn cancel_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let on_signal = stop.clone();
    tokio::spawn(async move {
        interrupted().await;
        log::info!("note: the run ends after it has cleaned up; once more ends it at once");
        on_signal.cancel();
        interrupted().await;
        #[expect(clippy::exit, reason = "the second signal ends the run at once")]
        std::process::exit(Exit::Interrupted as i32);
    });
    stop
}

async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
