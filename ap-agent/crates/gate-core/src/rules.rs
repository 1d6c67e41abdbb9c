//! The rules, chain by chain: who is judged how on the way in, through, and out.
//!
//! Judgement falls in prerouting, before routing: there the grant's mark is set, and policy routing sends nothing of the
//! clients' anywhere without it. When this table is gone, so is the mark, and strangers stay outside.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::{Chain, GRANT_BIT, GateConfig, Hook, Prefix4, Prefix6};

/// Destinations no client reaches: private, shared, local and reserved ranges (RFC 6890), IPv4.
const PROTECTED4: [&str; 11] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
];
/// The only IPv6 destinations a client reaches: global unicast (RFC 4291, section 2.4).
const GLOBAL6: &str = "2000::/3";
/// Connections one device may hold to the responder and to the relay; a phone uses six.
const CONNECTIONS: u32 = 64;
/// The same to the resolver: dnsmasq serves twenty over TCP, all devices together.
const TO_RESOLVER: u32 = 6;
/// Flows of one granted device through this access point, so that nobody fills the table of all.
pub const FLOWS_PER_DEVICE: u32 = 1024;
/// The first packet of a flow: those that follow are not counted again.
const FIRST_PACKET: &str = "ct status & confirmed == 0x0";
/// How fast one device is told that something is refused; beyond it there is silence.
const TOLD: &str = "update @refusals { ether saddr limit rate 20/second burst 60 packets }";
/// How fast one device may take addresses: a phone needs one of IPv4 and two or three of IPv6.
const TOO_FAST: &str = "update @pace { ether saddr limit rate over 6/minute burst 16 packets }";

const fn hook(kind: &'static str, at: &'static str, priority: &'static str) -> Option<Hook> {
    Some(Hook { kind, at, priority })
}

/// Every chain of the gate.
pub(crate) fn chains(config: &GateConfig) -> Vec<Chain> {
    let chain = |name, hook, rules| Chain { name, hook, rules };
    vec![
        chain("refuse", None, refuse()),
        chain("protect", None, protect(config)),
        chain("stranger", None, stranger()),
        chain("source4", None, source4(config)),
        chain("source6", None, source6(config)),
        chain("client", None, client(config)),
        chain("elsewhere", None, elsewhere(config)),
        chain("basics", None, basics()),
        chain("services", None, services(config)),
        chain("upward", None, upward(config)),
        chain("downward", None, downward()),
        chain("judge", hook("filter", "prerouting", "mangle"), judge(config)),
        chain("divert", hook("nat", "prerouting", "dstnat"), divert(config)),
        chain("arrive", hook("filter", "input", "filter"), arrive(config)),
        chain("pass", hook("filter", "forward", "filter"), pass(config)),
        chain("leave", hook("nat", "postrouting", "srcnat"), leave(config)),
    ]
}

fn granted() -> String {
    format!("meta mark & {GRANT_BIT:#x} == {GRANT_BIT:#x}")
}

fn any_of<T: Display>(items: &BTreeSet<T>) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    format!("{{ {} }}", items.join(", "))
}

/// The first hook every packet meets.
fn judge(config: &GateConfig) -> Vec<String> {
    let bridge = config.bridge();
    vec![format!("iifname \"{bridge}\" goto client"), "iifname \"lo\" return".into(), "goto elsewhere".into()]
}

/// A packet from the clients' bridge.
fn client(config: &GateConfig) -> Vec<String> {
    let mut rules = vec![
        "meta mark set 0x0".into(),
        "meta nfproto ipv4 jump source4".into(),
        "meta nfproto ipv6 jump source6".into(),
        // What is for the access point itself is decided in the input chain.
        "fib daddr type { local, broadcast, multicast } return".into(),
        // So is what was diverted to this host when its flow began: it stays here, and a grant is none of its business.
        "ct status dnat return".into(),
    ];
    // The portal is reached through the relay before and after login; such a flow carries no grant.
    if !config.portal4.is_empty() {
        rules.push(format!("ip daddr {} tcp dport {{ 80, 443 }} return", any_of(&config.portal4)));
    }
    if !config.portal6.is_empty() {
        rules.push(format!("ip6 daddr {} tcp dport {{ 80, 443 }} return", any_of(&config.portal6)));
    }
    rules.push("meta mark set iifname . ether saddr map @gate".into());
    rules.push(format!("meta mark & {GRANT_BIT:#x} == 0x0 goto stranger"));
    rules.push("jump protect".into());
    // One flow, one mark: the other direction is checked by it.
    rules.push("ct mark set meta mark".into());
    rules.push("accept".into());
    rules
}

/// A device without a grant: port 80 and DNS are answered here, the rest is refused in words its software understands.
fn stranger() -> Vec<String> {
    vec![
        "tcp dport 80 return".into(),
        "meta l4proto { tcp, udp } th dport 53 return".into(),
        "counter name not_granted".into(),
        format!("tcp dport 443 {TOLD} reject with tcp reset"),
        "goto refuse".into(),
    ]
}

