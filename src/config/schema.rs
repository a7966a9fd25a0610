//! The JSON Schema of a configuration, from the types that read it.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Value, json};

use super::ConfigInput;
use crate::rules::Method;

/// The text of [`config_schema`], for the browser: making it there would take
/// ten times the bytes.
pub const CONFIG_SCHEMA: &str = include_str!("schema.json");

/// The schema's own name. It is no address: nothing is to be fetched.
const SCHEMA_ID: &str = "urn:canary-rollout:configuration";

/// The JSON Schema (2020-12) of a configuration as a person writes it.
///
/// It knows names, types and simple ranges. What one value asks of another
/// only [`super::Config::from_text`] tells.
pub fn config_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(Tidy);
    let mut schema = settings.into_generator().into_root_schema_for::<ConfigInput>();
    if let Some(rule) = schema.pointer_mut("/$defs/Rule") {
        rule["allOf"] = Method::NAMES.iter().map(|name| parameters_of(name)).collect();
    }
    schema.insert("$id".to_string(), json!(SCHEMA_ID));
    if let Some(properties) = schema.pointer_mut("/properties") {
        properties["$schema"] = json!({
            "description": "The schema that an editor checks this text against; without any meaning here.",
            "type": "string",
        });
    }
    schema.to_value()
}

/// schemars reads an `Option` as "or null", where a configuration leaves out;
/// names Rust's formats; and keeps the source's line breaks.
#[derive(Clone)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        schema.remove("format");
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = description.replace('\n', " ");
        }
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_string(), only);
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
            choices.retain(|choice| *choice != json!({ "type": "null" }));
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                schema.ensure_object().extend(only);
            }
        }
    }
}

/// That a rule of this name has the parameters it needs and no others, and how
/// large its limit may be.
fn parameters_of(name: &str) -> Value {
    let (needed, refused) = Method::parameters(name);
    let mut properties: serde_json::Map<_, _> =
        refused.into_iter().map(|name| (name.to_string(), json!(false))).collect();
    if let Some((most, above_0)) = Method::largest_limit(name) {
        let least = if above_0 { "exclusiveMinimum" } else { "minimum" };
        properties.insert("max".to_string(), json!({ least: 0, "maximum": most }));
    }
    json!({
        "if": { "properties": { "rule": { "const": name } } },
        "then": { "required": needed, "properties": properties },
    })
}
