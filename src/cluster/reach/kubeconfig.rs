//! Kubeconfig files: read, merged as kubectl merges them, and one context taken out.

use std::{
    io,
    path::{Path, PathBuf},
};

use kube::config::{AuthInfo, Cluster, Kubeconfig, KubeconfigError};

use crate::cluster::{connect::ConnectError, request::chain};

/// One context with its cluster and its user.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) context: String,
    pub(super) cluster: Cluster,
    pub(super) user: AuthInfo,
    /// Name of the user's entry; empty where the context names none.
    pub(super) user_name: String,
}

/// The files merged in this order: the first to name a cluster, a user or a context has it.
///
/// Of several files those that are not there are passed over, as kubectl does; they are returned beside.
pub(super) fn merged(files: &[PathBuf]) -> Result<(Kubeconfig, Vec<PathBuf>), ConnectError> {
    let (mut merged, mut missing) = (Kubeconfig::default(), Vec::new());
    for file in files {
        match read(file)? {
            Some(next) => {
                merged = merged.merge(next).map_err(|error| wrong(file, &chain(&error)))?;
            }
            None => missing.push(file.clone()),
        }
    }
    if missing.len() == files.len() {
        let why = if files.is_empty() {
            "none is named".to_owned()
        } else {
            format!("{} is missing", named(&missing))
        };
        return Err(ConnectError::Kubeconfig(why));
    }
    Ok((merged, missing))
}

/// Takes out a context, or the current one.
pub(super) fn choose(
    kubeconfig: &Kubeconfig,
    wanted: Option<&String>,
    missing: &[PathBuf],
) -> Result<Chosen, ConnectError> {
    let known = || kubeconfig.contexts.iter().map(|context| context.name.clone()).collect::<Vec<_>>();
    let Some(name) = wanted.or(kubeconfig.current_context.as_ref()) else {
        return Err(ConnectError::NoCurrentContext { known: known() });
    };
    let context =
        kubeconfig.contexts.iter().find(|named| named.name == *name).and_then(|named| named.context.clone());
    let Some(context) = context else {
        return Err(ConnectError::NoContext {
            wanted: name.clone(),
            known: known(),
            missing: missing.to_vec(),
        });
    };
    let lacks = |what: &str, entry: &str| {
        ConnectError::Kubeconfig(format!("context {name:?} names {what} {entry:?}, and no file has it"))
    };
    let cluster = kubeconfig.clusters.iter().find(|named| named.name == context.cluster);
    let cluster = cluster.and_then(|named| named.cluster.clone());
    let user_name = context.user.unwrap_or_default();
    let user = kubeconfig.auth_infos.iter().find(|named| named.name == user_name);
    let user = match user {
        Some(named) => named.auth_info.clone().unwrap_or_default(),
        // Without a user the server is asked as nobody, which some clusters allow.
        None if user_name.is_empty() => AuthInfo::default(),
        None => return Err(lacks("user", &user_name)),
    };
    Ok(Chosen {
        context: name.clone(),
        cluster: cluster.ok_or_else(|| lacks("cluster", &context.cluster))?,
        user,
        user_name,
    })
}

/// One file; none where it is not there.
fn read(file: &Path) -> Result<Option<Kubeconfig>, ConnectError> {
    match Kubeconfig::read_from(file) {
        Ok(kubeconfig) => Ok(Some(without_empty(kubeconfig))),
        Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(KubeconfigError::ReadConfig(error, _)) => Err(wrong(file, &error.to_string())),
        Err(KubeconfigError::Parse(error)) => {
            let place = error.location().map(|at| format!(":{}:{}", at.line(), at.column()));
            // The whole text of the error shows lines of the file, which hold tokens.
            let words = error.without_snippet().to_string();
            let words = words.split(" at line ").next().unwrap_or_default().to_owned();
            Err(ConnectError::Kubeconfig(format!("{}{}: {words}", file.display(), place.unwrap_or_default())))
        }
        Err(error) => Err(wrong(file, &chain(&error))),
    }
}

fn wrong(file: &Path, why: &str) -> ConnectError {
    ConnectError::Kubeconfig(format!("{}: {why}", file.display()))
}

/// Files as people are told of them.
pub(in crate::cluster) fn named(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    names.join(", ")
}

/// Takes out what is written as `""`, which kubectl reads as if it were not there.
fn without_empty(mut kubeconfig: Kubeconfig) -> Kubeconfig {
    fn drop_empty(text: &mut Option<String>) {
        text.take_if(|text| text.is_empty());
    }
    drop_empty(&mut kubeconfig.current_context);
    for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        drop_empty(&mut cluster.certificate_authority);
        drop_empty(&mut cluster.certificate_authority_data);
        drop_empty(&mut cluster.proxy_url);
        drop_empty(&mut cluster.tls_server_name);
    }
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        drop_empty(&mut user.token_file);
        drop_empty(&mut user.client_certificate);
        drop_empty(&mut user.client_certificate_data);
        drop_empty(&mut user.client_key);
        drop_empty(&mut user.impersonate);
        drop_empty(&mut user.username);
        user.token.take_if(|token| secrecy::ExposeSecret::expose_secret(token).is_empty());
    }
    kubeconfig
}
