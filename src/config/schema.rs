//! The JSON Schema of a configuration, generated from the types that read it.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Value, json};

use super::ConfigInput;
use crate::rules::{Items, Kind, Method, Parameter};

/// The identifier of the schema. It is not a URL, so nothing is fetched.
const SCHEMA_ID: &str = "urn:canary-rollout:configuration";

/// The JSON Schema (2020-12) of the text of a configuration.
///
/// [`CONFIG_SCHEMA`](super::CONFIG_SCHEMA) is its text; this function, of the feature
/// `schema`, is what generates the file. It covers names, types and simple ranges. Relations between values are checked
/// only by [`super::Config::from_text`].
pub fn config_schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(Tidy);
    let mut schema = settings.into_generator().into_root_schema_for::<ConfigInput>();
    if let Some(rule) = schema.pointer_mut("/$defs/Rule") {
        rule["allOf"] = Method::NAMES.iter().map(|name| parameters_of(name)).collect();
        // Keys with a point are those of an object, whose type has its own bounds.
        let own = |parameter: &Parameter| !parameter.key.contains('.');
        for parameter in Method::all_parameters().into_iter().filter(own) {
            add_bounds(&mut rule["properties"][parameter.key], &parameter);
        }
    }
    schema.insert("$id".to_string(), json!(SCHEMA_ID));
    let policies = [json!({ "required": ["stages"] }), json!({ "required": ["controller"] })];
    schema.insert("oneOf".to_string(), json!(policies));
    if let Some(properties) = schema.pointer_mut("/properties") {
        properties["$schema"] = json!({
            "description": "The schema that an editor checks this text against; no effect here.",
            "type": "string",
        });
    }
    schema.to_value()
}

/// Corrects what schemars generates: an `Option` is a field that may be left out,
/// not one that may be null; Rust's number formats and the line breaks of the
/// comments are removed.
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

/// Requires that a rule of this name has the parameters that it needs and no
/// others, and limits those whose range is not that of every rule.
fn parameters_of(name: &str) -> Value {
    let taken = Method::parameters(name);
    let needed: Vec<&str> =
        taken.iter().filter(|taken| taken.start.is_some()).map(|taken| taken.key).collect();
    let mut properties: serde_json::Map<_, _> =
        Method::refused(name).map(|key| (key.to_string(), json!(false))).collect();
    let all = Method::all_parameters();
    for parameter in &taken {
        let general = all.iter().find(|one| one.key == parameter.key);
        let is_general =
            |one: &Parameter| one.range == parameter.range && one.kind == parameter.kind;
        if !general.is_some_and(is_general) {
            let mut bounds = json!({});
            add_bounds(&mut bounds, parameter);
            properties.insert(parameter.key.to_string(), bounds);
        }
    }
    json!({
        "if": { "properties": { "rule": { "const": name } } },
        "then": { "required": needed, "properties": properties },
    })
}

/// What a parameter may be, whatever the rule is.
fn add_bounds(property: &mut Value, parameter: &Parameter) {
    let Some(range) = parameter.range else { return };
    if let Some(Items { min, max }) = parameter.items {
        property["minItems"] = json!(min);
        property["maxItems"] = json!(max);
    }
    let numbers = match parameter.items {
        Some(_) => &mut property["items"],
        None => property,
    };
    if parameter.kind == Kind::Whole {
        numbers["type"] = json!("integer");
    }
    let least = if range.excludes_min { "exclusiveMinimum" } else { "minimum" };
    let most = if range.excludes_max { "exclusiveMaximum" } else { "maximum" };
    for (name, bound) in [(least, range.min), (most, range.max)] {
        numbers[name] = if bound.fract() == 0.0 { json!(bound as i64) } else { json!(bound) };
    }
}
