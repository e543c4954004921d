//! JSON files, with places and doubled keys told.

use std::{cell::Cell, collections::BTreeSet, sync::Arc};

use serde_json::Number;

use super::{
    mistake,
    node::{Key, Node, NodeValue},
    text::counted,
};
use crate::model::{Place, Problem};

/// Deepest nesting of lists and maps in a file.
const MAX_DEPTH: usize = 100;

/// Whether a file's name says that it holds JSON.
pub fn is_json(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("json"))
}

/// The value of a JSON text; none where there is only white space.
pub fn parse_json(file: &Arc<str>, text: &str) -> Result<Option<Node>, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let problems = mistake::control_characters(file, text);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut reader = Reader { file, text, at: 0, line: 1, counted: Cell::new((0, 0)), problems };
    reader.space();
    if reader.peek().is_none() {
        return Ok(None);
    }
    let read = reader.value(0).and_then(|node| {
        reader.space();
        if reader.peek().is_none() { Ok(node) } else { Err(reader.wrong("unexpected text behind the value")) }
    });
    match read {
        Ok(node) if reader.problems.is_empty() => Ok(Some(node)),
        Ok(_) => Err(reader.problems),
        Err(problem) => {
            reader.problems.push(*problem);
            Err(reader.problems)
        }
    }
}

struct Reader<'t> {
    file: &'t Arc<str>,
    text: &'t str,
    at: usize,
    line: usize,
    /// A byte offset of this line and the characters before it, so that one long line is counted once.
    counted: Cell<(usize, usize)>,
    problems: Vec<Problem>,
}

type Read<T> = Result<T, Box<Problem>>;

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn position(&self) -> (u32, u32) {
        let (from, characters) = self.counted.get();
        let between = self.text.get(from..self.at).unwrap_or_default();
        let characters = characters + between.chars().count();
        self.counted.set((self.at, characters));
        (counted(self.line), counted(characters + 1))
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "every use is the error of a result, which is to stay small"
    )]
    fn wrong(&self, message: &str) -> Box<Problem> {
        let (line, column) = self.position();
        let place = Place { file: Arc::clone(self.file), line, column };
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some('\n') => "the line ends here".to_owned(),
            Some(character) => format!("here stands `{character}`"),
            None => "the file ends here".to_owned(),
        };
        let help = "correct the JSON here: look for a comma, quote or bracket too many or too few";
        Box::new(Problem::new(place, format!("{message}: {found}")).help(help))
    }

    fn space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.counted.set((self.at + 1, 0));
                }
                b' ' | b'\t' | b'\r' => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, message: &str) -> Read<()> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.wrong(message))
    }

    fn value(&mut self, depth: usize) -> Read<Node> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("more than 100 levels of lists and maps"));
        }
        let (line, column) = self.position();
        let value = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => NodeValue::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => NodeValue::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { value, line, column })
    }

    fn word(&mut self) -> Read<NodeValue> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in
            [("null", NodeValue::Null), ("true", NodeValue::Bool(true)), ("false", NodeValue::Bool(false))]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("expected a value"))
    }

    fn number(&mut self) -> Read<Number> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
            .unwrap_or(rest.len());
        let number = rest.get(..end).and_then(|text| serde_json::from_str::<Number>(text).ok());
        let number = number.ok_or_else(|| self.wrong("this is no JSON number"))?;
        self.at += end;
        Ok(number)
    }

    fn string(&mut self) -> Read<String> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let bytes = rest.as_bytes();
        let mut end = 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'"' | b'\n' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        let text = if bytes.get(end) == Some(&b'"') { rest.get(..=end) } else { None };
        let Some(text) = text else { return Err(self.wrong("this text has no closing quote on its line")) };
        let string = match text.get(1..text.len() - 1) {
            Some(plain) if !plain.contains(['\\', '\t', '\r']) => plain.to_owned(),
            _ => {
                serde_json::from_str(text).map_err(|_| self.wrong("this text has a wrong escape or a tab"))?
            }
        };
        self.at += text.len();
        Ok(string)
    }

    fn list(&mut self, depth: usize) -> Read<NodeValue> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(NodeValue::List(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            if self.peek() != Some(b',') {
                break;
            }
            self.at += 1;
        }
        self.expect(b']', "expected `,` or `]`")?;
        Ok(NodeValue::List(items))
    }

    fn map(&mut self, depth: usize) -> Read<NodeValue> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut names = BTreeSet::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(NodeValue::Map(entries));
        }
        loop {
            self.space();
            let (line, column) = self.position();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("expected a key in double quotes"));
            }
            let name = self.string()?;
            self.space();
            self.expect(b':', "expected `:`")?;
            self.space();
            let value = self.value(depth + 1)?;
            if names.insert(name.clone()) {
                entries.push((Key { name, line, column }, value));
            } else {
                self.twin(&entries, &name, line, column);
            }
            self.space();
            if self.peek() != Some(b',') {
                break;
            }
            self.at += 1;
        }
        self.expect(b'}', "expected `,` or `}`")?;
        Ok(NodeValue::Map(entries))
    }

    fn twin(&mut self, entries: &[(Key, Node)], name: &str, line: u32, column: u32) {
        let first = entries.iter().find(|(key, _)| key.name == name).map_or(0, |(key, _)| key.line);
        let place = Place { file: Arc::clone(self.file), line, column };
        self.problems.push(
            Problem::new(place, format!("key `{name}` stands twice in this map"))
                .help(format!("remove one of them: the first stands in line {first}")),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn value(text: &str) -> Value {
        parse_json(&"f.json".into(), text).expect("good").expect("not empty").into_value()
    }

    fn mistakes(text: &str) -> Vec<String> {
        parse_json(&"f.json".into(), text).expect_err("broken").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_are_those_of_serde_json() {
        for text in [
            "{\t\"a\": [1, -2.5e3, true, null, \"\\u00e9\\ud83d\\ude00 \\/\"],\n\"b\": {}, \"c\": []}",
            "[]",
            "\"x\"",
            "18446744073709551615",
        ] {
            assert_eq!(value(text), serde_json::from_str::<Value>(text).expect("good"), "{text}");
        }
        assert_eq!(value("{\"a\": yes}".replace("yes", "false").as_str()), json!({"a": false}));
    }

    #[test]
    fn mistakes_have_places() {
        assert_eq!(
            mistakes("{\n  \"a\": 1\n  \"b\": 2\n}"),
            ["f.json:3:3: expected `,` or `}`: here stands `\"`"]
        );
        assert_eq!(mistakes("{\"a\": yes}"), ["f.json:1:7: expected a value: here stands `y`"]);
        assert_eq!(mistakes("[1, 2"), ["f.json:1:6: expected `,` or `]`: the file ends here"]);
        assert_eq!(mistakes("{\"a\": 01}"), ["f.json:1:7: this is no JSON number: here stands `0`"]);
        assert_eq!(
            mistakes("{\"a\": \"x}"),
            ["f.json:1:7: this text has no closing quote on its line: here stands `\"`"]
        );
    }

    #[test]
    fn doubled_keys_are_mistakes() {
        assert_eq!(
            mistakes("{\"a\": 1, \"b\": {\"c\": 1,\n\"c\": 2}, \"a\": 2}"),
            ["f.json:2:1: key `c` stands twice in this map", "f.json:2:10: key `a` stands twice in this map"]
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(mistakes(&"[".repeat(100_000))[0].contains("levels"));
    }

    #[test]
    fn an_empty_file_has_no_value() {
        assert_eq!(parse_json(&"f.json".into(), " \n"), Ok(None));
    }
}
