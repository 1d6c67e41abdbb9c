//! Policy routing that keeps the clients' bridge closed without any table: no mark, no route.
//!
//! `ap-agent guard` lays the rules before the bridge comes up; the running agent looks after them. They hold when the
//! agent is dead, when the ruleset was flushed, and while the system boots. What is for this host itself (DHCP, DNS,
//! responder, relay) is not routed and not touched. And nothing for a client takes the default route: while
//! the bridge has no address the default route would carry our answers, with what a stranger wrote quoted in them, out.

use gate_core::{GRANT_BIT, Interface, Prefix4, Prefix6};
use nlink::netlink::messages::RuleMessage;
use nlink::netlink::rule::RuleBuilder;
use nlink::netlink::{Connection, Route};

/// Priorities of our rules; everything of ours lies here and nothing else does.
const FIRST: u32 = 100;
const TABLE_MAIN: u32 = 254;
/// Marks our rules for those who list them (`ip rule`): no daemon uses this protocol number.
const PROTOCOL: u8 = 153;

/// Why the rules could not be laid.
#[derive(Debug, thiserror::Error)]
#[error("the policy routing rules cannot be laid; run it as root or with CAP_NET_ADMIN")]
pub struct GuardError(#[from] nlink::Error);

/// What the guard holds closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The clients' bridge: nothing from it is routed without the grant's mark.
    pub bridge: Interface,
    /// The clients' prefixes, once they are known: nothing from elsewhere is routed there without it either.
    pub clients4: Option<Prefix4>,
    /// The same for IPv6.
    pub clients6: Option<Prefix6>,
}

impl Guard {
    /// Takes every rule of ours away: the bridge is as open as the system's own routing makes it.
    ///
    /// # Errors
    /// [`GuardError`] when the kernel refuses.
    pub async fn lift() -> Result<(), GuardError> {
        let routes = Connection::<Route>::new()?;
        for held in routes.get_rules_v4().await?.iter().chain(&routes.get_rules_v6().await?) {
            if held.protocol() == Some(PROTOCOL) {
                routes.del_rule_if_exists(Self::exactly(held)).await?;
            }
        }
        Ok(())
    }

