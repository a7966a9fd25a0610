//! What is allowed and yet probably not meant.

use super::*;
use crate::problem::Problem;

impl Config {
    /// What is allowed and yet probably not meant.
    pub fn warnings(&self) -> Vec<Problem> {
        Vec::new()
    }
}
