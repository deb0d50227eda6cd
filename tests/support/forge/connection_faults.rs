//! Connections that a test can cut, which no HTTP library offers.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cut {
    Never,
    /// Sends no further byte.
    Now,
    /// Sends the head of the next answer and half of its body.
    MidBody,
}

/// A handler's control of its own connection.
#[derive(Clone, Debug, Default)]
pub struct ConnectionFault(Arc<AtomicU8>);

impl ConnectionFault {
    pub fn set(&self, cut: Cut) {
        self.0.store(cut as u8, Ordering::SeqCst);
    }

    fn is(&self, cut: Cut) -> bool {
        self.0.load(Ordering::SeqCst) == cut as u8
    }
}

pub struct FaultyListener(pub TcpListener);

impl Listener for FaultyListener {
    type Io = FaultyStream;
    type Addr = ConnectionFault;

    async fn accept(&mut self) -> (FaultyStream, ConnectionFault) {
        loop {
            if let Ok((stream, _)) = self.0.accept().await {
                let connection_fault = ConnectionFault::default();
                return (
                    FaultyStream {
                        stream,
                        connection_fault: connection_fault.clone(),
                    },
                    connection_fault,
                );
            }
            // Out of file descriptors, for example: let the open connections end first.
            tokio::task::yield_now().await;
        }
    }

    fn local_addr(&self) -> io::Result<ConnectionFault> {
        Ok(ConnectionFault::default())
    }
}

impl Connected<IncomingStream<'_, FaultyListener>> for ConnectionFault {
    fn connect_info(stream: IncomingStream<'_, FaultyListener>) -> Self {
        stream.remote_addr().clone()
    }
}

pub struct FaultyStream {
    stream: TcpStream,
    connection_fault: ConnectionFault,
}

impl AsyncRead for FaultyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for FaultyStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.connection_fault.is(Cut::Now) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if !self.connection_fault.is(Cut::MidBody) {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        }
        let head = bytes
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .map_or(0, |at| at + 4);
        let body = bytes.len() - head;
        let written = Pin::new(&mut self.stream).poll_write(context, &bytes[..head + body / 2]);
        if body > 0 {
            self.connection_fault.set(Cut::Now);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