    /// Lays what is missing and removes what is ours and out of date; tells whether anything had to change.
    ///
    /// # Errors
    /// [`GuardError`] when the kernel refuses.
    pub async fn lay(&self) -> Result<bool, GuardError> {
        let routes = Connection::<Route>::new()?;
        let mut changed = false;
        for (wanted, held) in
            [(self.rules4(), routes.get_rules_v4().await?), (self.rules6(), routes.get_rules_v6().await?)]
        {
            let ours: Vec<&RuleMessage> =
                held.iter().filter(|rule| rule.protocol() == Some(PROTOCOL)).collect();
            // New rules first: between the two there is never a moment without one.
            for rule in wanted.iter().filter(|rule| !ours.iter().any(|held| rule.is(held))) {
                changed = true;
                match routes.add_rule(rule.builder()).await {
                    Ok(()) => {}
                    // Somebody else laid the very same: it does the same.
                    Err(error) if error.is_already_exists() => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let mut kept: Vec<&Rule> = Vec::new();
            for held in ours {
                let same = wanted.iter().find(|rule| rule.is(held));
                match same.filter(|rule| !kept.contains(rule)) {
                    Some(rule) => kept.push(rule),
                    None => {
                        changed = true;
                        routes.del_rule_if_exists(Self::exactly(held)).await?;
                    }
                }
            }
        }
        Ok(changed)
    }

    /// Lays the rules of the bridge and leaves those of the clients' prefixes alone, whatever they are: at boot, before
    /// the prefixes are known.
    ///
    /// # Errors
    /// [`GuardError`] when the kernel refuses.
    pub async fn lay_at_least(&self) -> Result<(), GuardError> {
        let routes = Connection::<Route>::new()?;
        let held = routes.get_rules().await?;
        let wanted = self.rules(false, None).into_iter().chain(self.rules(true, None));
        for rule in wanted {
            if !held.iter().any(|held| rule.is(held)) {
                routes.add_rule(rule.builder()).await?;
            }
        }
        Ok(())
    }

    /// What names a rule of ours and no other, for its deletion.
    fn exactly(held: &RuleMessage) -> RuleBuilder {
        let mut builder = if held.is_ipv6() { RuleBuilder::v6() } else { RuleBuilder::v4() };
        builder = builder.priority(held.priority()).protocol(PROTOCOL);
        if let Some(name) = held.iifname() {
            builder = builder.iif(name);
        }
        if let Some(address) = held.destination() {
            builder = builder.to_addr(address, held.dst_len());
        }
        if let Some(mark) = held.fwmark().filter(|mark| *mark != 0) {
            builder = builder.fwmark_mask(mark, held.fwmask().unwrap_or(u32::MAX));
        }
        if held.is_lookup() { builder.table(held.table_id()) } else { builder }
    }

    fn rules4(&self) -> Vec<Rule> {
        let to = self.clients4.map(|prefix| (prefix.network().into(), prefix.length()));
        self.rules(false, to)
    }

    fn rules6(&self) -> Vec<Rule> {
        let to = self.clients6.map(|prefix| (prefix.network().into(), prefix.length()));
        self.rules(true, to)
    }

    fn rules(&self, v6: bool, clients: Option<(std::net::IpAddr, u8)>) -> Vec<Rule> {
        let bridge = self.bridge.as_str().to_owned();
        let rule = |nth, iif: Option<&str>, to, marked, way| Rule {
            v6,
            priority: FIRST + nth,
            iif: iif.map(str::to_owned),
            to,
            marked,
            way,
        };
        // A refusal in words would be an answer that nobody judges: silence, until the table can refuse.
        let mut rules = vec![
            rule(0, Some(&bridge), None, true, Way::Main),
            rule(1, Some(&bridge), None, false, Way::Silence),
        ];
        if clients.is_some() {
            rules.extend([
                rule(2, None, clients, true, Way::MainWithoutDefault),
                // What the access point itself sends: answers of DHCP, DNS, responder and relay.
                rule(3, Some("lo"), clients, false, Way::MainWithoutDefault),
                rule(4, None, clients, false, Way::Unreachable),
            ]);
        }
        rules
    }
}

/// Where the packets of a rule go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Wherever the system's own routes lead.
    Main,
    /// The same, but not by the default route: to the bridge or nowhere.
    MainWithoutDefault,
    /// Nowhere, and the sender is told.
    Unreachable,
    /// Nowhere, without a word.
    Silence,
}

/// One rule: for packets from `iif` or to `to`, with the grant's mark or without.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    v6: bool,
    priority: u32,
    iif: Option<String>,
    to: Option<(std::net::IpAddr, u8)>,
    marked: bool,
    way: Way,
}

impl Rule {
    fn builder(&self) -> RuleBuilder {
        let mut builder = if self.v6 { RuleBuilder::v6() } else { RuleBuilder::v4() };
        builder = builder.priority(self.priority).protocol(PROTOCOL);
        if let Some(iif) = &self.iif {
            builder = builder.iif(iif);
        }
        if let Some((address, length)) = self.to {
            builder = builder.to_addr(address, length);
        }
        if self.marked {
            builder = builder.fwmark_mask(GRANT_BIT, GRANT_BIT);
        }
        match self.way {
            Way::Main => builder.table(TABLE_MAIN),
            Way::MainWithoutDefault => builder.table(TABLE_MAIN).suppress_prefixlen(0),
            Way::Unreachable => builder.unreachable(),
            Way::Silence => builder.blackhole(),
        }
    }

    fn is(&self, held: &RuleMessage) -> bool {
        let mark = self.marked.then_some(GRANT_BIT);
        // The kernel says "all ones" for a rule that suppresses nothing.
        let suppressed = held.suppress_prefixlen().filter(|length| *length != u32::MAX);
        let main = held.is_lookup() && held.table_id() == TABLE_MAIN;
        held.is_ipv6() == self.v6
            && held.priority() == self.priority
            && held.iifname() == self.iif.as_deref()
            && held.destination() == self.to.map(|(address, _)| address)
            && held.dst_len() == self.to.map_or(0, |(_, length)| length)
            && held.fwmark().filter(|mark| *mark != 0) == mark
            && held.fwmask().filter(|_| self.marked) == mark
            && match self.way {
                Way::Main => main && suppressed.is_none(),
                Way::MainWithoutDefault => main && suppressed == Some(0),
                Way::Unreachable => held.is_unreachable(),
                Way::Silence => held.is_blackhole(),
            }
    }
}
