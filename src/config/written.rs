//! Warnings with the paths and places of the text that a person wrote.

use super::resolve::read_text;
use super::*;
use crate::problem::Problem;
use crate::reading::in_order;
use crate::rules::Method;

impl Config {
    /// The [warnings](Config::warnings) with the paths, lines and columns of the
    /// text that the configuration was read from, in the order of the text. A
    /// warning about the rule of a plain threshold is placed at the threshold.
    pub fn warnings_in(&self, text: &str) -> Vec<Problem> {
        let mut warnings = self.warnings();
        let Ok((tree, input, _)) = read_text(text) else { return warnings };
        for warning in &mut warnings {
            warning.path = self.written_path(&warning.path, &input);
        }
        let places = tree.places(warnings.iter().map(|warning| warning.path.as_str()));
        for warning in &mut warnings {
            warning.line_column = Some(places.of(&warning.path).line_column());
        }
        let order = in_order(warnings.iter().map(|warning| places.of(&warning.path)));
        order.into_iter().map(|i| warnings[i].clone()).collect()
    }

    /// The path in the text for a path in the complete configuration.
    fn written_path(&self, path: &str, input: &ConfigInput) -> String {
        let rule = path.strip_prefix("rules[").and_then(|rest| rest.split_once(']'));
        let Some((Ok(i), rest)) = rule.map(|(i, rest)| (i.parse::<usize>(), rest)) else {
            return path.to_string();
        };
        let given = input.policy.rules.as_ref().map_or(0, Vec::len);
        let from_thresholds = self.parts.policy.rules.len().saturating_sub(given);
        let rule = match self.parts.policy.rules.get(i) {
            Some(rule) if i < from_thresholds => rule,
            _ => return format!("rules[{}]{rest}", i.saturating_sub(from_thresholds)),
        };
        let stage = rule.stages.as_ref().and_then(|stages| stages.first()).map_or(0, |n| n - 1);
        let is_errors = matches!(rule.method, Method::ErrorRateDelta(_));
        let key = if is_errors { "error_rate_threshold" } else { "latency_threshold_ms" };
        let own =
            input.policy.stages.as_ref().and_then(|stages| stages.get(stage as usize)).is_some_and(
                |stage| match is_errors {
                    true => stage.error_rate_threshold.is_some(),
                    false => stage.latency_threshold_ms.is_some(),
                },
            );
        if own { format!("stages[{stage}].{key}") } else { key.to_string() }
    }
}