/// Says no at a bounded rate per device and in all, then stays silent.
fn refuse() -> Vec<String> {
    vec![
        "meta mark set 0x0".into(),
        format!("{TOLD} limit rate 500/second burst 500 packets reject with icmpx type admin-prohibited"),
        "drop".into(),
    ]
}

/// Networks that are nobody's business, before and after login.
fn protect(config: &GateConfig) -> Vec<String> {
    let built_in = PROTECTED4.iter().filter_map(|text| Prefix4::parse(text).ok());
    let four = Prefix4::outermost(built_in.chain(config.protected4.iter().copied()));
    let six = Prefix6::outermost(config.protected6.iter().copied());
    let mut rules = vec![format!("ip daddr {} counter name isolated goto refuse", config.clients4)];
    if let Some((prefix, _)) = config.clients6 {
        rules.push(format!("ip6 daddr {prefix} counter name isolated goto refuse"));
    }
    rules.push(format!("ip daddr {} counter name protected goto refuse", any_of(&four)));
    rules.push(format!("ip6 daddr != {GLOBAL6} counter name protected goto refuse"));
    if !six.is_empty() {
        rules.push(format!("ip6 daddr {} counter name protected goto refuse", any_of(&six)));
    }
    // A browser that would reach the portal around the relay is told to come by TCP.
    if !config.portal4.is_empty() {
        rules.push(format!("ip daddr {} goto refuse", any_of(&config.portal4)));
    }
    if !config.portal6.is_empty() {
        rules.push(format!("ip6 daddr {} goto refuse", any_of(&config.portal6)));
    }
    rules
}

/// Who may send from an IPv4 address: its owner. First use makes an owner; a lease decides otherwise through the sets.
fn source4(config: &GateConfig) -> Vec<String> {
    vec![
        "ip saddr 0.0.0.0 udp sport 68 udp dport 67 return".into(),
        "ether saddr . ip saddr @bound4 return".into(),
        format!("ip saddr != {} counter name foreign_prefix drop", config.clients4),
        format!("ip saddr {} counter name foreign_source drop", config.gateway4),
        "ip saddr @taken4 counter name foreign_source drop".into(),
        format!("{TOO_FAST} counter name address_limit drop"),
        "add @taken4 { ip saddr }".into(),
        "add @bound4 { ether saddr . ip saddr }".into(),
        // Full sets bind nobody, and who cannot be bound does not pass.
        "ether saddr . ip saddr != @bound4 counter name address_limit drop".into(),
    ]
}

/// The same for IPv6: link-local reaches no farther than this host, the rest is of our own prefix.
fn source6(config: &GateConfig) -> Vec<String> {
    let mut rules = vec!["ip6 saddr { ::, fe80::/10 } return".into()];
    match config.clients6 {
        None => rules.push("counter name foreign_prefix drop".into()),
        Some((prefix, gateway)) => rules.extend([
            "ether saddr . ip6 saddr @bound6 return".into(),
            format!("ip6 saddr != {prefix} counter name foreign_prefix drop"),
            format!("ip6 saddr {gateway} counter name foreign_source drop"),
            "ip6 saddr @taken6 counter name foreign_source drop".into(),
            format!("{TOO_FAST} counter name address_limit drop"),
            "add @taken6 { ip6 saddr }".into(),
            "add @bound6 { ether saddr . ip6 saddr }".into(),
            "ether saddr . ip6 saddr != @bound6 counter name address_limit drop".into(),
        ]),
    }
    rules
}

/// A packet from anywhere else: of a granted flow that still is one, or not for the clients.
fn elsewhere(config: &GateConfig) -> Vec<String> {
    let mut rules = vec![
        "meta mark set 0x0".into(),
        format!("ct mark & {GRANT_BIT:#x} == {GRANT_BIT:#x} ct mark @live meta mark set ct mark accept"),
        format!("ct mark & {GRANT_BIT:#x} == {GRANT_BIT:#x} counter name not_granted drop"),
        format!("ip daddr {} counter name not_granted drop", config.clients4),
    ];
    if let Some((prefix, _)) = config.clients6 {
        rules.push(format!("ip6 daddr {prefix} counter name not_granted drop"));
    }
    rules
}

/// Destination NAT: the portal into the relay, a stranger's web into the responder, a stranger's DNS to our resolver.
fn divert(config: &GateConfig) -> Vec<String> {
    let (responder, relay) = (config.responder_port(), config.relay_port());
    let mut rules = vec![format!("iifname != \"{}\" return", config.bridge())];
    if !config.portal4.is_empty() {
        rules.push(format!("ip daddr {} tcp dport 443 redirect to :{relay}", any_of(&config.portal4)));
        rules.push(format!("ip daddr {} tcp dport 80 redirect to :{responder}", any_of(&config.portal4)));
    }
    if !config.portal6.is_empty() {
        rules.push(format!("ip6 daddr {} tcp dport 443 redirect to :{relay}", any_of(&config.portal6)));
        rules.push(format!("ip6 daddr {} tcp dport 80 redirect to :{responder}", any_of(&config.portal6)));
    }
    rules.push(format!("{} return", granted()));
    rules.push(format!("tcp dport 80 redirect to :{responder}"));
    rules.push("meta l4proto { tcp, udp } th dport 53 redirect to :53".into());
    rules
}

