//! Trees as YAML that every reader understands alike.

use serde_json::Value;

/// Why a tree could not be printed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write YAML: {0}")]
pub struct PrintError(String);

/// One document in block style; texts that another reader could take for something else are quoted.
pub fn print_yaml(tree: &Value) -> Result<String, PrintError> {
    let mut text = serde_saphyr::to_string(tree).map_err(|error| PrintError(error.to_string()))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::syntax::parse_yaml;

    #[test]
    fn what_is_printed_is_read_back() {
        let tree = json!({
            "yes": "yes", "octal": "0644", "number": 1, "none": null, "empty": {}, "list": [],
            "text": "a\n  b\n\nc\n", "tabbed": "\n\ta\n", "sha": "1234e567", "quote": "a: 'b' # c",
            "long": "word ".repeat(60), "nested": [{"a": [1, [true]]}],
        });
        let text = print_yaml(&tree).expect("prints");
        let back =
            parse_yaml(&Arc::from("x.yaml"), &text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        assert_eq!(back[0].to_value(), tree, "{text}");
    }
}
