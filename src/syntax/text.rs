//! Bytes to text, naming the first byte that is none.

use std::sync::Arc;

use crate::model::{Place, Problem};

/// The UTF-8 text of a file, without its byte order mark.
pub fn decode<'b>(file: &Arc<str>, bytes: &'b [u8]) -> Result<&'b str, Problem> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let place = Place { file: Arc::clone(file), line: 1, column: 1 };
        return Err(Problem::new(place, "this file is UTF-16").help("save it as UTF-8"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let offset = error.valid_up_to();
            let (good, bad) = bytes.split_at(offset);
            let good = String::from_utf8_lossy(good);
            let byte = bad.first().copied().unwrap_or_default();
            let message = format!("byte {byte:#04x} at offset {offset} is not UTF-8");
            Err(Problem::new(end_of(file, &good), message).help("save the file as UTF-8"))
        }
    }
}

/// The place just behind a text that begins a file.
pub(crate) fn end_of(file: &Arc<str>, text: &str) -> Place {
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { file: Arc::clone(file), line: counted(line), column: counted(column) }
}

/// A count as places hold it.
pub(crate) fn counted(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(decode(&"f".into(), b"\xef\xbb\xbfa: 1"), Ok("a: 1"));
    }

    #[test]
    fn a_byte_that_is_not_utf_8_is_named_with_its_place() {
        let problem = decode(&"f".into(), b"a: 1\nb: \xe9t\xe9").expect_err("latin-1");
        assert_eq!(problem.to_string(), "f:2:4: byte 0xe9 at offset 8 is not UTF-8");
    }

    #[test]
    fn utf_16_is_called_by_its_name() {
        let problem = decode(&"f".into(), b"\xff\xfea\0").expect_err("utf-16");
        assert_eq!(problem.message, "this file is UTF-16");
    }
}
