//! What the environment variables say of the run.

use std::path::PathBuf;

/// URL of the CI run we are part of, from the variables of GitHub Actions and GitLab CI.
pub fn ci_run() -> Option<String> {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let github = || {
        let server = read("GITHUB_SERVER_URL")?;
        let repository = read("GITHUB_REPOSITORY")?;
        Some(format!("{server}/{repository}/actions/runs/{}", read("GITHUB_RUN_ID")?))
    };
    github().or_else(|| read("CI_JOB_URL")).or_else(|| read("BUILD_URL"))
}

/// The file that a step of GitHub Actions shows as its summary.
pub fn step_summary() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(Into::into)
}

/// `HTTPS_PROXY` and `NO_PROXY`, in capitals or small letters.
pub fn proxies() -> (Option<String>, Option<String>) {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    (read("HTTPS_PROXY").or_else(|| read("https_proxy")), read("NO_PROXY").or_else(|| read("no_proxy")))
}

/// The files of `KUBECONFIG`; without it `~/.kube/config`.
pub fn kubeconfigs() -> Vec<PathBuf> {
    let listed = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let files: Vec<_> = std::env::split_paths(&listed).filter(|file| !file.as_os_str().is_empty()).collect();
    if files.is_empty() {
        std::env::home_dir().into_iter().map(|home| home.join(".kube/config")).collect()
    } else {
        files
    }
}

/// Host and port of the API server, as a Pod is told them.
pub fn service_address() -> (Option<String>, Option<String>) {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    (read("KUBERNETES_SERVICE_HOST"), read("KUBERNETES_SERVICE_PORT"))
}
