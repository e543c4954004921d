//! What the environment variables say of the run.

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
pub fn step_summary() -> Option<std::path::PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(Into::into)
}

/// `HTTPS_PROXY` and `NO_PROXY`, in capitals or small letters.
pub fn proxies() -> (Option<String>, Option<String>) {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    (read("HTTPS_PROXY").or_else(|| read("https_proxy")), read("NO_PROXY").or_else(|| read("no_proxy")))
}
