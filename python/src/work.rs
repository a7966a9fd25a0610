//! Long work: on threads of its own, while the calling thread handles signals.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{call_error, one_fault};

/// Most threads.
const MAX_THREADS: usize = 1_024;
/// How often signals are looked for, such as Ctrl-C.
const WATCH: Duration = Duration::from_millis(50);

/// A result: as JSON text, as text for people, and as an SVG file if it has a picture.
pub(crate) type Found = (String, String, Option<String>);

/// What a lock holds, unless it is being worked on. Waiting could be for ever, if the call
/// comes from the work's own `progress`.
pub(crate) fn locked<'a, T>(py: Python<'_>, lock: &'a Mutex<T>) -> PyResult<MutexGuard<'a, T>> {
    match lock.try_lock() {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => {
            Err(call_error(py, "it is running; expected a call before or after that"))
        }
    }
}

/// So many threads, or one per core.
pub(crate) fn pool(py: Python<'_>, threads: Option<usize>) -> PyResult<ThreadPool> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or_else(cores);
    if !(1..=MAX_THREADS).contains(&threads) {
        let message = format!("found {threads}, expected 1 to {MAX_THREADS}");
        return Err(one_fault(py, "threads", message));
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|why| call_error(py, why))
}

/// Does work on the pool's threads, from `done` to `all`, with a flag that stops it and a
/// function that takes how much is done. Signals are handled meanwhile; an exception of a
/// handler, or of `progress`, stops the work.
pub(crate) fn watched(
    py: Python<'_>,
    pool: &ThreadPool,
    progress: Option<&Py<PyAny>>,
    [done, all]: [u64; 2],
    work: impl FnOnce(&AtomicBool, &mut (dyn FnMut(u64) + Send)) + Send,
) -> PyResult<()> {
    let stop = AtomicBool::new(false);
    let done = AtomicU64::new(done);
    py.detach(|| {
        std::thread::scope(|scope| {
            let (finished, wait) = channel::<()>();
            let (stop, done) = (&stop, &done);
            scope.spawn(move || {
                pool.install(|| work(stop, &mut |now| done.store(now, Ordering::Relaxed)));
                // Dropped also if the engine panics, which ends the wait.
                drop(finished);
            });
            let mut told = None;
            loop {
                let is_over = wait.recv_timeout(WATCH) != Err(RecvTimeoutError::Timeout);
                let now = done.load(Ordering::Relaxed);
                let heard = Python::attach(|py| {
                    py.check_signals()?;
                    match progress {
                        Some(progress) if told != Some(now) => {
                            told = Some(now);
                            progress.call1(py, (now, all)).map(|_| ())
                        }
                        _ => Ok(()),
                    }
                });
                if heard.is_err() || is_over {
                    stop.store(true, Ordering::Relaxed);
                    return heard;
                }
            }
        })
    })
}
