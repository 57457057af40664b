//! What is found, against what Node's own scanners found: `names.jsonl` was written by them
//! (`tests/lab/imports_commonjs.py` compares it again).

use super::exported;
use crate::node::modules::{ByteOrderMark, CommonJs, Lexer};
use serde_json::{Value, json};

#[test]
fn the_names_are_those_that_node_finds() {
    for line in include_str!("names.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = row["text"].as_str().unwrap();
        let commonjs = CommonJs { found: exported(text), ..CommonJs::default() };
        for (lexer, name) in [(Lexer::WebAssembly, "18"), (Lexer::JavaScript, "20"), (Lexer::Native, "24")] {
            let found = commonjs.by(lexer, ByteOrderMark::Stripped).cloned().unwrap_or_default();
            let expected = row.get(name).unwrap_or(&row["all"]);
            assert_eq!(&json!([found.names, found.reexports]), expected, "Node {name}: {text}");
        }
    }
}

#[test]
fn a_hostile_text_is_scanned_once() {
    for unit in [
        "Object.keys(x).forEach(",
        "var x = require('y');",
        "module.exports = {a,",
        "exports.a = `${",
        "(/*",
        "exports[",
        "{}/",
    ] {
        let text = format!("export {}", unit.repeat(200_000));
        let started = std::time::Instant::now();
        exported(text.strip_prefix("export ").unwrap());
        exported(&text);
        assert!(started.elapsed().as_secs() < 20, "{unit}");
    }
}
