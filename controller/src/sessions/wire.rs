//! Between the agents' protocol and the machine: every field checked once, at this border.

use std::net::IpAddr;

use agent_protocol::v1;
use session_core::{
    ADDRESSES_MAX, ApId, Grant, GrantId, Mac, Position, SessionEnd, SessionId, SessionReport, UnixMs,
};
use store::JournalId;

/// Records of one journal in the order of their sequence, without gaps.
#[derive(Debug, Clone)]
pub struct JournalPart {
    /// The access point.
    pub ap: ApId,
    /// Its journal.
    pub journal: JournalId,
    /// Sequence of the first record.
    pub first: u64,
    /// The records; `None` for kinds this version does not know, which only take up their place.
    pub reports: Vec<Option<SessionReport>>,
}

/// Why a batch is no part of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JournalPartError {
    /// Nothing in it.
    #[error("the batch holds no record")]
    Empty,
    /// It belongs to another journal than the link's hello named.
    #[error("the batch is of another journal than the hello named")]
    OtherJournal,
    /// The sequences do not rise by one from 1 on.
    #[error("the records' sequences do not rise by one")]
    Sequence,
    /// An id, a MAC or an address has an impossible length, or there are too many addresses.
    #[error("a record has an id or an address of impossible length")]
    Field,
}

impl JournalPart {
    /// Checks what an access point sent.
    ///
    /// # Errors
    /// [`JournalPartError`].
    pub fn new(ap: &str, journal: [u8; 16], batch: v1::JournalBatch) -> Result<Self, JournalPartError> {
        if batch.journal_id != journal {
            return Err(JournalPartError::OtherJournal);
        }
        let first = batch.records.first().ok_or(JournalPartError::Empty)?.sequence;
        // Positions are kept as signed 64-bit numbers.
        if first == 0 || i64::try_from(first).is_err() {
            return Err(JournalPartError::Sequence);
        }
        let mut reports = Vec::with_capacity(batch.records.len());
        for (expected, record) in (first..).zip(batch.records) {
            if record.sequence != expected {
                return Err(JournalPartError::Sequence);
            }
            reports.push(record.session.map(report).transpose()?);
        }
        Ok(Self { ap: ApId::from(ap), journal: JournalId(journal), first, reports })
    }

    /// Sequence of the last record.
    #[must_use]
    pub fn last(&self) -> u64 {
        let more = u64::try_from(self.reports.len()).unwrap_or(u64::MAX);
        self.first.saturating_add(more).saturating_sub(1)
    }
}

fn report(said: v1::SessionReport) -> Result<SessionReport, JournalPartError> {
    let id = |bytes: Vec<u8>| bytes.try_into().map_err(|_| JournalPartError::Field);
    if said.addresses.len() > ADDRESSES_MAX {
        return Err(JournalPartError::Field);
    }
    let end = said.end;
    Ok(SessionReport {
        id: SessionId(id(said.session_id)?),
        grant: GrantId(id(said.grant_id)?),
        mac: Mac(said.mac.try_into().map_err(|_| JournalPartError::Field)?),
        opened: UnixMs(said.opened_ms),
        last_packet: UnixMs(said.last_packet_ms),
        bytes_up: said.bytes_up,
        bytes_down: said.bytes_down,
        packets_up: said.packets_up,
        packets_down: said.packets_down,
        end: session_end(end),
        addresses: said.addresses.into_iter().map(address).collect::<Result<_, _>>()?,
    })
}

fn session_end(end: i32) -> Option<SessionEnd> {
    match v1::SessionEnd::try_from(end) {
        Ok(v1::SessionEnd::Open) => None,
        Ok(v1::SessionEnd::Idle) => Some(SessionEnd::Idle),
        // A reason that a newer agent knows: the session is over all the same.
        Ok(v1::SessionEnd::Departed) | Err(_) => Some(SessionEnd::Departed),
        Ok(v1::SessionEnd::GrantExpired) => Some(SessionEnd::GrantExpired),
        Ok(v1::SessionEnd::GrantRevoked) => Some(SessionEnd::GrantRevoked),
        Ok(v1::SessionEnd::AgentRestart) => Some(SessionEnd::AgentRestart),
    }
}

