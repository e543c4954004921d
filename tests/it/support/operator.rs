//! prometheus-operator beside a control plane, run as its Deployment would run it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle, sleep},
    time::Duration,
};

use super::{
    ControlPlane, Guarded,
    plane::{free_port, wait_until},
};

/// The custom resources of kube-prometheus, by their plural names.
const KINDS: &[&str] = &[
    "alertmanagerconfigs",
    "alertmanagers",
    "podmonitors",
    "probes",
    "prometheusagents",
    "prometheuses",
    "prometheusrules",
    "scrapeconfigs",
    "servicemonitors",
    "thanosrulers",
];

/// The operator: started once all ten CRDs are Established, and again whenever it ends; ended on drop.
#[derive(Debug)]
pub(crate) struct Operator {
    stop: Arc<AtomicBool>,
    starts: Arc<AtomicUsize>,
    keeper: Option<JoinHandle<()>>,
    _proxy: Guarded,
}

impl Operator {
    /// Watches over the operator of a control plane.
    pub(crate) fn start(plane: &ControlPlane) -> Self {
        let port = free_port();
        let config = plane.kubeconfig("testbed:operator").display().to_string();
        // The operator takes no kubeconfig.
        let proxy = Guarded::start(
            &plane.program("kubectl"),
            &["proxy", &format!("--port={port}"), &format!("--kubeconfig={config}")],
            &plane.folder().join("kubectl-proxy.log"),
        );
        let (program, log) = (plane.program("prometheus-operator"), plane.folder().join("operator.log"));
        let (stop, starts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let server = format!("127.0.0.1:{port}");
        let keeper = thread::spawn({
            let (stop, starts) = (Arc::clone(&stop), Arc::clone(&starts));
            move || {
                let mut operator: Option<Guarded> = None;
                while !stop.load(Ordering::Relaxed) {
                    let runs = operator.as_mut().is_some_and(|process| process.ended().is_none());
                    if !runs && established(&server) {
                        let own = format!("-web.listen-address=127.0.0.1:{}", free_port());
                        let args = [format!("-apiserver=http://{server}"), own];
                        operator = Some(Guarded::start(&program, &args, &log));
                        starts.fetch_add(1, Ordering::Relaxed);
                    }
                    sleep(Duration::from_millis(500));
                }
            }
        });
        Self { stop, starts, keeper: Some(keeper), _proxy: proxy }
    }

    /// How often it was started.
    pub(crate) fn starts(&self) -> usize {
        self.starts.load(Ordering::Relaxed)
    }

    /// Waits for its first start.
    #[track_caller]
    pub(crate) fn wait_for_start(&self) {
        wait_until("the ten CRDs are Established", Duration::from_secs(60), || self.starts() > 0);
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(keeper) = self.keeper.take() {
            keeper.join().expect("the keeper does not panic");
        }
    }
}

/// Whether the server behind the proxy serves all ten kinds, which it does once their CRDs are Established.
fn established(server: &str) -> bool {
    let kinds: String = ["v1", "v1alpha1", "v1beta1"]
        .iter()
        .filter_map(|version| get(server, &format!("/apis/monitoring.coreos.com/{version}")))
        .collect();
    KINDS.iter().all(|kind| kinds.contains(&format!("\"name\":\"{kind}\"")))
}

/// The body of a plain GET, if it was answered.
fn get(server: &str, path: &str) -> Option<String> {
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };
    let mut stream = TcpStream::connect(server).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.starts_with("HTTP/1.0 200").then_some(answer)
}
