//! A file server on loopback, for downloads. It answers each request as a test says, and remembers what was requested.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Clone)]
pub struct Reply {
    /// Status and headers, without the last empty line.
    pub head: String,
    pub body: Vec<u8>,
    pub then: Then,
}

/// After the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Close,
    /// Keeps the connection open without another byte.
    Hang,
    /// Sends the body again until the client leaves.
    Repeat,
}

impl Reply {
    pub fn new(head: &str, body: &[u8]) -> Self {
        Self {
            head: format!("HTTP/1.1 {head}\r\nconnection: close\r\n"),
            body: body.to_vec(),
            then: Then::Close,
        }
    }

    /// A whole file with its length.
    pub fn file(body: &[u8]) -> Self {
        Self::new(&format!("200 OK\r\ncontent-length: {}", body.len()), body)
    }

    /// A file that ends with the connection.
    pub fn stream(body: &[u8]) -> Self {
        Self::new("200 OK", body)
    }

    pub fn status(status: u16) -> Self {
        let page = b"<html>an error page</html>";
        Self::new(
            &format!("{status} X\r\ncontent-length: {}", page.len()),
            page,
        )
    }

    pub fn redirect(address: &str) -> Self {
        Self::new(&format!("302 Found\r\nlocation: {address}"), b"")
    }

    pub fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }
}

/// A request as it arrived: the path, and all headers.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: String,
}

pub struct FileServer {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl FileServer {
    /// `answer` gets the path and how many requests came before. The server runs as long as the tests.
    pub fn new(answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&received), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { port, received }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Requests since the last call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Received>>,
    answer: &(dyn Fn(&str, usize) -> Reply + Send + Sync),
) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    let headers = lines.map_while(Result::ok);
    let headers: Vec<String> = headers.take_while(|line| !line.is_empty()).collect();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let before = {
        let mut log = log.lock().unwrap();
        log.push(Received {
            path: path.clone(),
            headers: headers.join("\n").to_lowercase(),
        });
        log.len() - 1
    };
    let reply = answer(&path, before);
    let mut sent = stream.write_all(format!("{}\r\n", reply.head).as_bytes());
    sent = sent.and_then(|()| stream.write_all(&reply.body));
    match reply.then {
        Then::Close => {}
        Then::Hang => std::thread::sleep(std::time::Duration::from_secs(60)),
        Then::Repeat => {
            while sent.is_ok() {
                sent = stream.write_all(&reply.body);
            }
        }
    }
}
