//! The forms in which things are stored: records in the state namespace (rules 6) and saved plans (rules 5).
//!
//! Pure: what is made here is sent by `cluster` and written by `sys`.

mod compress;
mod names;
mod pack;
mod plan_file;
mod record;
mod superset;

pub use names::{
    LABEL_RECORD_ENVIRONMENT, LABEL_RECORD_STACK, RECORD_HEAD, RECORD_KEY, RECORD_PACK, RECORD_REVISION,
    RecordNames,
};
pub use pack::{Contents, Pack, PackEntry, PackPart, pack_up, unpack};
pub use plan_file::{PlanFile, PlanFileError, SavedHold, SavedStack, SavedStep};
pub use record::{
    WireError, head_of, head_record, key_of, key_record, pack_bytes, pack_name_of, pack_parts, pack_records,
    revision_number_of, revision_records, revisions_of, target_of,
};
pub use superset::superset;
