//! One rollout of a bad release: what the policy decided, why, and whether it was right.
//!
//! `cargo run --example one_rollout`

use canary_rollout::config::Config;
use canary_rollout::rollout::Rollout;
use canary_rollout::text::rollout_text;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::from_text(
        r#"{
            "canary": { "error_ratio": 3 },
            "stages": [{ "traffic_pct": 1 }, { "traffic_pct": 10 }, { "traffic_pct": 50 }],
            "rules": [{ "rule": "sequential", "alpha": 0.05 }]
        }"#,
    )?;
    let mut rollout = Rollout::new(&config, 7);
    rollout.run()?;
    print!("{}", rollout_text(&rollout));

    let report = rollout.report();
    println!("Outcome: {:?}", report.outcome);
    println!("{} requests failed because of the release.", report.metrics.excess_errors);
    Ok(())
}
