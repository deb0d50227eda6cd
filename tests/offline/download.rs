//! The released binary in the action: what is verified, and what the action says if a release differs. The release comes from a file
//! server on loopback.
#![expect(
    clippy::disallowed_methods,
    reason = "a step is a shell with variables, files and a server"
)]

use std::path::{Path, PathBuf};

use provisioner::model::Digest;

use crate::support::action::{ACTION, IDENTITY, NAME, PROGRAM, Runner, Words};
use crate::support::file_server::{FileServer, Reply, Then};

const ASSET: &str = "/v1.2.3/provisioner-x86_64-unknown-linux-musl";
const CACHED: &str = "tools/provisioner/1.2.3/x86_64-unknown-linux-musl/provisioner";

fn released(path: &str) -> Reply {
    match path == ASSET {
        true => Reply::file(PROGRAM.as_bytes()),
        false => Reply::status(404),
    }
}

/// Threat 32.
#[test]
fn attack_only_the_released_file_runs() {
    let changed = PROGRAM.replace("ran", "RAN");
    let cut = &PROGRAM.as_bytes()[..PROGRAM.len() - 1];
    let longer = format!("{PROGRAM}#");
    let promise = format!("200 OK\r\ncontent-length: {}", PROGRAM.len());
    let megabyte = vec![b'x'; 1 << 20];
    let mut words = Words::default();
    for (case, reply, requests) in [
        ("changed", Reply::file(changed.as_bytes()), 1),
        ("empty", Reply::file(b""), 1),
        ("short", Reply::file(cut), 1),
        ("short without a length", Reply::stream(cut), 1),
        ("cut by the connection", Reply::new(&promise, cut), 3),
        ("longer", Reply::file(longer.as_bytes()), 1),
        ("endless", Reply::stream(&megabyte).then(Then::Repeat), 1),
    ] {
        let runner = Runner::new();
        let server = FileServer::new(move |_, _| reply.clone());
        words.refused(case, &runner.download(&server));
        assert_eq!(server.take().len(), requests, "{case}");
        assert!(!runner.path(CACHED).exists(), "{case}");
        for entry in walk(&runner.path("temp")) {
            let length = std::fs::metadata(&entry).unwrap().len();
            assert!(length < 1000, "{case}: {}", entry.display());
        }
    }
    let server = FileServer::new(|path, _| released(path));
    words.ran("the released file", &Runner::new().download(&server));
    let server = FileServer::new(|_, _| Reply::stream(PROGRAM.as_bytes()));
    words.ran("without a length", &Runner::new().download(&server));
    insta::assert_snapshot!("files", words.0);
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let entries = entries.map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => walk(&path),
            false => vec![path],
        })
        .collect()
}

#[test]
fn attack_a_redirect_leads_only_to_https() {
    let mut words = Words::default();
    for (case, address) in [
        ("plain http", "http://mirror.example/file?signature=secret"),
        ("another scheme", "file:///etc/passwd"),
        ("a user name", "https://user:password@mirror.example/file"),
        (
            "a port that is a name",
            "http://127.0.0.1:80@mirror.example/",
        ),
        (
            "a runner command",
            "http://mirror.example/##[stop-commands]x%0A::error::y",
        ),
        ("a server without TLS", "https://127.0.0.1:1/file"),
    ] {
        let server = FileServer::new(move |_, _| Reply::redirect(address));
        words.refused(case, &Runner::new().download(&server));
    }
    let server = FileServer::new(|_, _| Reply::new("302 Found", b""));
    words.refused("nowhere", &Runner::new().download(&server));
    let server = FileServer::new(|_, _| Reply::redirect("/again"));
    words.refused("in a circle", &Runner::new().download(&server));
    assert_eq!(server.take().len(), 6);

    let server = FileServer::new(|path, _| match path {
        "/storage?signature=secret" => Reply::file(PROGRAM.as_bytes()),
        _ => Reply::redirect("/storage?signature=secret"),
    });
    words.ran("on the same machine", &Runner::new().download(&server));
    for word in ["secret", "password"] {
        assert!(!words.0.contains(word), "{}", words.0);
    }
    insta::assert_snapshot!("redirects", words.0);
}

#[test]
fn a_server_that_fails_is_asked_three_times() {
    let mut words = Words::default();
    for (case, reply, requests) in [
        ("not found", Reply::status(404), 1),
        ("not allowed", Reply::status(403), 1),
        ("broken", Reply::status(500), 3),
        ("too many requests", Reply::status(429), 3),
    ] {
        let server = FileServer::new(move |_, _| reply.clone());
        words.refused(case, &Runner::new().download(&server));
        assert_eq!(server.take().len(), requests, "{case}");
    }
    let port = crate::support::testbed::free_port();
    let nobody = format!("http://127.0.0.1:{port}");
    let url = ("PROVISIONER_DOWNLOAD_URL", nobody.as_str());
    words.refused("no server", &Runner::new().run(&[url]));
    let server = FileServer::new(|path, before| match before {
        0 | 1 => Reply::status(503),
        _ => released(path),
    });
    words.ran("broken twice", &Runner::new().download(&server));
    insta::assert_snapshot!("servers", words.0);
}

