//! The model of server-side apply against a real API server: random sequences of writes by several managers.
//!
//! Each step begins with what the server answered to the step before; after it `managedFields`, values and conflicts are
//! compared. `OBSCTL_SSA_SEQUENCES` and `OBSCTL_SSA_SEED` change the number of sequences and the first seed.

mod bodies;
mod server;
mod step;

use std::{collections::BTreeMap, env};

use bodies::{Dice, Sort};
use server::Server;
use step::{Tally, Writes};

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn random_writes_end_as_the_server_ends_them() {
    let Some(server) = Server::start() else { return };
    let (sequences, first) = (number("OBSCTL_SSA_SEQUENCES", 200), number("OBSCTL_SSA_SEED", 1));
    server.define(&bodies::definition());
    server.define(&bodies::two_versions());
    let mut tally = Tally::default();
    let mut wrong: BTreeMap<usize, String> = BTreeMap::new();
    let mut failed = 0;
    for seed in first..first + sequences {
        let mut dice = Dice(seed.wrapping_mul(0x5851_F42D_4C95_7F2D));
        let sort = Sort::of(&mut dice);
        let mut writes = Writes::new(&server, sort, format!("s{seed}"));
        let steps = 4 + dice.below(8);
        for n in 1..=steps {
            if let Err(error) = writes.step(&mut dice, &mut tally) {
                failed += 1;
                wrong.entry(n).or_insert_with(|| format!("seed {seed}, step {n} ({sort:?}): {error}"));
                break;
            }
        }
    }
    eprintln!("seeds {first}..{}: {tally:?}, {failed} sequences differ", first + sequences);
    // The shortest is the one to look at.
    let shown: Vec<_> = wrong.values().cloned().collect();
    assert!(wrong.is_empty(), "{failed} sequences differ; the shortest first:\n{}", shown.join("\n\n"));
    let least = usize::try_from(sequences).expect("small");
    assert!(tally.applied > 2 * least && tally.updated > least / 2, "{tally:?}");
    assert!(least < 100 || tally.conflicts * 20 > tally.applied, "{tally:?}");
}
