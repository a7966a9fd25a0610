//! A template of CloudFormation: its resources, and what its functions give where that is
//! known from the template alone.

use super::document::Field;
use crate::reading::View;

/// How deep functions may stand inside each other.
const MAX_DEPTH: u32 = 20;

/// A template.
pub(super) struct Template<'a> {
    root: Field<'a>,
}

/// A resource of a template.
#[derive(Clone)]
pub(super) struct Resource<'a> {
    /// Its logical name.
    pub(super) name: &'a str,
    /// Its type, such as `AWS::CloudWatch::Alarm`.
    pub(super) kind: &'a str,
    /// Its properties.
    pub(super) properties: Field<'a>,
}

impl<'a> Template<'a> {
    pub(super) fn new(root: &Field<'a>) -> Self {
        Template { root: root.clone() }
    }

    /// The resources of a type, in the order of the template.
    pub(super) fn resources(&self, kind: &str) -> Vec<Resource<'a>> {
        let Some(all) = self.root.get("Resources") else { return Vec::new() };
        let mut found = Vec::new();
        for name in all.node().keys() {
            let is_kind = |node: &crate::reading::Node| node.get_text("Type") == Some(kind);
            if !all.node().get(name).is_some_and(is_kind) {
                continue;
            }
            let Some(resource) = all.get(name) else { continue };
            let kind = resource.node().get_text("Type").unwrap_or_default();
            let _ = resource.get("Type");
            let properties = resource.get("Properties").unwrap_or_else(|| resource.clone());
            found.push(Resource { name, kind, properties });
        }
        found
    }

    /// The value of a key, with its functions followed.
    pub(super) fn get(&self, field: &Field<'a>, key: &str) -> Option<Field<'a>> {
        self.follow(field.get(key)?, 0)
    }

    /// The items of an array, each with its functions followed; a single value counts as
    /// one item.
    pub(super) fn items(&self, field: &Field<'a>) -> Vec<Field<'a>> {
        match field.node().view() {
            View::Array(_) => {
                let items = field.items().into_iter();
                items.filter_map(|item| self.follow(item, 0)).collect()
            }
            _ => vec![field.clone()],
        }
    }

    /// Follows `Ref` to a parameter, `Fn::If` and `Fn::FindInMap`. `None` for
    /// `AWS::NoValue` and for a parameter without a default.
    pub(super) fn follow(&self, field: Field<'a>, depth: u32) -> Option<Field<'a>> {
        if depth > MAX_DEPTH {
            field.fault("functions stand too deep inside each other");
            return None;
        }
        if let Some(name) = field.node().get_text("Ref") {
            if name == "AWS::NoValue" {
                field.whole();
                return None;
            }
            let Some(parameter) = self.root.get("Parameters").and_then(|all| all.get(name)) else {
                return Some(field);
            };
            field.whole();
            let value = parameter.get("Default");
            parameter.whole();
            match &value {
                Some(value) => field.read(format!(
                    "the parameter {name}, by default {}",
                    self.text(value).unwrap_or_default()
                )),
                None => field
                    .warn(format!("the parameter {name} has no default; it counts as left out")),
            }
            return value;
        }
        if let Some(branches) = field.get("Fn::If") {
            let branches = branches.items();
            let [condition, yes, no] = branches.as_slice() else {
                field.fault("expected Fn::If with a condition and two values");
                return None;
            };
            let holds = self.holds(condition, depth + 1);
            let chosen = if holds.unwrap_or(true) { yes } else { no };
            if holds.is_none() {
                field.guessed("the condition is not known from the template; it counts as true");
            }
            return self.follow(chosen.clone(), depth + 1);
        }
        if let Some(keys) = field.get("Fn::FindInMap") {
            let keys: Vec<String> = keys.items().iter().filter_map(|key| self.text(key)).collect();
            let [map, first, second] = keys.as_slice() else {
                field.fault("expected Fn::FindInMap with three keys");
                return None;
            };
            let found =
                self.root.get("Mappings").and_then(|all| all.get(map)?.get(first)?.get(second));
            if found.is_none() {
                field.fault(format!("Mappings.{map}.{first}.{second} is missing"));
            }
            return found;
        }
        Some(field)
    }

    /// A text: literal, a reference to a resource by its name, or `Fn::Sub` of these.
    /// `None` for other functions.
    pub(super) fn text(&self, field: &Field<'a>) -> Option<String> {
        let field = self.follow(field.clone(), 0)?;
        if let View::Text(_) | View::Number(_) | View::Bool(_) = field.node().view() {
            return field.text();
        }
        let node = field.node();
        field.whole();
        if let Some(name) = node.get_text("Ref") {
            return Some(name.to_string());
        }
        let sub = node.get("Fn::Sub")?;
        let text = match sub.view() {
            View::Text(text) => text,
            View::Array(items) => match items.first()?.view() {
                View::Text(text) => text,
                _ => return None,
            },
            _ => return None,
        };
        let mut whole = String::new();
        let mut parts = text.split("${");
        whole += parts.next().unwrap_or_default();
        for part in parts {
            let (name, rest) = part.split_once('}')?;
            let parameter =
                self.root.get("Parameters").and_then(|all| all.get(name)?.get("Default"));
            whole += &parameter.and_then(|value| value.text()).unwrap_or_else(|| name.to_string());
            whole += rest;
        }
        Some(whole)
    }

    /// Whether a condition holds, by name or as a function; `None` if that is not known.
    fn holds(&self, condition: &Field<'a>, depth: u32) -> Option<bool> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let View::Text(name) = condition.node().view() {
            let condition = self.root.get("Conditions")?.get(name)?;
            return self.holds(&condition, depth + 1);
        }
        condition.whole();
        if let Some(name) = condition.get("Condition") {
            return self.holds(&name, depth + 1);
        }
        let all = |key: &str| condition.get(key).map(|all| all.items());
        if let Some(sides) = all("Fn::Equals") {
            let [left, right] = sides.as_slice() else { return None };
            return Some(self.text(left)? == self.text(right)?);
        }
        if let Some(not) = all("Fn::Not") {
            return Some(!self.holds(not.first()?, depth + 1)?);
        }
        if let Some(parts) = all("Fn::And") {
            return parts
                .iter()
                .try_fold(true, |and, part| Some(and & self.holds(part, depth + 1)?));
        }
        let parts = all("Fn::Or")?;
        parts.iter().try_fold(false, |or, part| Some(or | self.holds(part, depth + 1)?))
    }
}
