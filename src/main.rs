//! The command line.

fn main() {
    println!("{}", canary_rollout::VERSION);
}
