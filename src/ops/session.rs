//! A connection to the environment's cluster, with all that its plans are made from.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::mpsc::UnboundedSender;

use super::{
    sandbox,
    trouble::Trouble,
    workspace::{Rendered, Workspace},
};
use crate::cluster::{Cluster, Connect, Pod, StateKey};
use crate::model::{Body, Commit, Event, Ledger, TypeMap};
use crate::secrets::{Redactor, Sealer};
use crate::sys::commits_between;

/// How the call wants the cluster reached; what it leaves open, the environment says.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// `--kubeconfig`, or the files of `KUBECONFIG`, or `~/.kube/config`.
    pub kubeconfig: Vec<PathBuf>,
    /// `--context`: replaces the environment's context name, never its identity pin.
    pub context: Option<String>,
    /// What the Pod around us is told, for environments that say `inCluster`.
    pub pod: Pod,
    /// `--as`.
    pub impersonate: Option<String>,
    /// `--as-group`.
    pub impersonate_groups: Vec<String>,
    /// Whether exec plugins may ask the user.
    pub interactive: bool,
    /// `HTTPS_PROXY`.
    pub https_proxy: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// Most requests at once.
    pub parallelism: Option<usize>,
}

/// What stands at the head of every report of a cluster.
#[derive(Debug, Clone)]
pub struct About {
    /// Name of the environment.
    pub environment: String,
    /// Which cluster, and who asks.
    pub cluster: crate::model::ClusterIdentity,
    /// The commit that was read.
    pub commit: Commit,
    /// Commits in git since what is applied; none where that is not known.
    pub pending_commits: Option<usize>,
    /// Whether the environment pins the cluster's identity.
    pub pinned: bool,
}

/// A connection to the environment's cluster.
#[derive(Clone)]
pub struct Session {
    /// The repository.
    pub workspace: Workspace,
    /// The environment, rendered.
    pub rendered: Rendered,
    /// Its cluster.
    pub cluster: Cluster,
    /// What the cluster serves.
    pub types: Arc<TypeMap>,
    /// Records of every stack that was ever applied in the environment.
    pub ledgers: BTreeMap<String, Ledger>,
    /// Seals secret values.
    pub sealer: Sealer,
    /// The secret values that no text may show.
    pub(super) known_secrets: Arc<RwLock<Redactor>>,
    /// Whether the first apply has yet to make the key of digests.
    pub keyless: bool,
    /// Revisions that a rollback goes back to, by stack.
    pub goals: BTreeMap<String, u64>,
}

/// Connects, and reads what serves all stacks of the environment.
pub(super) async fn connect(
    mut workspace: Workspace,
    mut rendered: Rendered,
    reach: &Reach,
    events: Option<UnboundedSender<Event>>,
) -> Result<Session, Trouble> {
    let wanted = &rendered.environment.cluster;
    named(&workspace)?;
    // All that is wanted is rendered: the files themselves need not be kept in memory while the cluster is asked.
    workspace.checkout.files.clear();
    let how = Connect {
        context: reach.context.clone().or_else(|| wanted.context.clone()),
        kubeconfig: reach.kubeconfig.clone(),
        in_cluster: (wanted.in_cluster && reach.context.is_none()).then(|| reach.pod.clone()),
        identity: wanted.identity.clone(),
        impersonate: reach.impersonate.clone(),
        impersonate_groups: reach.impersonate_groups.clone(),
        interactive: reach.interactive,
        https_proxy: reach.https_proxy.clone(),
        no_proxy: reach.no_proxy.clone(),
        parallelism: reach.parallelism.unwrap_or(Connect::default().parallelism),
    };
    let mut cluster = if wanted.sandbox && reach.context.is_none() {
        sandbox::connect(&workspace.root, &rendered.environment, &how).await?
    } else {
        Cluster::connect(&how).await?
    };
    if let Some(events) = events {
        cluster = cluster.telling(events);
    }
    let known_secrets = Arc::new(RwLock::new(redactor(&rendered)));
    let known = Arc::clone(&known_secrets);
    cluster = cluster.redacting(Arc::new(move |text| {
        // Whoever panicked while it learned left what it knew before.
        known.read().unwrap_or_else(PoisonError::into_inner).redact(text)
    }));
    let namespace = rendered.environment.policy.state_namespace.clone();
    let (types, ledgers, key) = tokio::join!(
        cluster.types(),
        cluster.ledgers(&namespace, &rendered.environment.name),
        cluster.state_key(&namespace),
    );
    let types = types.map_err(Trouble::cluster("ask which kinds the cluster serves"))?;
    rescope(&mut rendered, &types);
    let key = key?;
    let keyless = key == StateKey::Absent;
    let sealer = match key {
        StateKey::Known(key) => Sealer::new(Some(key)),
        // Nothing is stored yet that a digest could be compared with: any key serves until the first apply.
        StateKey::Absent => Sealer::new(Some(fresh_key())),
        StateKey::Forbidden => Sealer::new(None),
    };
    let ledgers = ledgers?;
    ours(&workspace, &rendered, &ledgers)?;
    let goals = BTreeMap::new();
    Ok(Session { workspace, rendered, cluster, types, ledgers, sealer, known_secrets, keyless, goals })
}

