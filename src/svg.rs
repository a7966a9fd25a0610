//! Pictures: a rollout, and the operating characteristic of a policy, as SVG files.
//!
//! They are drawn with the page's conventions. The canary is amber with round points, the
//! baseline blue with square ones, red marks a failure. The time that was lived fills the
//! width, and what was only planned is narrow beside it. Each file needs no style sheet and
//! no script, has a title and a description for who cannot see it, and is light or dark as
//! the viewer prefers.

mod canvas;
mod curve;
mod rollout;
mod scale;

pub use curve::study_svg;
pub use rollout::rollout_svg;
