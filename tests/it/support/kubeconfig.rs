//! Kubeconfigs for the users of a control plane.

use std::{fs, path::Path};

/// Writes a kubeconfig with the one context `testbed` for the bearer of `token`.
pub(crate) fn write_kubeconfig(file: &Path, server: &str, authority: &Path, user: &str, token: &str) {
    let text = format!(
        "apiVersion: v1\nkind: Config\n\
         clusters: [{{name: testbed, cluster: {{server: \"{server}\", certificate-authority: \"{}\"}}}}]\n\
         users: [{{name: \"{user}\", user: {{token: \"{token}\"}}}}]\n\
         contexts: [{{name: testbed, context: {{cluster: testbed, user: \"{user}\"}}}}]\n\
         current-context: testbed\n",
        authority.display()
    );
    fs::write(file, text).expect("the folder is ours");
}
