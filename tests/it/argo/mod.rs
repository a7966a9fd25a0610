//! The canary strategy of Argo Rollouts against the tables of that project's own
//! tests, at commit 9f8d111d8f (Apache-2.0): the figures are theirs.

mod analysis_run;
mod configuration;
mod pods;
mod rollouts;
