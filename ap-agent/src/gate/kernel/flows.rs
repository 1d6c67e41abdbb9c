//! Flows of grants that are over: their conntrack entries go, and only theirs.

use std::collections::BTreeSet;

use gate_core::{GRANT_BIT, mark_of};
use nlink::netlink::netfilter::ConntrackFilter;

use super::KernelGate;

/// Up to this many numbers the kernel walks its table once for each; beyond it the flows of all grants are read once.
const ONE_BY_ONE: usize = 32;

impl KernelGate {
    /// Deletes the conntrack entries that carry the marks of `numbers`. Flows to the access point itself carry none: the
    /// page that reports a log-out arrives.
    pub(super) async fn cut(&self, numbers: &BTreeSet<u32>) -> Result<(), nlink::Error> {
        if numbers.len() <= ONE_BY_ONE {
            for number in numbers {
                let flows = ConntrackFilter::new().mark(mark_of(*number), u32::MAX);
                self.conntrack.flush_conntrack_matching(&flows).await?;
            }
            return Ok(());
        }
        self.cut_those(|number| numbers.contains(&number)).await
    }

    /// Deletes the granted flows of all numbers but those that are `live`: what ended while no agent was looking.
    pub(super) async fn cut_all_but(&self, live: &BTreeSet<u32>) -> Result<(), nlink::Error> {
        self.cut_those(|number| !live.contains(&number)).await
    }

    async fn cut_those(&self, over: impl Fn(u32) -> bool) -> Result<(), nlink::Error> {
        let granted = ConntrackFilter::new().mark(GRANT_BIT, GRANT_BIT);
        for flow in self.conntrack.get_conntrack_matching(&granted).await? {
            let number = flow.mark.unwrap_or(0) & (GRANT_BIT - 1);
            if !over(number) {
                continue;
            }
            match self.conntrack.del_conntrack_entry(&flow).await {
                Ok(()) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