#[test]
fn a_slow_server_is_left() {
    let mut words = Words::default();
    let promise = format!("200 OK\r\ncontent-length: {}", PROGRAM.len());
    for (case, body) in [("silent", &b""[..]), ("slow", b"#!/bin/")] {
        let reply = Reply::new(&promise, body).then(Then::Hang);
        let server = FileServer::new(move |_, _| reply.clone());
        let start = std::time::Instant::now();
        let url = server.url();
        let variables = [
            ("PROVISIONER_DOWNLOAD_URL", url.as_str()),
            ("PROVISIONER_DOWNLOAD_TIMEOUT", "2"),
        ];
        words.refused(case, &Runner::new().run(&variables));
        assert!(start.elapsed().as_secs() < 10, "{case}");
    }
    for seconds in ["0", "-1", "1e9", "08", "ten\n::error::x", "99999"] {
        let step = Runner::new().run(&[("PROVISIONER_DOWNLOAD_TIMEOUT", seconds)]);
        words.refused(&format!("{seconds:?} seconds"), &step);
    }
    let server = FileServer::new(|path, _| released(path));
    let url = server.url();
    let variables = [
        ("PROVISIONER_DOWNLOAD_URL", url.as_str()),
        ("PROVISIONER_DOWNLOAD_TIMEOUT", "20"),
    ];
    words.ran("in time", &Runner::new().run(&variables));
    insta::assert_snapshot!("times", words.0);
}

/// Without a sum and a size at the pinned commit nothing is downloaded.
#[test]
fn attack_a_commit_without_a_sum_downloads_nothing() {
    let sum = Digest::sha256(PROGRAM);
    let line = format!("{sum}  {NAME}\n");
    let short = format!("{}  {NAME}\n", &sum.to_string()[1..]);
    let upper = format!("{}  {NAME}\n", sum.to_string().to_uppercase());
    let other = format!("{sum}  {NAME}.sig\n");
    let mut words = Words::default();
    let server = FileServer::new(|path, _| released(path));
    for (case, file, text) in [
        ("no sum for the platform", "SHA256SUMS", other.as_str()),
        ("two sums", "SHA256SUMS", &line.repeat(2)),
        ("a short sum", "SHA256SUMS", &short),
        ("a sum in capitals", "SHA256SUMS", &upper),
        ("no size", "SIZES", ""),
        ("a size that is a word", "SIZES", &format!("all  {NAME}\n")),
        ("no version", "VERSION", ""),
        ("a version that is a path", "VERSION", "../1.2.3\n"),
        ("a version of two lines", "VERSION", "1.2.3\n::error::x\n"),
    ] {
        let runner = Runner::new();
        runner.dist(file, text);
        words.refused(case, &runner.download(&server));
    }
    let runner = Runner::new();
    for (os, architecture) in [("Windows", "X64"), ("macOS", "X64"), ("Linux", "ARM")] {
        let url = server.url();
        let variables = [
            ("PROVISIONER_DOWNLOAD_URL", url.as_str()),
            ("RUNNER_OS", os),
            ("RUNNER_ARCH", architecture),
        ];
        words.refused(&format!("{os} {architecture}"), &runner.run(&variables));
    }
    std::fs::remove_dir_all(runner.path(ACTION).join("dist")).unwrap();
    words.refused("a commit of development", &runner.download(&server));
    assert_eq!(server.take().len(), 0);
    words.ran("a release", &Runner::new().download(&server));
    insta::assert_snapshot!("sums", words.0);
}

