//! The pods of a version over time: asked for, not ready yet, available.

use super::pods::ReplicaSet;

/// The most batches of pods that get ready at different times.
const BATCHES: usize = 4;

/// The pods of a version. Pods that are asked for exist at once and are available after
/// their time; pods that are removed are gone at once, those that are not ready first,
/// as a ReplicaSet does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fleet {
    spec: u32,
    available: u32,
    /// The pods that are not ready, by the tick at which they are.
    batches: [Batch; BATCHES],
    used: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Batch {
    tick: u32,
    pods: u32,
}

impl Fleet {
    /// So many pods, all of them available.
    pub(super) fn of(pods: u32) -> Self {
        Fleet { spec: pods, available: pods, batches: [Batch::default(); BATCHES], used: 0 }
    }

    /// Pods that are available.
    pub(super) fn available(&self) -> u32 {
        self.available
    }

    /// Pods that are asked for.
    pub(super) fn spec(&self) -> u32 {
        self.spec
    }

    /// The counts that the controller reads.
    pub(super) fn replica_set(&self) -> ReplicaSet {
        ReplicaSet { spec: self.spec, created: self.spec, available: self.available }
    }

    /// The tick at which the next pods get ready.
    pub(super) fn next_tick(&self) -> Option<u32> {
        self.batches.first().filter(|_| self.used > 0).map(|batch| batch.tick)
    }

    /// Makes the pods available that are ready at `tick`. Returns whether there were any.
    pub(super) fn update(&mut self, tick: u32) -> bool {
        let ready = self.batches[..self.used].iter().take_while(|batch| batch.tick <= tick);
        let (count, pods) =
            ready.fold((0, 0), |(count, pods), batch| (count + 1, pods + batch.pods));
        self.available += pods;
        self.batches.copy_within(count..self.used, 0);
        self.used -= count;
        count > 0
    }

    /// Asks for so many pods at `tick`, of which new ones take `ready_ticks`. Returns
    /// whether that changed anything.
    pub(super) fn scale(&mut self, pods: u32, tick: u32, ready_ticks: u32) -> bool {
        if pods == self.spec {
            return false;
        }
        if pods > self.spec {
            self.add(pods - self.spec, tick.saturating_add(ready_ticks));
        } else {
            self.remove(self.spec - pods);
        }
        self.spec = pods;
        true
    }

    fn add(&mut self, pods: u32, tick: u32) {
        let full = self.used == BATCHES;
        match self.batches[..self.used].last_mut() {
            // With too many batches, the last one waits for these pods, too.
            Some(last) if last.tick == tick || full => {
                *last = Batch { tick, pods: last.pods + pods };
            }
            _ => {
                self.batches[self.used] = Batch { tick, pods };
                self.used += 1;
            }
        }
    }

    fn remove(&mut self, mut pods: u32) {
        while pods > 0 && self.used > 0 {
            let last = &mut self.batches[self.used - 1];
            let taken = last.pods.min(pods);
            last.pods -= taken;
            pods -= taken;
            if last.pods == 0 {
                self.used -= 1;
            }
        }
        self.available -= pods.min(self.available);
    }
}
