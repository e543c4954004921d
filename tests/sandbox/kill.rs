//! kill -9 in the middle of writes: the state is readable, and nothing that was acknowledged is lost.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use obsctl::sandbox::Sandbox;
use serde_json::json;

use super::hand::{Hand, Local};

/// How often the server is killed.
const KILLS: usize = 100;
/// A write takes longer only where something is broken.
const PATIENCE: Duration = Duration::from_secs(30);
/// Writers at once.
const WRITERS: u64 = 4;

/// Sends one request on a kept connection; its status, none where the connection ends first.
fn exchange(stream: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) -> Option<u16> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: sandbox\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(request.as_bytes()).ok()?;
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let code = line.split(' ').nth(1)?.parse().ok()?;
    let mut length = 0;
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let header = line.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    stream.read_exact(&mut vec![0; length]).ok()?;
    Some(code)
}

/// Writes until the server is gone; acknowledged are names with their last acknowledged value.
fn write(address: &str, next: &AtomicU64, acknowledged: &Mutex<BTreeMap<String, u64>>) {
    let Ok(stream) = TcpStream::connect(address) else { return };
    let mut stream = BufReader::new(stream);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let name = format!("c{number}");
        let body =
            |value: u64| json!({"metadata": {"name": name}, "data": {"n": value.to_string()}}).to_string();
        let path = "/api/v1/namespaces/default/configmaps";
        for (value, method, path) in [(1, "POST", path.to_owned()), (2, "PUT", format!("{path}/{name}"))] {
            match exchange(&mut stream, method, &path, &body(value)) {
                Some(200 | 201) => {
                    acknowledged.lock().expect("unpoisoned").insert(name.clone(), value);
                }
                Some(code) => panic!("{method} {path}: {code}"),
                None => return,
            }
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_by_a_hundred_kills() {
    let local = Local::monitoring();
    let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
    let next = Arc::new(AtomicU64::new(0));
    for kill in 0..KILLS {
        let served = local.serve();
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (address, next, acknowledged) =
                    (served.address.clone(), Arc::clone(&next), Arc::clone(&acknowledged));
                thread::spawn(move || write(&address, &next, &acknowledged))
            })
            .collect();
        // After some writes, at a moment that is another one of a write's life each time.
        let before = acknowledged.lock().expect("unpoisoned").len();
        let start = Instant::now();
        while acknowledged.lock().expect("unpoisoned").len() < before + 1 + kill % 8 {
            assert!(start.elapsed() < PATIENCE, "writers write");
            thread::sleep(Duration::from_micros(200));
        }
        thread::sleep(Duration::from_micros(kill as u64 * 7_919 % 4_000));
        drop(served);
        for writer in writers {
            writer.join().expect("a writer ends with the server");
        }
    }
    let acknowledged = acknowledged.lock().expect("unpoisoned");
    let hand = Hand(Sandbox::open(&local.state(), "1.36").expect("the state is readable"));
    let found = tokio::runtime::Runtime::new()
        .expect("threads")
        .block_on(async { hand.get("/api/v1/namespaces/default/configmaps").await.was(200) });
    let found: BTreeMap<&str, &str> = (found["items"].as_array().expect("items").iter())
        .filter_map(|item| Some((item["metadata"]["name"].as_str()?, item["data"]["n"].as_str()?)))
        .collect();
    let lost: Vec<&String> = (acknowledged.iter())
        .filter(|(name, value)| {
            // A write after the last acknowledged one may have come through, too.
            found
                .get(name.as_str())
                .and_then(|found| found.parse().ok())
                .is_none_or(|found: u64| found < **value)
        })
        .map(|(name, _)| name)
        .collect();
    eprintln!("{} objects acknowledged over {KILLS} kills", acknowledged.len());
    assert!(lost.is_empty(), "{lost:?} of {}", acknowledged.len());
    assert!(acknowledged.len() > KILLS, "writers wrote: {}", acknowledged.len());
}