fn arrive(config: &GateConfig) -> Vec<String> {
    let (bridge, responder, relay) = (config.bridge(), config.responder_port(), config.relay_port());
    vec![
        format!("iifname \"{bridge}\" goto services"),
        // Both listen on every address; they are there for clients alone.
        format!("iifname != \"lo\" tcp dport {{ {responder}, {relay} }} counter name input_refused drop"),
    ]
}

/// What every host needs of its network. One that floods starves itself; the limit of all keeps this host alive.
fn basics() -> Vec<String> {
    vec![
        "update @signals { ether saddr limit rate over 50/second burst 200 packets } counter name input_refused drop".into(),
        "limit rate 5000/second burst 5000 packets accept".into(),
        "drop".into(),
    ]
}

/// What a client may ask of the access point itself.
fn services(config: &GateConfig) -> Vec<String> {
    let (responder, relay) = (config.responder_port(), config.relay_port());
    let bounded = |what: &str, set: &str, most: u32| {
        format!(
            "{what} tcp flags & (fin | syn | rst | ack) == syn \
             add @{set} {{ ether saddr ct count over {most} }} counter name connection_limit reject with tcp reset"
        )
    };
    // Only who was diverted there gets to these ports; nobody asks them by their number.
    let to_responder = format!("tcp dport {responder} ct original proto-dst 80");
    let to_relay = format!("tcp dport {relay} ct original proto-dst 443");
    vec![
        "udp dport 67 goto basics".into(),
        "meta nfproto ipv6 udp dport 547 goto basics".into(),
        "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, echo-request } goto basics".into(),
        "icmp type echo-request goto basics".into(),
        "ct state related accept".into(),
        "meta l4proto { tcp, udp } th dport 53 update @queries { ether saddr limit rate over 100/second burst 300 packets } counter name input_refused drop".into(),
        bounded("tcp dport 53", "to_resolver", TO_RESOLVER),
        "meta l4proto { tcp, udp } th dport 53 accept".into(),
        bounded(&to_responder, "to_responder", CONNECTIONS),
        format!("{to_responder} accept"),
        bounded(&to_relay, "to_relay", CONNECTIONS),
        format!("{to_relay} accept"),
        // What phones say to everybody (mDNS, IGMP, MLD) asks nothing of this host.
        "fib daddr type { broadcast, multicast } drop".into(),
        "counter name input_refused".into(),
        format!("meta l4proto tcp {TOLD} reject with tcp reset"),
        "drop".into(),
    ]
}

fn pass(config: &GateConfig) -> Vec<String> {
    let bridge = config.bridge();
    vec![format!("iifname \"{bridge}\" goto upward"), format!("oifname \"{bridge}\" goto downward")]
}

/// From a client to the internet: granted, not to another client, counted once.
fn upward(config: &GateConfig) -> Vec<String> {
    vec![
        format!("oifname \"{}\" counter name isolated drop", config.bridge()),
        // What belongs to no flow is not translated: it would leave under the client's own address.
        "ct state invalid counter name no_flow drop".into(),
        format!(
            "{FIRST_PACKET} add @flows {{ ether saddr ct count over {FLOWS_PER_DEVICE} }} counter name connection_limit drop"
        ),
        format!("{} meta nfproto ipv4 update @up4 {{ ether saddr . ip saddr }} accept", granted()),
        format!("{} meta nfproto ipv6 update @up6 {{ ether saddr . ip6 saddr }} accept", granted()),
        // A full accounting set still lets granted packets through; the agent makes room.
        format!("{} accept", granted()),
        "counter name not_granted drop".into(),
    ]
}

/// From the internet to a client.
fn downward() -> Vec<String> {
    vec![
        format!("{} meta nfproto ipv4 update @down4 {{ ip daddr }} accept", granted()),
        format!("{} meta nfproto ipv6 update @down6 {{ ip6 daddr }} accept", granted()),
        format!("{} accept", granted()),
        "counter name not_granted drop".into(),
    ]
}

/// Both families leave under the uplink's addresses, so that every access point may serve the same prefixes.
fn leave(config: &GateConfig) -> Vec<String> {
    let uplink = config.uplink();
    let mut rules = vec![format!("oifname \"{uplink}\" ip saddr {} masquerade", config.clients4)];
    if let Some((prefix, _)) = config.clients6 {
        rules.push(format!("oifname \"{uplink}\" ip6 saddr {prefix} masquerade"));
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_built_in_is_one() {
        for text in PROTECTED4 {
            assert_eq!(Prefix4::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Prefix6::parse(GLOBAL6).unwrap().to_string(), GLOBAL6);
    }
}
