//! A listener between the program and an API server: a plain relay, an HTTP proxy or a SOCKS proxy, which can fall silent.

use std::{
    io::{BufRead, BufReader, Read, Write, copy},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};

/// What it speaks before it passes bytes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    /// Nothing: it stands for the server itself.
    None,
    /// `CONNECT host:port`.
    Connect,
    /// SOCKS 5 without a password.
    Socks,
}

/// Passes every connection on to one server, whatever was asked for.
#[derive(Debug)]
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    speech: Speech,
    server: String,
    asked: Mutex<Vec<String>>,
    silent: AtomicBool,
}

impl Relay {
    /// Listens on a loopback address, as in `127.0.0.1`, and passes on to `server`, a URL of https.
    pub(crate) fn start(speech: Speech, on: &str, server: &str) -> Self {
        let listener = TcpListener::bind((on, 0)).expect("loopback has ports");
        let address = listener.local_addr().expect("it is bound");
        let server = server.trim_start_matches("https://").to_owned();
        let shared =
            Arc::new(Shared { speech, server, asked: Mutex::default(), silent: AtomicBool::new(false) });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&theirs);
                thread::spawn(move || shared.serve(client));
            }
        });
        Self { address, shared }
    }

    /// `host:port` that it listens on.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// What each connection asked for, as `host:port`; empty texts where it speaks nothing.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().expect("no server panicked").clone()
    }

    /// From now on requests still arrive and answers are held back.
    pub(crate) fn fall_silent(&self) {
        self.shared.silent.store(true, Ordering::SeqCst);
    }

    /// Passes on what was held back.
    pub(crate) fn speak(&self) {
        self.shared.silent.store(false, Ordering::SeqCst);
    }
}

impl Shared {
    /// One connection to its end; whatever breaks ends it.
    fn serve(&self, mut client: TcpStream) -> Option<()> {
        let asked = match self.speech {
            Speech::None => String::new(),
            Speech::Connect => connect(&mut client)?,
            Speech::Socks => socks(&mut client)?,
        };
        self.asked.lock().expect("no server panicked").push(asked);
        let mut server = TcpStream::connect(&self.server).ok()?;
        let (mut requests, mut to_server) = (client.try_clone().ok()?, server.try_clone().ok()?);
        thread::spawn(move || {
            copy(&mut requests, &mut to_server).ok();
            to_server.shutdown(Shutdown::Write).ok();
        });
        let mut buffer = [0; 16 * 1024];
        loop {
            let length = server.read(&mut buffer).ok().filter(|length| *length > 0);
            while self.silent.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(20));
            }
            let Some(length) = length else { break };
            client.write_all(&buffer[..length]).ok()?;
        }
        client.shutdown(Shutdown::Both).ok()
    }
}

/// Answers `CONNECT host:port HTTP/1.1` and returns `host:port`, after `user:password@` where those were told.
fn connect(client: &mut TcpStream) -> Option<String> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let (mut line, mut who) = (String::new(), String::new());
    while reader.read_line(&mut line).ok()? > 2 {
        let header = line.trim_end().to_ascii_lowercase();
        if header.starts_with("proxy-authorization: basic ") {
            let bytes = STANDARD.decode(line.trim_end().rsplit(' ').next()?).ok()?;
            who = format!("{}@", String::from_utf8(bytes).ok()?);
        }
        line.clear();
    }
    let target = format!("{who}{}", first.strip_prefix("CONNECT ")?.split(' ').next()?);
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    Some(target)
}

/// Answers the greeting and the request of RFC 1928 and returns `host:port`.
fn socks(client: &mut TcpStream) -> Option<String> {
    let mut take = |length: usize| {
        let mut bytes = vec![0; length];
        client.read_exact(&mut bytes).ok()?;
        Some((bytes, client.try_clone().ok()?))
    };
    let (greeting, _) = take(2)?;
    let (_, mut answer) = take(usize::from(greeting[1]))?;
    answer.write_all(&[5, 0]).ok()?;
    let (request, _) = take(4)?;
    let host = if request[3] == 1 {
        take(4)?.0.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
    } else {
        let (length, _) = take(1)?;
        String::from_utf8(take(usize::from(length[0]))?.0).ok()?
    };
    let (port, mut answer) = take(2)?;
    answer.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    Some(format!("{host}:{}", u16::from_be_bytes([port[0], port[1]])))
}