fn address(bytes: Vec<u8>) -> Result<IpAddr, JournalPartError> {
    let four = <[u8; 4]>::try_from(bytes.as_slice()).map(IpAddr::from);
    let sixteen = <[u8; 16]>::try_from(bytes.as_slice()).map(IpAddr::from);
    four.or(sixteen).map_err(|_| JournalPartError::Field)
}

/// A grant as access points are told.
pub fn grant(grant: &Grant) -> v1::Grant {
    v1::Grant {
        grant_id: grant.id.0.to_vec(),
        revision: grant.revision,
        number: grant.number,
        network: grant.network.as_str().to_owned(),
        mac: grant.mac.0.to_vec(),
        ends_ms: grant.ends.0,
        idle_secs: grant.idle_secs,
        revoked: grant.ended.is_some(),
        down_bps: grant.down_bps,
        up_bps: grant.up_bps,
    }
}

/// An entry of the log as access points are told.
pub fn entry(position: Position, of: &Grant) -> v1::LogEntry {
    v1::LogEntry { epoch: position.epoch, sequence: position.sequence, grant: Some(grant(of)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sequence: u64) -> v1::JournalRecord {
        let session = v1::SessionReport {
            session_id: vec![1; 16],
            grant_id: vec![2; 16],
            mac: vec![3; 6],
            addresses: vec![vec![10, 0, 0, 1], vec![0xfe; 16]],
            end: 1,
            ..v1::SessionReport::default()
        };
        v1::JournalRecord { sequence, unix_ms: 0, session: Some(session) }
    }

    fn part(records: Vec<v1::JournalRecord>) -> Result<JournalPart, JournalPartError> {
        JournalPart::new("hk-01", [9; 16], v1::JournalBatch { journal_id: vec![9; 16], records })
    }

    #[test]
    fn a_sound_batch_keeps_its_places() {
        let unknown = v1::JournalRecord { sequence: 8, unix_ms: 0, session: None };
        let taken = part(vec![record(7), unknown, record(9)]).unwrap();
        assert_eq!((taken.first, taken.last()), (7, 9));
        assert!(taken.reports[1].is_none());
        assert_eq!(taken.reports[0].as_ref().unwrap().end, Some(SessionEnd::Idle));
    }

    #[test]
    fn gaps_repeats_and_the_sequence_zero_are_no_journal() {
        for records in [vec![record(1), record(3)], vec![record(2), record(2)], vec![record(0)]] {
            assert_eq!(part(records).unwrap_err(), JournalPartError::Sequence);
        }
        assert_eq!(part(vec![record(u64::MAX)]).unwrap_err(), JournalPartError::Sequence);
        assert_eq!(part(vec![]).unwrap_err(), JournalPartError::Empty);
    }

    #[test]
    fn fields_of_impossible_length_are_refused() {
        let spoil: [fn(&mut v1::SessionReport); 5] = [
            |said| said.session_id = vec![1; 15],
            |said| said.grant_id = vec![],
            |said| said.mac = vec![1; 7],
            |said| said.addresses = vec![vec![1; 5]],
            |said| said.addresses = vec![vec![1; 4]; 17],
        ];
        for spoil in spoil {
            let mut spoiled = record(1);
            spoil(spoiled.session.as_mut().unwrap());
            assert_eq!(part(vec![spoiled]).unwrap_err(), JournalPartError::Field);
        }
    }

    #[test]
    fn an_end_this_version_does_not_know_closes_the_session_all_the_same() {
        assert_eq!(session_end(0), None);
        assert_eq!(session_end(77), Some(SessionEnd::Departed));
    }
}
