//! The form of the log: a line that names it, then records, each with its length and checksum.
//!
//! ```text
//! obsctl sandbox 1\n  ( length u32 | crc32 u32 | {"c":collection,"n":[namespace,name],"v":version}\n object )*
//! ```
//!
//! A record without an object is a deletion. What a killed process left half written at the end is no record.

use serde::{Deserialize, Serialize};

use super::object::{Key, Place};

/// The first line of every log; another number means another form.
pub(super) const FIRST_LINE: &[u8] = b"obsctl sandbox 1\n";
/// Length and checksum.
const FRAME: usize = 8;

#[derive(Serialize, Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    c: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    n: (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>),
    v: u64,
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) key: Key,
    pub(super) version: u64,
    /// The object's JSON; none where it is gone.
    pub(super) text: Option<&'a str>,
}

/// A log that holds something else than records before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged {
    /// Where.
    pub(super) offset: usize,
}

/// Appends a record to a buffer.
pub(super) fn encode(into: &mut Vec<u8>, key: &Key, version: u64, text: Option<&str>) {
    let head = Head {
        c: key.collection.as_str().into(),
        n: (key.place.namespace.as_str().into(), key.place.name.as_str().into()),
        v: version,
    };
    let mut payload = serde_json::to_vec(&head).unwrap_or_default();
    payload.push(b'\n');
    payload.extend_from_slice(text.unwrap_or_default().as_bytes());
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    into.extend_from_slice(&payload);
}

/// Reads all records; the number is the length of what is whole.
///
/// A last record that is not whole was never acknowledged. A wrong one with others behind it was.
pub(super) fn decode<'a>(bytes: &'a [u8], mut each: impl FnMut(Record<'a>)) -> Result<usize, Damaged> {
    let mut offset = FIRST_LINE.len();
    if !bytes.starts_with(FIRST_LINE) {
        return if FIRST_LINE.starts_with(bytes) { Ok(0) } else { Err(Damaged { offset: 0 }) };
    }
    while let Some((payload, sum)) = frame(bytes, offset) {
        let end = offset + FRAME + payload.len();
        match record(payload).filter(|_| crc32fast::hash(payload) == sum) {
            Some(record) => each(record),
            None if end == bytes.len() || payload.is_empty() => break,
            None => return Err(Damaged { offset }),
        }
        offset = end;
    }
    Ok(offset)
}

fn frame(bytes: &[u8], offset: usize) -> Option<(&[u8], u32)> {
    let number = |at: usize| {
        let four = bytes.get(at..at + 4)?;
        four.try_into().ok().map(u32::from_le_bytes)
    };
    let length = usize::try_from(number(offset)?).ok()?;
    let payload = bytes.get(offset + FRAME..(offset + FRAME).checked_add(length)?)?;
    Some((payload, number(offset + 4)?))
}

fn record(payload: &[u8]) -> Option<Record<'_>> {
    let text = std::str::from_utf8(payload).ok()?;
    let (head, object) = text.split_once('\n')?;
    let head: Head<'_> = serde_json::from_str(head).ok()?;
    let place = Place { namespace: head.n.0.into_owned(), name: head.n.1.into_owned() };
    let key = Key { collection: head.c.into_owned(), place };
    Some(Record { key, version: head.v, text: (!object.is_empty()).then_some(object) })
}
