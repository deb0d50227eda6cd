//! A fake's server on a loopback port.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::thread::JoinHandle;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::forge::connection_faults::{ConnectionFault, FaultyListener};

pub struct Loopback {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Serves from its own thread, so that a test without a runtime can use it, and a test with a single-threaded one can block on
    /// a child process.
    pub fn start(router: Router) -> Self {
        let listener = StdListener::bind("127.0.0.1:0").expect("a free loopback port");
        Self::on(listener, router)
    }

    /// The address is known before the router exists.
    pub fn on(listener: StdListener, router: Router) -> Self {
        listener
            .set_nonblocking(true)
            .expect("a listener can be made non-blocking");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime for the fake")
                .block_on(async move {
                    let listener = TcpListener::from_std(listener).expect("the listener is usable");
                    let service = router.into_make_service_with_connect_info::<ConnectionFault>();
                    let server = axum::serve(FaultyListener(listener), service).into_future();
                    // No graceful shutdown: a client that keeps its connection open must not block the test.
                    tokio::select! {
                        _ = server => {}
                        _ = stopped => {}
                    }
                });
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