#[test]
fn the_address_is_of_the_actions_own_release() {
    let server =
        FileServer::new(
            |path, _| match path.strip_prefix("/acme/provisioner/releases/download") {
                Some(path) => released(path),
                None => Reply::status(404),
            },
        );
    let mut words = Words::default();
    // A server of one's own, such as GitHub Enterprise Server.
    let url = server.url();
    let own = [("GITHUB_SERVER_URL", url.as_str()), IDENTITY];
    words.ran("the server of the workflow", &Runner::new().run(&own));
    let mirror = format!("{url}/acme/provisioner/releases/download/");
    let variables = [("PROVISIONER_DOWNLOAD_URL", mirror.as_str()), own[0]];
    words.ran("a mirror", &Runner::new().run(&variables));
    assert_eq!(server.take().len(), 2);
    for address in [
        "http://mirror.example",
        "http://127.0.0.1.mirror.example",
        "https://user:password@mirror.example",
        "file:///srv/mirror",
        "ftp://mirror.example",
        "-o/etc/passwd",
        "$(touch stolen)",
        "https://mirror.example\n::error::x",
    ] {
        let runner = Runner::new();
        let step = runner.run(&[("PROVISIONER_DOWNLOAD_URL", address)]);
        words.refused(&address.replace("password", "***"), &step);
        assert!(walk(&runner.path("home")).is_empty());
    }
    // `uses: ./` has no repository.
    let runner = Runner::new();
    std::fs::rename(runner.path(ACTION), runner.path("here")).unwrap();
    let here = runner.path("here").display().to_string();
    let local = [("GITHUB_ACTION_PATH", here.as_str()), own[0]];
    words.refused("an action of the workspace", &runner.run(&local));
    let named = ("PROVISIONER_ACTION_REPOSITORY", "acme/provisioner");
    let step = runner.run(&[&local[..], &[named]].concat());
    words.ran("with a repository that GitHub names", &step);
    assert!(!words.0.contains("password"), "{}", words.0);
    insta::assert_snapshot!("addresses", words.0);
}

#[test]
fn attack_a_poisoned_cache_is_not_run() {
    let server = FileServer::new(|path, _| released(path));
    let mut words = Words::default();
    let runner = Runner::new();
    assert!(runner.download(&server).ran());
    assert_eq!(server.take().len(), 1);
    words.ran("kept by the job before", &runner.download(&server));
    assert_eq!(server.take().len(), 0);

    let evil = "#!/bin/sh\necho ran evil\n";
    let huge = vec![b'x'; 1 << 20];
    let cached = runner.path(CACHED);
    for (case, text) in [
        ("changed", PROGRAM.replace("ran", "RAN").as_bytes()),
        ("another program", evil.as_bytes()),
        ("empty", b""),
        ("huge", &huge),
    ] {
        runner.write(CACHED, text);
        words.ran(case, &runner.download(&server));
        assert_eq!(std::fs::read_to_string(&cached).unwrap(), PROGRAM);
        assert_eq!(server.take().len(), 1, "{case}");
    }
    // Even to the released file: it can be changed between the comparison and the start.
    for target in [PROGRAM, evil] {
        runner.write("elsewhere", target);
        std::fs::remove_file(&cached).unwrap();
        std::os::unix::fs::symlink(runner.path("elsewhere"), &cached).unwrap();
        words.ran("a link", &runner.download(&server));
        assert!(!cached.is_symlink());
        let kept = std::fs::read_to_string(runner.path("elsewhere")).unwrap();
        assert_eq!(kept, target);
    }
    std::fs::remove_file(&cached).unwrap();
    std::fs::create_dir(&cached).unwrap();
    words.ran("a folder", &runner.download(&server));
    assert_eq!(std::fs::read_to_string(&cached).unwrap(), PROGRAM);
    // A folder that leads elsewhere is neither read nor written.
    std::fs::rename(runner.path("tools/provisioner"), runner.path("moved")).unwrap();
    std::os::unix::fs::symlink(runner.path("moved"), runner.path("tools/provisioner")).unwrap();
    server.take();
    words.ran("a linked folder", &runner.download(&server));
    assert_eq!(server.take().len(), 1);

    let runner = Runner::new();
    runner.write("tools/provisioner", "a file");
    words.ran("a cache that takes no file", &runner.download(&server));
    let url = server.url();
    for cache in ["", "relative"] {
        let variables = [
            ("PROVISIONER_DOWNLOAD_URL", url.as_str()),
            ("RUNNER_TOOL_CACHE", cache),
        ];
        assert!(runner.run(&variables).ran(), "{cache:?}");
    }
    // Poison, and a server that no longer has the release.
    let runner = Runner::new();
    runner.write(CACHED, evil);
    let gone = FileServer::new(|_, _| Reply::status(404));
    words.refused("poison, and no release", &runner.download(&gone));
    insta::assert_snapshot!("cache", words.0);
}

#[test]
fn missing_programs_are_named() {
    let runner = Runner::new();
    let tools = "awk bash cat chmod cp cut dirname grep head mkdir mkfifo mktemp mv rm sed sh sleep tail tr wc";
    for tool in tools.split(' ').chain(["curl", "sha256sum"]) {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join(tool))
            .find(|path| path.exists());
        let link = runner.path("bin").join(tool);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(found.unwrap(), link).unwrap();
    }
    let server = FileServer::new(|path, _| released(path));
    let (url, bin) = (server.url(), runner.path("bin").display().to_string());
    let variables = [("PROVISIONER_DOWNLOAD_URL", url.as_str()), ("PATH", &bin)];
    let mut words = Words::default();
    words.ran("all that it needs", &runner.run(&variables));
    std::fs::remove_dir_all(runner.path("tools/provisioner")).unwrap();
    for tool in ["curl", "sha256sum"] {
        let (link, away) = (runner.path("bin").join(tool), runner.path("away"));
        std::fs::rename(&link, &away).unwrap();
        words.refused(&format!("no {tool}"), &runner.run(&variables));
        std::fs::rename(&away, &link).unwrap();
    }
    insta::assert_snapshot!("programs", words.0);
}

