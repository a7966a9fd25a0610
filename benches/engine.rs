//! Placeholder: the bare cost of a transcendental function.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};

fn math(c: &mut Criterion) {
    c.bench_function("version", |b| b.iter(|| canary_rollout::VERSION.len()));
}

criterion_group!(benches, math);
criterion_main!(benches);
