//! What the tests of controllers share: a trace of a rollout in words, and random
//! configurations.

use canary_rollout::config::Config;
use canary_rollout::policy::{Decide, Prepared, State};
use canary_rollout::report::Report;
use canary_rollout::rollout::Rollout;

use crate::support::{config, rolled_out};

/// A rollout in lines: a line for each tick in which the share, or the state or the phase
/// after it, is another than before; and one for each decision. Times are those of the ends
/// of ticks.
pub fn trace(config: &Config, seed: u64) -> String {
    let rollout = rolled_out(config, seed);
    let report = rollout.report();
    let tick_seconds = u64::from(config.world().tick_seconds);
    let phases = rollout.plan().policy().phases();
    let mut text = String::new();
    let mut before = None;
    let told = |tick: u32| report.decisions.iter().filter(move |decision| decision.tick == tick);
    let tell = |text: &mut String, tick: u32| {
        for decision in told(tick) {
            *text += &format!("{:>8} s  {}\n", u64::from(tick) * tick_seconds, decision.sentence);
        }
    };
    tell(&mut text, 0);
    for (tick, row) in (1..).zip(rollout.history().ticks.iter()) {
        let phase = phases.get(usize::from(row.phase)).copied().unwrap_or_default();
        let now = (row.share, row.state, row.phase);
        if before != Some(now) {
            let end = u64::from(tick) * tick_seconds;
            let share = row.share * 100.0;
            text += &format!("{end:>8} s  {share:.4} % {} {phase}\n", row.state);
            before = Some(now);
        }
        tell(&mut text, tick);
    }
    text + &ending(&rollout, &report)
}

fn ending(rollout: &Rollout, report: &Report) -> String {
    format!("{} after {} ticks, {}\n", rollout.state(), rollout.ticks(), words(report))
}

fn words(report: &Report) -> String {
    let canary = &report.metrics.canary;
    format!("{} of {} requests of the canary failed", canary.errors, canary.requests)
}

/// A source of choices: SplitMix64.
pub struct Draw(u64);

impl Draw {
    /// A whole number from `min` to `max`.
    pub fn of(&mut self, min: u64, max: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        min + (mixed ^ (mixed >> 31)) % (max - min + 1)
    }
}

/// Random configurations of a controller: each reads back to itself, ends or waits for a
/// person, has shares from 0 to 1, and gives the same bytes again.
pub fn check_controller(count: u64, controller: impl Fn(&mut Draw) -> String) {
    let mut draw = Draw(1);
    let (mut completed, mut rolled_back) = (0, 0);
    for seed in 0..count {
        let rates = [1e-9, 0.02, 5.0, 80.0];
        let rate = rates[draw.of(0, 3) as usize];
        let (base, ratio) = (draw.of(0, 30) as f64 / 1e3, draw.of(1, 6));
        let skew = ["", ", canary_skew: 1.6"][draw.of(0, 1) as usize];
        let delay = 60 * draw.of(0, 2);
        let text = format!(
            "{{ traffic: {{ requests_per_second: {rate}{skew} }}, baseline: {{ error_rate: {base} }}, \
             observation: {{ delay_seconds: {delay} }}, canary: {{ error_ratio: {ratio} }}, \
             controller: {{ {} }} }}",
            controller(&mut draw)
        );
        let config = config(&text);
        let written = serde_json::to_string(&config).unwrap();
        assert_eq!(Config::from_text(&written).unwrap(), config, "{written}");
        let rollout = rolled_out(&config, seed);
        let waits = rollout.standing().controller().waits_for_a_person();
        assert!(rollout.state().is_terminal() || waits, "{text}");
        let most = rollout.plan().policy().most_ticks();
        assert!(u64::from(rollout.ticks()) <= most, "{} of {most}: {text}", rollout.ticks());
        for tick in rollout.history().ticks.iter() {
            assert!((0.0..=1.0).contains(&tick.share), "{text}");
        }
        let again = rolled_out(&config, seed).report().to_json();
        assert_eq!(rollout.report().to_json(), again, "{text}");
        completed += u64::from(rollout.state() == State::Completed);
        rolled_back += u64::from(rollout.state() == State::RolledBack);
    }
    let least = count / 20;
    assert!(completed > least && rolled_back > least, "{completed} {rolled_back}");
}
