//! The budget of each root module. Shares are fixed before evaluation; what is left over goes to the roots that need more, in their order.
//! So the output never depends on which thread finishes first.

use crate::eval::{Account, Limits};
use crate::terraform::world::budget::{InstanceBudget, MAX_VISITS};
use rayon::prelude::*;

/// The part of the budget that one root module may use, or has used.
#[derive(Clone, Copy)]
struct Share {
    visits: usize,
    work: u64,
    kept: u64,
}

/// The result of one root module, and the budget that it used.
struct RootReading<R> {
    result: R,
    used: Share,
    /// Whether the root has more instances than its share allows.
    is_cut: bool,
    /// Whether an expression was abandoned that a larger share would have allowed.
    is_short: bool,
}

/// Reads all root modules within the limits of a run. `visits` counts the instances in a result. Returns the results, and the positions
/// of roots whose share was too small for their expressions.
pub(crate) fn read_all<T: Sync, R: Default + Send>(
    roots: &[T],
    limits: Limits,
    read: impl Fn(&T, &InstanceBudget) -> R + Sync,
    visits: impl Fn(&R) -> usize + Sync,
) -> (Vec<R>, Vec<usize>) {
    let count = roots.len().max(1);
    let total = Share { visits: MAX_VISITS, work: limits.run_work, kept: limits.run_kept };
    let parts = count as u64;
    let share = Share { visits: total.visits / count, work: total.work / parts, kept: total.kept / parts };
    let read_one = |root: &T, share: Share| {
        let budget = InstanceBudget::new(share.visits, Account::new(limits, share.work, share.kept));
        let result = read(root, &budget);
        let (work, kept) = budget.account.remaining();
        let used = Share { visits: visits(&result), work: share.work - work, kept: share.kept - kept };
        RootReading { result, used, is_cut: budget.is_exceeded.get(), is_short: budget.account.is_short() }
    };
    let mut readings: Vec<RootReading<R>> = roots.par_iter().map(|root| read_one(root, share)).collect();
    let done = |reading: &&RootReading<R>| !reading.is_cut && !reading.is_short;
    let mut left = readings.iter().filter(done).fold(total, |left, reading| left.without(reading.used));
    if count > 1 {
        for (root, reading) in roots.iter().zip(&mut readings) {
            let has_more = left.work > share.work && left.kept > share.kept;
            if reading.is_cut || reading.is_short && has_more {
                // Free the first result before the root is read again.
                reading.result = R::default();
                let visits = if reading.is_cut { left.visits } else { left.visits.max(share.visits) };
                *reading = read_one(root, Share { visits, work: left.work.max(share.work), kept: left.kept.max(share.kept) });
                left = left.without(reading.used);
            }
        }
    }
    let short = readings.iter().enumerate().filter(|(_, reading)| reading.is_short).map(|(at, _)| at).collect();
    (readings.into_iter().map(|reading| reading.result).collect(), short)
}

impl Share {
    fn without(self, used: Self) -> Self {
        Self {
            visits: self.visits.saturating_sub(used.visits),
            work: self.work.saturating_sub(used.work),
            kept: self.kept.saturating_sub(used.kept),
        }
    }
}
