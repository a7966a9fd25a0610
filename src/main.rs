<<<<<<< HEAD
//! Skeleton.
fn main() {}
=======
//! The command line.

fn main() {
    println!("{}", canary_rollout::VERSION);
}
>>>>>>> 295b133b674c02d758a923ea0630db953d7c2c6b
