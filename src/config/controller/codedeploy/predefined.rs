//! The predefined deployment configurations.

use super::{CodeDeployRouting, ComputePlatform, MinimumHealthyHosts};

/// A predefined deployment configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predefined {
    /// Its name, with what all names begin with.
    pub name: &'static str,
    /// What it is for.
    pub compute_platform: ComputePlatform,
    /// How it deploys.
    pub deploys: Deploys,
}

/// How a deployment configuration deploys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deploys {
    /// It shifts traffic.
    Shift(CodeDeployRouting),
    /// It deploys one instance at a time.
    OneAtATime,
    /// It deploys half of the instances at a time, rounded down, but at least one.
    HalfAtATime,
    /// It keeps a number of instances in service.
    Keep(MinimumHealthyHosts),
}

impl Deploys {
    /// How many of `instances` are deployed at a time; 0 if none may leave service.
    pub fn batch(self, instances: u32) -> u32 {
        match self {
            Deploys::Shift(_) => instances,
            Deploys::OneAtATime => 1.min(instances),
            Deploys::HalfAtATime => (instances / 2).max(1).min(instances),
            Deploys::Keep(minimum) => instances - minimum.count(instances),
        }
    }
}

const fn canary(name: &'static str, compute_platform: ComputePlatform, minutes: u32) -> Predefined {
    let routing = CodeDeployRouting::TimeBasedCanary {
        canary_percentage: 10.0,
        canary_interval_seconds: 60 * minutes,
    };
    Predefined { name, compute_platform, deploys: Deploys::Shift(routing) }
}

const fn linear(name: &'static str, compute_platform: ComputePlatform, minutes: u32) -> Predefined {
    let routing = CodeDeployRouting::TimeBasedLinear {
        linear_percentage: 10.0,
        linear_interval_seconds: 60 * minutes,
    };
    Predefined { name, compute_platform, deploys: Deploys::Shift(routing) }
}

const fn at_once(name: &'static str, compute_platform: ComputePlatform) -> Predefined {
    let deploys = Deploys::Shift(CodeDeployRouting::AllAtOnce);
    Predefined { name, compute_platform, deploys }
}

const fn servers(name: &'static str, deploys: Deploys) -> Predefined {
    Predefined { name, compute_platform: ComputePlatform::Server, deploys }
}

impl Predefined {
    /// All predefined deployment configurations.
    ///
    /// Source: the CodeDeploy user guide, "Working with deployment configurations".
    pub const ALL: [Predefined; 17] = {
        use ComputePlatform::{Ecs, Lambda};
        [
            canary("CodeDeployDefault.LambdaCanary10Percent5Minutes", Lambda, 5),
            canary("CodeDeployDefault.LambdaCanary10Percent10Minutes", Lambda, 10),
            canary("CodeDeployDefault.LambdaCanary10Percent15Minutes", Lambda, 15),
            canary("CodeDeployDefault.LambdaCanary10Percent30Minutes", Lambda, 30),
            linear("CodeDeployDefault.LambdaLinear10PercentEvery1Minute", Lambda, 1),
            linear("CodeDeployDefault.LambdaLinear10PercentEvery2Minutes", Lambda, 2),
            linear("CodeDeployDefault.LambdaLinear10PercentEvery3Minutes", Lambda, 3),
            linear("CodeDeployDefault.LambdaLinear10PercentEvery10Minutes", Lambda, 10),
            at_once("CodeDeployDefault.LambdaAllAtOnce", Lambda),
            canary("CodeDeployDefault.ECSCanary10Percent5Minutes", Ecs, 5),
            canary("CodeDeployDefault.ECSCanary10Percent15Minutes", Ecs, 15),
            linear("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", Ecs, 1),
            linear("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", Ecs, 3),
            at_once("CodeDeployDefault.ECSAllAtOnce", Ecs),
            servers("CodeDeployDefault.OneAtATime", Deploys::OneAtATime),
            servers("CodeDeployDefault.HalfAtATime", Deploys::HalfAtATime),
            servers(
                "CodeDeployDefault.AllAtOnce",
                Deploys::Keep(MinimumHealthyHosts::HostCount(0)),
            ),
        ]
    };

    /// The one with this name. Upper and lower case do not matter, because the sources do
    /// not agree on them.
    pub fn named(name: &str) -> Option<&'static Predefined> {
        const ALL: &[Predefined] = &Predefined::ALL;
        ALL.iter().find(|predefined| predefined.name.eq_ignore_ascii_case(name))
    }
}
