//! `canary-rollout fit` and `canary-rollout replay`: recorded counts in place of an invented
//! world.

use std::sync::Arc;

use canary_rollout::fit::{self, fit_text};
use canary_rollout::rollout::Rollout;
use canary_rollout::world::{RecordedWorld, ReplayOptions};

use crate::arguments::{FitFormat, FitOptions, ImportOptions, Laid, RunOptions, Sources};
use crate::commands::{Outcome, all_in_source, printed, say};
use crate::counts::{self, CountsOptions};
use crate::import;

/// `canary-rollout fit`: a world of recorded counts; or a configuration in that world.
pub(crate) fn fit(options: &FitOptions) -> Result<Outcome, String> {
    let into = match &options.into {
        None => None,
        Some(source) => {
            let (configs, options) = (vec![source.clone()], ImportOptions::default());
            let loaded = import::load(&Sources { configs, options })?;
            Some((loaded.config()?, loaded))
        }
    };
    let reading = counts::load(&options.files, &options.counts, options.quiet)?;
    // The stages of a policy are in ticks, whose length stays.
    let of_policy = into.as_ref().map(|(config, _)| config.world().tick_seconds);
    let settings = fit::Options {
        tick_seconds: options.tick.or(of_policy),
        rollout_start: options.counts.seconds(options.start.as_ref())?,
        excess: None,
    };
    let found = fit::fit(&reading.record, &settings)?;
    let Some((_, loaded)) = into else {
        return Ok(match options.format {
            FitFormat::Json => found.to_json() + "\n",
            FitFormat::Text => fit_text(&found),
        }
        .into());
    };
    let fitted = found.config_text(&loaded.text);
    let fitted = fitted.map_err(|error| all_in_source(&loaded.name, &error))?;
    if !options.quiet {
        fit_text(&found).lines().for_each(say);
    }
    Ok((fitted + "\n").into())
}

/// `canary-rollout replay`: a policy over recorded counts.
pub(crate) fn replay(
    sources: &Sources,
    counts: &CountsOptions,
    laid: &Laid,
    options: RunOptions,
) -> Result<Outcome, String> {
    let loaded = import::load(sources)?;
    let config = loaded.config()?;
    if !options.quiet {
        loaded.tell();
    }
    let reading = counts::load(&laid.counts, counts, options.quiet)?;
    let settings = ReplayOptions {
        start: counts.seconds(laid.start.as_ref())?,
        lay_release: laid.lay_release,
        thin_canary: laid.thin_canary,
    };
    let recorded = RecordedWorld::new(&reading.record, &config, &settings)?;
    let rollout = Rollout::over_record(&config, Arc::new(recorded), options.seed)?;
    printed(rollout, options)
}
