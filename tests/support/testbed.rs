//! The folder of installed test servers, and how a test starts and ends one.

use std::io::{BufRead as _, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where `tests/testbed_servers/install.sh` put everything. A missing bed is a failure, never a reason to skip.
#[track_caller]
pub fn root() -> PathBuf {
    let set = std::env::var_os("PROVISIONER_TESTBED");
    let root = set.map(PathBuf::from).unwrap_or_else(|| {
        panic!("PROVISIONER_TESTBED is not set: run `make test`, which installs the test bed")
    });
    assert!(
        root.join("node_modules").is_dir(),
        "no test bed in {}",
        root.display()
    );
    root
}

/// Runs a server until it ends by itself or standard input is closed.
const WATCHED: &str =
    r#"exec 3<&0; "$@" & server=$!; { cat <&3; kill "$server"; } >/dev/null 2>&1 & wait "$server""#;

/// Ports below those that the system gives to clients: a client of another test could take a port before its server does.
const PORTS: std::ops::Range<u32> = 10_000..32_000;
static PORTS_TAKEN: AtomicU32 = AtomicU32::new(0);

/// A port that was free when it was checked, and that this process did not get before.
pub fn free_port() -> u16 {
    // Processes that run at the same time begin at distant ports.
    let first = std::process::id().wrapping_mul(977);
    let mut tries = PORTS.map(|_| {
        let taken = PORTS_TAKEN.fetch_add(1, Ordering::Relaxed);
        let at = first.wrapping_add(taken) % (PORTS.end - PORTS.start);
        u16::try_from(PORTS.start + at).expect("a port")
    });
    tries
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free loopback port")
}

/// A server process with its output. It ends with this value or with this process.
pub struct Server {
    child: Child,
    /// The server runs as long as this pipe is open.
    lifeline: Option<ChildStdin>,
    log: Arc<Mutex<String>>,
    pub port: u16,
}

impl Server {
    /// `script` is below `node_modules`. Returns once the port accepts connections.
    #[track_caller]
    pub fn node(script: &str, arguments: &[&str], port: u16) -> Self {
        let mut command = Command::new("node");
        command
            .arg(root().join("node_modules").join(script))
            .args(arguments);
        // Colours would split the words that are searched in the log.
        command.env("NO_COLOR", "1").env("FORCE_COLOR", "0");
        Self::start(command, port, Duration::from_secs(120))
    }

    #[track_caller]
    pub fn start(server: Command, port: u16, timeout: Duration) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", WATCHED, "sh"]);
        command.arg(server.get_program()).args(server.get_args());
        let variables = server.get_envs();
        command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        let log = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take(), &log);
        collect(child.stderr.take(), &log);
        let lifeline = child.stdin.take();
        let mut server = Self {
            child,
            lifeline,
            log,
            port,
        };
        server.wait(timeout);
        server
    }

    #[track_caller]
    fn wait(&mut self, timeout: Duration) {
        let start = Instant::now();
        while !self.accepts() {
            let ended = self.child.try_wait().ok().flatten();
            assert!(
                ended.is_none(),
                "the server ended with {ended:?}:\n{}",
                self.log()
            );
            assert!(
                start.elapsed() < timeout,
                "no server after {timeout:?}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A client that gets the server's port is connected to itself, as long as nothing listens there.
    fn accepts(&self) -> bool {
        let stream = TcpStream::connect(("127.0.0.1", self.port));
        stream.is_ok_and(|stream| stream.local_addr().ok() != stream.peer_addr().ok())
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn log(&self) -> String {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A full pipe would stop the server.
fn collect(pipe: Option<impl Read + Send + 'static>, log: &Arc<Mutex<String>>) {
    let Some(pipe) = pipe else { return };
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.child.wait();
    }
}
