//! Gates: asked through the API server's proxy until they hold, told by apply and status, and a reason to turn back.
//!
//! The pods of kwok answer nothing. The API server reaches "pods" by an egress selector, as it does in clusters whose pods it cannot
//! route to (KEP 1281), and that hands every connection to a small server of this test.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use crate::support::{ControlPlane, Obsctl, Repo, lab_repo};

const APPLY: &[&str] = &["apply", "-e", "lab", "--auto-approve"];

/// What stands behind the Service: `up` samples of 1 once it was asked often enough.
fn answer(path: &str, asked: u32) -> (u16, String) {
    let late = asked < 3;
    match path {
        "/-/ready" if late => (503, "starting".to_owned()),
        "/-/ready" => (200, "ready".to_owned()),
        path if path.starts_with("/api/v1/query") => {
            let result = if path.contains("nothing") { "[]" } else { r#"[{"metric":{},"value":[1,"1"]}]"# };
            let body =
                format!(r#"{{"status":"success","data":{{"resultType":"vector","result":{result}}}}}"#);
            (200, body)
        }
        _ => (404, "no such page".to_owned()),
    }
}

fn serve(mut stream: &UnixStream, asked: &AtomicU32) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut request = || {
        let first = lines.next()?.ok()?;
        lines.by_ref().map_while(Result::ok).find(String::is_empty)?;
        Some(first)
    };
    request().filter(|first| first.starts_with("CONNECT "))?;
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    while let Some(first) = request() {
        let path = first.split(' ').nth(1)?;
        let (status, body) = answer(path, asked.fetch_add(1, Ordering::SeqCst));
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).ok()?;
    }
    None
}

/// Starts the server on a socket; gives how often it was asked.
fn backend(socket: &Path) -> Arc<AtomicU32> {
    let listener = UnixListener::bind(socket).expect("the folder is ours");
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let counter = Arc::clone(&counter);
            thread::spawn(move || serve(&stream, &counter));
        }
    });
    asked
}

fn write(repo: &Repo, verify: &str, word: &str) {
    repo.write(
        "stacks/gated/stack.yaml",
        &format!(
            "apiVersion: obsctl.dev/v1alpha1\nkind: Stack\nmetadata: {{name: gated}}\nspec:\n  namespace: gated\n  \
             sources:\n    - manifests: [manifests/]\n  verify:\n{verify}"
        ),
    );
    repo.write(
        "stacks/gated/manifests/all.yaml",
        &format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: gated}}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{name: prometheus}}\nspec:\n  \
             selector: {{app: prometheus}}\n  ports: [{{name: web, port: 9090}}]\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: prometheus}}\nspec:\n  \
             selector: {{matchLabels: {{app: prometheus}}}}\n  template:\n    \
             metadata: {{labels: {{app: prometheus}}}}\n    \
             spec: {{containers: [{{name: prometheus, image: prometheus}}]}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: word}}\ndata: {{word: {word}}}\n"
        ),
    );
    repo.commit("Next");
}

const READY: &str = "    - name: answers\n      http: {service: 'prometheus:web', path: /-/ready}\n";
const QUERY: &str = "    - {name: scraped, query: up, service: 'prometheus:web', expect: '> 0', for: 3s}\n    \
     - {name: quiet, query: nothing, service: 'prometheus:web', expect: none}\n    \
     - {name: there, ready: {kind: Service, name: prometheus}}\n    \
     - {name: mail, manual: look into the mailbox}\n";

#[test]
fn gates_are_asked_until_they_hold_and_turn_a_bad_revision_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("pods.sock");
    let asked = backend(&socket);
    let selector = folder.path().join("egress.yaml");
    let text = format!(
        "apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n\
         - name: cluster\n  connection:\n    proxyProtocol: HTTPConnect\n    \
         transport: {{uds: {{udsName: '{}'}}}}\n",
        socket.display()
    );
    std::fs::write(&selector, text).expect("the folder is ours");
    let flag = format!("--egress-selector-config-file={}", selector.display());
    let Some(plane) = ControlPlane::start_with(&[&flag]) else { return };
    let repo = lab_repo("gated");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));

    write(&repo, &[READY, QUERY].concat(), "first");
    let applied = obsctl.exits(0, &[APPLY, &["--timeout", "20s"]].concat());
    applied.assert_says("gate answers  (HTTP 503, not 200)");
    applied.assert_says("gate passed answers: HTTP 200");
    applied.assert_says("gate passed scraped: the result is 1");
    applied.assert_says("gate passed quiet: an empty result");
    applied.assert_says("gate manual mail: look into the mailbox");
    assert!(asked.load(Ordering::SeqCst) > 3);
    let status = obsctl.exits(0, &["status", "-e", "lab"]).stdout;
    for line in ["gate      passed answers: HTTP 200", "passed there: ", "manual mail: look into the mailbox"]
    {
        assert!(status.contains(line), "{line}:\n{status}");
    }

    // A gate that does not hold: exit 4, the revision has failed, and a second apply asks again.
    let wrong = "    - {name: page, http: {service: 'prometheus:web', path: /none}}\n";
    write(&repo, wrong, "second");
    let short = [APPLY, &["--timeout", "3s"]].concat();
    obsctl.exits(4, &short).assert_says("gate failed page: HTTP 404, not 200");
    assert!(obsctl.exits(0, &["history", "-e", "lab"]).stdout.contains("failed"));
    obsctl.exits(4, &short).assert_says("gate failed page");
    write(&repo, READY, "third");
    obsctl.exits(0, APPLY);

    write(&repo, wrong, "fourth");
    obsctl.exits(5, &[&short[..], &["--rollback-on-failure"]].concat()).assert_says("turned back");
    let word = plane.kubectl(&["get", "configmap", "word", "-n", "gated", "-o", "jsonpath={.data.word}"]);
    assert_eq!(word, "third");
    // Without waiting nothing is asked.
    write(&repo, wrong, "fifth");
    obsctl.exits(0, &[APPLY, &["--no-wait"]].concat());
}
