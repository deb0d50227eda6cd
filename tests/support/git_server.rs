//! A git server: `git http-backend` over one repository, with a token and a list of its calls.
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine as _;

/// One request.
#[derive(Clone, Debug)]
pub struct GitCall {
    /// Method and path.
    pub line: String,
    pub authorized: bool,
    pub bytes_out: usize,
}

pub struct GitServer {
    /// Such as `http://127.0.0.1:4000`. The repository is `/acme/infra.git` there.
    pub url: String,
    calls: Arc<Mutex<Vec<GitCall>>>,
}

/// What the server does with requests.
#[derive(Clone, Default)]
pub struct Behavior {
    /// Answers 401 without this token.
    pub token: Option<String>,
    /// The user beside the token; that of GitHub without one.
    pub user: Option<&'static str>,
    /// Redirects every request there.
    pub redirect: Option<String>,
    /// Runs during each request, while git waits.
    pub inspect: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl GitServer {
    /// Serves the repository in a folder. The thread ends with the test's process.
    pub fn start(folder: &Path, behavior: Behavior) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls: Arc<Mutex<Vec<GitCall>>> = Arc::default();
        let (folder, seen) = (folder.to_owned(), Arc::clone(&calls));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, behavior, seen) =
                    (folder.clone(), behavior.clone(), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, folder, &behavior, &seen));
            }
        });
        Self { url, calls }
    }

    pub fn calls(&self) -> Vec<GitCall> {
        self.calls.lock().unwrap().clone()
    }

    /// The number of fetches: requests that send objects.
    pub fn fetches(&self) -> usize {
        let calls = self.calls();
        calls
            .iter()
            .filter(|call| call.line.starts_with("POST"))
            .count()
    }

    pub fn forget(&self) {
        self.calls.lock().unwrap().clear();
    }
}

/// One request a connection.
fn serve(stream: TcpStream, folder: PathBuf, behavior: &Behavior, calls: &Mutex<Vec<GitCall>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap_or_default();
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return;
    };
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap_or_default();
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let header = |name: &str| {
        let found = headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let mut body = Vec::new();
    if header("transfer-encoding") == "chunked" {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).unwrap();
            let size = u64::from_str_radix(size.trim(), 16).unwrap();
            reader.by_ref().take(size).read_to_end(&mut body).unwrap();
            reader.read_line(&mut String::new()).unwrap();
            if size == 0 {
                break;
            }
        }
    } else {
        let length = header("content-length").parse().unwrap_or(0);
        reader.by_ref().take(length).read_to_end(&mut body).unwrap();
    }
    let expected = behavior.token.as_ref().map(|token| {
        let user = behavior.user.unwrap_or("x-access-token");
        let pair = format!("{user}:{token}");
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        format!("Basic {pair}")
    });
    let given = header("authorization");
    let mut call = GitCall {
        line: format!("{method} {target}"),
        authorized: !given.is_empty(),
        bytes_out: 0,
    };
    let mut answer = |answer: Vec<u8>| {
        call.bytes_out = answer.len();
        calls.lock().unwrap().push(call.clone());
        let _ = (&stream).write_all(&answer);
    };
    if let Some(inspect) = &behavior.inspect {
        inspect();
    }
    if let Some(to) = &behavior.redirect {
        let head = "HTTP/1.1 301 Moved\r\nconnection: close\r\ncontent-length: 0\r\nlocation: ";
        return answer(format!("{head}{to}{target}\r\n\r\n").into_bytes());
    }
    if expected.is_some_and(|expected| expected != given) {
        let head = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"x\"\r\n";
        let message = format!("{head}connection: close\r\ncontent-length: 0\r\n\r\n");
        return answer(message.into_bytes());
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let below = path.strip_prefix("/acme/infra.git").unwrap_or("/nowhere");
    let mut backend = Command::new("git");
    backend
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("PATH_INFO", format!("/.git{below}"))
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", method)
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"));
    let backend = backend.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = backend.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::spawn(move || stdin.write_all(&body));
    let output = child.wait_with_output().unwrap().stdout;
    let end = output
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: "));
    let length = output.len() - end - 4;
    let status = status.unwrap_or("200 OK");
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{head}\r\n\r\n"
    );
    answer([head.as_bytes(), &output[end + 4..]].concat());
}
