//! Connections that can be cut on purpose, which no HTTP library offers.

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
    /// Not one more byte leaves.
    Now,
    /// The head of the next answer leaves, and half of its body.
    MidBody,
}

/// A handler's hold on its own connection.
#[derive(Clone, Debug, Default)]
pub struct Fuse(Arc<AtomicU8>);

impl Fuse {
    pub fn set(&self, cut: Cut) {
        self.0.store(cut as u8, Ordering::SeqCst);
    }

    fn is(&self, cut: Cut) -> bool {
        self.0.load(Ordering::SeqCst) == cut as u8
    }
}

pub struct FusedListener(pub TcpListener);

impl Listener for FusedListener {
    type Io = FusedStream;
    type Addr = Fuse;

    async fn accept(&mut self) -> (FusedStream, Fuse) {
        loop {
            if let Ok((stream, _)) = self.0.accept().await {
                let fuse = Fuse::default();
                return (
                    FusedStream {
                        stream,
                        fuse: fuse.clone(),
                    },
                    fuse,
                );
            }
            // Out of file descriptors, for example: let the open connections end first.
            tokio::task::yield_now().await;
        }
    }

    fn local_addr(&self) -> io::Result<Fuse> {
        Ok(Fuse::default())
    }
}

impl Connected<IncomingStream<'_, FusedListener>> for Fuse {
    fn connect_info(stream: IncomingStream<'_, FusedListener>) -> Self {
        stream.remote_addr().clone()
    }
}

pub struct FusedStream {
    stream: TcpStream,
    fuse: Fuse,
}

impl AsyncRead for FusedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for FusedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.fuse.is(Cut::Now) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        if !self.fuse.is(Cut::MidBody) {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        }
        let head = bytes
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .map_or(0, |at| at + 4);
        let body = bytes.len() - head;
        let written = Pin::new(&mut self.stream).poll_write(context, &bytes[..head + body / 2]);
        if body > 0 {
            self.fuse.set(Cut::Now);
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
