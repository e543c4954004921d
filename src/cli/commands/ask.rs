//! From what was typed to what journeys take.

use std::path::PathBuf;

use tokio::runtime::Runtime;

use crate::cli::{
    args::{AllowDelete, Global, Guards, RunArgs, Selection},
    failure::{Failure, FailureKind},
};
use crate::cluster::Pod;
use crate::ops::{self, About, AllowedDeletion, Choice, Manner, Place, Reach};
use crate::report::Header;
use crate::sys;

/// Where the repository is.
pub(super) fn place(global: &Global, reference: Option<&String>) -> Place {
    let start = global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    Place { start, reference: reference.cloned() }
}

/// Which environment and stacks.
pub(super) fn choice(selection: &Selection) -> Choice {
    Choice { environment: selection.environment().map(str::to_owned), stacks: selection.stacks.clone() }
}

/// How to reach the cluster.
pub(super) fn reach(global: &Global, terminal: &sys::Terminal, parallelism: Option<u16>) -> Reach {
    let (https_proxy, no_proxy) = sys::proxies();
    let (host, port) = sys::service_address();
    Reach {
        kubeconfig: global.kubeconfig.clone().map_or_else(sys::kubeconfigs, |file| vec![file]),
        pod: Pod { host, port, ..Pod::default() },
        context: global.context.clone(),
        impersonate: global.as_user.clone(),
        impersonate_groups: global.as_group.clone(),
        interactive: terminal.stdin && !terminal.ci,
        https_proxy,
        no_proxy,
        parallelism: parallelism.map(usize::from),
    }
}

/// Guards that the user opened.
pub(super) fn guards(guards: &Guards) -> ops::Guards {
    ops::Guards {
        max_deletes: guards.max_deletes,
        allow_delete: guards.allow_delete.iter().map(allowed).collect(),
        ignore_hold: guards.ignore_hold,
    }
}

fn allowed(flag: &AllowDelete) -> AllowedDeletion {
    match flag {
        AllowDelete::Object { kind, namespace, name } => {
            AllowedDeletion { kind: kind.clone(), namespace: namespace.clone(), name: name.clone() }
        }
        AllowDelete::Stack(name) => {
            AllowedDeletion { kind: "stack".to_owned(), namespace: None, name: Some(name.clone()) }
        }
    }
}

/// Writes at once unless the call says otherwise.
const PARALLELISM: usize = 16;

/// How to carry out.
pub(super) fn manner(run: &RunArgs) -> Manner {
    Manner {
        wait: !run.no_wait,
        timeout: run.timeout,
        parallelism: run.parallelism.map_or(PARALLELISM, usize::from),
    }
}

/// The head of reports about a cluster.
pub(super) fn header(about: &About) -> Header {
    let pin = (!about.pinned).then(|| format!("identity: {}", about.cluster.identity));
    Header {
        environment: about.environment.clone(),
        cluster: about.cluster.clone(),
        commit: about.commit.clone(),
        pending_commits: about.pending_commits,
        identity_pin_line: pin,
    }
}

/// The threads on which requests run.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
        Failure::new(FailureKind::Failed, "cannot start the threads for requests").cause(error.to_string())
    })
}