/// The server gets nothing that it could use, and settings of the machine do not change the request.
#[test]
fn attack_the_download_sends_no_token() {
    let server = FileServer::new(|path, _| released(path));
    let runner = Runner::new();
    let other = runner.path("other").display().to_string();
    runner.write(
        "home/.curlrc",
        format!("output = {other}\nheader = \"authorization: x\"\n"),
    );
    runner.write("home/.netrc", "machine 127.0.0.1 login a password b\n");
    let url = server.url();
    let step = runner.run(&[
        ("PROVISIONER_DOWNLOAD_URL", &url),
        ("http_proxy", "http://127.0.0.1:1"),
        IDENTITY,
    ]);
    assert!(step.ran(), "{}", step.text);
    let [request] = &server.take()[..] else {
        panic!("one request");
    };
    assert_eq!(request.path, ASSET);
    for word in ["authorization", "cookie", "token"] {
        assert!(!request.headers.contains(word), "{}", request.headers);
    }
    assert!(!Path::new(&other).exists());
}

/// GitHub cancels a job by a signal to this one process: whatever it waits for ends, and the program does not start.
#[test]
fn attack_nothing_starts_after_a_cancellation() {
    let promise = format!("200 OK\r\ncontent-length: {}", PROGRAM.len());
    for (signal, exit) in [("INT", 130), ("TERM", 143)] {
        let runner = Runner::new();
        let reply = Reply::new(&promise, b"#!/bin/").then(Then::Hang);
        let server = FileServer::new(move |_, _| reply.clone());
        let url = server.url();
        let variables = [("PROVISIONER_DOWNLOAD_URL", url.as_str())];
        let step = runner.run_until(&variables, signal, || !server.take().is_empty());
        assert_eq!(step.exit, exit, "{}", step.text);
        assert!(step.text.contains("title=Cancelled"), "{}", step.text);
        assert!(!step.text.contains("ran ci"), "{}", step.text);
    }
}

/// Masking hides whole secrets only, so that no part of such an address may be printed.
#[test]
fn attack_a_password_in_the_address_is_not_printed() {
    let mut words = Words::default();
    let long = format!("https://x:SECRET{}@h/r", "y".repeat(360));
    for address in [
        "https://user:SECRET@h/x",
        "https://user:SEC?SECRET@h.invalid/x",
        "https://user:SEC/SECRET@h.invalid/x",
        "user:SECRET@host/x",
        "https:/SECRET/x",
        "https://h/x?token=SECRET",
        &long,
    ] {
        let step = Runner::new().run(&[("PROVISIONER_DOWNLOAD_URL", address)]);
        assert!(!step.text.contains("SEC"), "{}", step.text);
        words.refused("a form", &step);
    }
    let server = FileServer::new(|path, _| released(path));
    assert!(Runner::new().download(&server).ran());
}

#[test]
fn a_digest_in_another_form_is_reported() {
    let runner = Runner::new();
    runner.write("home/given", PROGRAM);
    let run = |digest: &str| {
        runner.run(&[
            ("PROVISIONER_BINARY", "given"),
            ("PROVISIONER_BINARY_SHA256", digest),
            IDENTITY,
        ])
    };
    let sum = Digest::sha256(PROGRAM).to_string();
    for good in [sum.clone(), sum.to_uppercase(), format!("{sum} \n")] {
        assert_eq!(run(&good).exit, 0, "{good}");
    }
    for wrong in [
        format!("sha256:{sum}"),
        sum[..63].to_owned(),
        "x".to_owned(),
    ] {
        let step = run(&wrong);
        assert_eq!(step.exit, 2, "{}", step.text);
        assert!(step.text.contains("64 hexadecimal digits"), "{}", step.text);
    }
}

/// An error of the disk says nothing about the cached file.
#[test]
fn a_cached_file_that_cannot_be_copied_stays() {
    let server = FileServer::new(|path, _| released(path));
    let runner = Runner::new();
    assert!(runner.download(&server).ran());
    let url = server.url();
    for temp in ["/nowhere", ""] {
        let step = runner.run(&[("PROVISIONER_DOWNLOAD_URL", &url), ("RUNNER_TEMP", temp)]);
        assert_eq!(step.exit, 2, "{}", step.text);
        assert!(step.text.contains("RUNNER_TEMP"), "{}", step.text);
    }
    assert!(runner.path(CACHED).exists());
}
