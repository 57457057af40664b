//! JSON documents against the schemas that are published.

use serde_json::Value;
use std::fs;
use std::path::Path;

pub(crate) fn schema(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()).unwrap()
}

pub(crate) fn assert_valid(schema: &Value, document: &str, what: &str) {
    let document: Value = serde_json::from_str(document).unwrap_or_else(|error| panic!("{what}: {error}\n{document}"));
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

pub(crate) fn remove_pattern(schema: &mut Value, name: &str) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(property)) = map.get_mut(name) {
                property.remove("pattern");
            }
            map.values_mut().for_each(|value| remove_pattern(value, name));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| remove_pattern(value, name)),
        _ => {}
    }
}
