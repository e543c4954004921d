//! Stored formats and their reading: the records of a target (rules 6) and saved plans (rules 5).
//!
//! Nouns go in, the bodies of ConfigMaps and Secrets come out, and back. A record names its format, so that a later
//! version can read an older one. Nothing here waits or asks a cluster.

mod names;
mod pack;
mod plan_file;
mod record;

pub use names::{
    LABEL_RECORD_ENVIRONMENT, LABEL_RECORD_STACK, PACK_TYPE, RecordSort, head_name, pack_name, revision_name,
};
pub use pack::{CHUNK, Content, decode_pack, encode_pack};
pub use plan_file::{PlanFile, PlanFileError, SavedHold, SavedStack, SavedStep};
pub use record::{
    WireError, decode_ledger, decode_ledgers, encode_head, encode_key, encode_pack_chunk, encode_revision,
};
