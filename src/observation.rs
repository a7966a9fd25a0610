//! What monitoring sees of a tick or of a window of ticks: counts by arm. The true
//! rates behind the counts are not part of it.

use serde::Serialize;

/// One of the two versions that serve requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The stable version.
    Baseline,
    /// The new release.
    Canary,
}

impl Arm {
    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Arm::Baseline => "baseline",
            Arm::Canary => "canary",
        }
    }
}

/// A value for each arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByArm<T> {
    /// The value for the baseline.
    pub baseline: T,
    /// The value for the canary.
    pub canary: T,
}

impl<T> ByArm<T> {
    /// The value of one arm.
    pub fn of(&self, arm: Arm) -> &T {
        match arm {
            Arm::Baseline => &self.baseline,
            Arm::Canary => &self.canary,
        }
    }

    /// The value of one arm, to change it.
    pub fn of_mut(&mut self, arm: Arm) -> &mut T {
        match arm {
            Arm::Baseline => &mut self.baseline,
            Arm::Canary => &mut self.canary,
        }
    }

    /// Makes both values with a function of the arm.
    pub fn from_fn(mut make: impl FnMut(Arm) -> T) -> Self {
        ByArm { baseline: make(Arm::Baseline), canary: make(Arm::Canary) }
    }
}

/// The requests of one arm and how many of them failed; both below 2⁵³.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All requests, including those that failed.
    pub requests: u64,
    /// Requests that failed.
    pub errors: u64,
}

impl Counts {
    /// Errors divided by requests, in 0..=1; `None` without requests.
    pub fn error_rate(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.errors as f64 / self.requests as f64)
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.requests += other.requests;
        self.errors += other.errors;
    }
}

impl std::ops::Sub for Counts {
    type Output = Counts;

    fn sub(self, other: Counts) -> Counts {
        Counts { requests: self.requests - other.requests, errors: self.errors - other.errors }
    }
}

impl std::ops::Sub for ByArm<Counts> {
    type Output = ByArm<Counts>;

    fn sub(self, other: ByArm<Counts>) -> ByArm<Counts> {
        ByArm { baseline: self.baseline - other.baseline, canary: self.canary - other.canary }
    }
}

impl std::ops::AddAssign for ByArm<Counts> {
    fn add_assign(&mut self, other: ByArm<Counts>) {
        self.baseline += other.baseline;
        self.canary += other.canary;
    }
}
