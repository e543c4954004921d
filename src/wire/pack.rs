//! Packs: objects in one zstd stream, cut into parts that fit into Secrets.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::WireError;
use crate::model::ObjectId;

/// Most bytes of one part: a Secret may hold 1 MiB of base64 and etcd takes 1.5 MiB a request.
pub const CHUNK: usize = 512 * 1024;

/// zstd's level: 131 objects of kube-prometheus (3.8 MB) become some 170 KB in a twentieth of a second.
const LEVEL: i32 = 3;
/// Most bytes that a pack may unfold to, so that a broken record cannot exhaust the memory.
const LARGEST: u64 = 1 << 31;

/// One object of a pack.
#[derive(Clone, Serialize, Deserialize)]
pub struct Content {
    /// Which object.
    pub object: ObjectId,
    /// Whether this is what was live before the run, and not what was wanted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pre_image: bool,
    /// The object.
    pub tree: Value,
}

/// Compresses objects into parts of at most [`CHUNK`] bytes; none for no objects.
pub fn encode_pack(contents: &[Content]) -> Result<Vec<Vec<u8>>, WireError> {
    if contents.is_empty() {
        return Ok(Vec::new());
    }
    let failed = |error: std::io::Error| WireError::Pack(error.to_string());
    let mut stream = zstd::Encoder::new(Vec::new(), LEVEL).map_err(failed)?;
    for content in contents {
        serde_json::to_writer(&mut stream, content)?;
        std::io::Write::write_all(&mut stream, b"\n").map_err(failed)?;
    }
    let bytes = stream.finish().map_err(failed)?;
    Ok(bytes.chunks(CHUNK).map(<[u8]>::to_vec).collect())
}

/// Reads the parts of one pack, in their order.
pub fn decode_pack(parts: &[Vec<u8>]) -> Result<Vec<Content>, WireError> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = parts.concat();
    let stream = zstd::Decoder::new(bytes.as_slice()).map_err(|error| WireError::Pack(error.to_string()))?;
    let limited = std::io::Read::take(stream, LARGEST);
    let contents = serde_json::Deserializer::from_reader(std::io::BufReader::new(limited)).into_iter();
    contents.map(|content| content.map_err(WireError::from)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(name: &str, size: usize) -> Content {
        // Text that zstd cannot shrink below a chunk: digits of a fixed recurrence.
        let mut state = 7_u64;
        let text: String = (0..size)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b' ' + u8::try_from((state >> 33) % 90).unwrap_or_default())
            })
            .collect();
        let tree =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": text}});
        let object = ObjectId {
            group: String::new(),
            kind: "ConfigMap".to_owned(),
            namespace: None,
            name: name.to_owned(),
        };
        Content { object, pre_image: false, tree }
    }

    #[test]
    fn a_large_pack_is_cut_and_read_back() {
        let contents = [content("a", 900_000), content("b", 10)];
        let parts = encode_pack(&contents).expect("encodes");
        assert!(parts.len() > 1, "{} parts", parts.len());
        assert!(parts.iter().all(|part| part.len() <= CHUNK));
        let back = decode_pack(&parts).expect("decodes");
        assert_eq!(back.len(), 2);
        assert_eq!(back[0].tree, contents[0].tree);
        assert!(decode_pack(&parts[..1]).is_err(), "a pack with a lost part is an error");
    }
}
