//! Against what, for whom and from which commit a run works.

use crate::model::{ClusterIdentity, Commit};

use super::style::{Paint, Style, count, harmless};

/// What stands at the head of every report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// Name of the environment.
    pub environment: String,
    /// Which cluster, and who asks; all empty where no cluster was asked.
    pub cluster: ClusterIdentity,
    /// The commit that was read.
    pub commit: Commit,
    /// Commits in git since what is applied; none where that is not known.
    pub pending_commits: Option<usize>,
    /// Line to paste into the environment's file; given where no identity is pinned.
    pub identity_pin_line: Option<String>,
}

impl Header {
    /// The lines of the header.
    pub(super) fn lines(&self, title: &str, style: &Style) -> Vec<String> {
        let mut lines =
            vec![format!("{} {}", title, style.paint(Paint::Strong, &harmless(&self.environment)))];
        let cluster = &self.cluster;
        if !cluster.server.is_empty() {
            let version =
                if cluster.version.is_empty() { String::new() } else { format!(", {}", cluster.version) };
            lines.push(format!("  cluster  {} ({}{version})", cluster.context, cluster.server));
            if !cluster.identity.is_empty() {
                lines.push(format!("  identity {}", cluster.identity));
            }
            lines.push(format!("  user     {}", harmless(&cluster.user)));
            let remarks = cluster.remarks.iter().map(|remark| format!("  warning  {remark}"));
            lines.extend(remarks.map(|line| style.paint(Paint::Changed, &line)));
        }
        lines.push(format!("  commit   {}", self.commit_text()));
        if let Some(pin) = &self.identity_pin_line {
            lines.push(style.paint(
                Paint::Changed,
                "  This environment pins no cluster. Paste under `spec.cluster` of its file:",
            ));
            lines.push(format!("    {pin}"));
        }
        lines
    }

    /// The commit with its summary and what is pending.
    pub(super) fn commit_text(&self) -> String {
        let mut text = self.commit.short();
        if let Some(summary) = &self.commit.summary {
            text = format!("{text} {}", harmless(summary));
        }
        match self.pending_commits {
            Some(n) if n > 0 => format!("{text} ({} since the last apply)", count(n, "commit", "commits")),
            Some(_) | None => text,
        }
    }
}