impl Session {
    /// Where the environment's records stand.
    pub fn state_namespace(&self) -> &str {
        &self.rendered.environment.policy.state_namespace
    }

    /// The ledger of a stack; empty where it was never applied.
    pub fn ledger(&self, stack: &str) -> Ledger {
        self.ledgers.get(stack).cloned().unwrap_or_default()
    }

    /// Takes the secret values of more objects out of all texts from now on.
    pub(super) fn learn_secrets<'b>(&self, bodies: impl IntoIterator<Item = &'b Body>) {
        self.known_secrets.write().unwrap_or_else(PoisonError::into_inner).learn(bodies);
    }

    /// Reads the ledgers again.
    pub(super) async fn refresh_ledgers(&mut self) -> Result<(), Trouble> {
        let environment = &self.rendered.environment;
        self.ledgers = self.cluster.ledgers(&environment.policy.state_namespace, &environment.name).await?;
        Ok(())
    }

    /// Asks again what the cluster serves: an apply brings new kinds.
    pub(super) async fn refresh_types(&mut self) -> Result<(), Trouble> {
        self.types =
            self.cluster.types().await.map_err(Trouble::cluster("ask which kinds the cluster serves"))?;
        rescope(&mut self.rendered, &self.types);
        Ok(())
    }

    /// Makes the state namespace and the key of digests, before anything else is written.
    pub(super) async fn ensure_state(&mut self) -> Result<(), Trouble> {
        if self.keyless {
            let key = self.cluster.ensure_state(self.state_namespace(), &fresh_key()).await?;
            self.sealer = Sealer::new(Some(key));
            self.keyless = false;
        }
        Ok(())
    }

    /// What stands at the head of reports.
    pub fn about(&self) -> About {
        let cluster = &self.rendered.environment.cluster;
        About {
            environment: self.rendered.environment.name.clone(),
            cluster: self.cluster.identity().clone(),
            commit: self.workspace.checkout.commit.clone(),
            pending_commits: self.pending_commits(),
            // There is no second sandbox that one could mistake for this one.
            pinned: cluster.identity.is_some() || cluster.sandbox,
        }
    }

    /// Commits since the oldest revision that the chosen stacks have; none where git cannot tell.
    fn pending_commits(&self) -> Option<usize> {
        let since = |stack: &str| self.commits_since(&self.ledger(stack));
        self.rendered.chosen().filter_map(|(target, _)| since(&target.id.stack)).max()
    }

    /// Commits between a ledger's current revision and what was read.
    pub(super) fn commits_since(&self, ledger: &Ledger) -> Option<usize> {
        let from = ledger.current()?.commit.clone()?;
        let to = self.workspace.checkout.commit.id.as_deref()?;
        commits_between(&self.workspace.root, &from, to).ok()
    }
}

/// A repository without an id could not tell its objects from those of another (rules 4).
fn named(workspace: &Workspace) -> Result<(), Trouble> {
    if workspace.repo.id.is_some() {
        return Ok(());
    }
    Err(Trouble::Blocked {
        message: "this repository has no id, by which its objects are told from those of another".to_owned(),
        hint: Some(
            "write obsctl.yaml: {apiVersion: obsctl.dev/v1alpha1, kind: Repository, metadata: {name: my-monitoring}}"
                .to_owned(),
        ),
    })
}

/// Refuses stacks that another repository applied, unless the policy adopts them (rules 4).
fn ours(
    workspace: &Workspace,
    rendered: &Rendered,
    ledgers: &BTreeMap<String, Ledger>,
) -> Result<(), Trouble> {
    if rendered.environment.policy.adopt_foreign {
        return Ok(());
    }
    for (target, _) in rendered.chosen() {
        let head = ledgers.get(&target.id.stack).and_then(|ledger| ledger.head.as_ref());
        let Some(other) = head.and_then(|head| head.repository.as_ref()) else { continue };
        if Some(other) != workspace.repo.id.as_ref() {
            return Err(Trouble::Blocked {
                message: format!("{} belongs to repository `{other}`: it was applied from there", target.id),
                hint: Some(format!(
                    "name the environment or the stack otherwise; where this repository is the successor, write `name: {other}` in obsctl.yaml, or `policy: {{adoptForeign: true}}`"
                )),
            });
        }
    }
    Ok(())
}

/// Objects of custom kinds stand in a namespace or not as the cluster says.
pub(super) fn rescope(rendered: &mut Rendered, types: &TypeMap) {
    for (_, desired) in &mut rendered.targets {
        crate::render::rescope(desired, &|gvk| types.get(gvk).map(|kind| !kind.namespaced));
    }
}

fn redactor(rendered: &Rendered) -> Redactor {
    let bodies = rendered.targets.iter().flat_map(|(_, desired)| desired.objects.values());
    Redactor::from_bodies(bodies.map(|wanted| &wanted.body))
}

/// 32 random bytes.
fn fresh_key() -> Vec<u8> {
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    [a.as_bytes().as_slice(), b.as_bytes()].concat()
}
