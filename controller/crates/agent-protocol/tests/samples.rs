//! Stored samples of every message: what has been shipped stays readable, and is still written the same way.

#![allow(clippy::unwrap_used, reason = "a sample that cannot be read or written is a failed test")]

mod samples {
    pub mod values;
}

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use agent_protocol::enroll::{EnrollRefusal, EnrollRequest, EnrollResponse};
use agent_protocol::frame::{MAX_FRAME_BYTES, decode};
use agent_protocol::v1::{Down, RelayHeader, Up};
use bytes::BytesMut;
use samples::values::{Frame, all_bodies, all_frames};

/// Set by who adds a value; the files of new values are written then.
const WRITE: &str = "HOTSPOT_WRITE_SAMPLES";

#[test]
fn every_stored_frame_is_read_as_the_value_it_was_written_from() {
    for (name, expected) in all_frames() {
        let mut bytes = BytesMut::from(&stored(name, "bin")[..]);
        let read = match expected {
            Frame::Up(_) => decode::<Up>(&mut bytes, MAX_FRAME_BYTES).unwrap().map(Frame::Up),
            Frame::Down(_) => decode::<Down>(&mut bytes, MAX_FRAME_BYTES).unwrap().map(Frame::Down),
            Frame::Relay(_) => decode::<RelayHeader>(&mut bytes, MAX_FRAME_BYTES).unwrap().map(Frame::Relay),
        };
        assert_eq!(read.as_ref(), Some(&expected), "{name}.bin is read differently");
        assert!(bytes.is_empty(), "{name}.bin holds more than one frame");
    }
}

#[test]
fn every_value_is_written_as_the_bytes_that_are_stored() {
    for (name, value) in all_frames() {
        assert_eq!(value.to_bytes(), stored(name, "bin"), "{name} is written differently");
    }
}

#[test]
fn every_stored_body_of_enrolment_is_read_and_written_the_same() {
    for (name, text) in all_bodies() {
        assert_eq!(String::from_utf8(stored(name, "json")).unwrap(), text, "{name}.json");
    }
    let request: EnrollRequest = serde_json::from_slice(&stored("enroll-request", "json")).unwrap();
    assert_eq!((request.secret.len(), request.agent_version.as_str()), (43, "0.1.0"));
    let response: EnrollResponse = serde_json::from_slice(&stored("enroll-response", "json")).unwrap();
    assert_eq!(response.ap_id, "hk-16");
    let refusal: EnrollRefusal = serde_json::from_slice(&stored("enroll-refusal", "json")).unwrap();
    assert_eq!(refusal.code, "used_token");
}

#[test]
fn no_file_lies_in_the_folder_without_a_value() {
    let expected: BTreeSet<String> = all_frames()
        .iter()
        .map(|(name, _)| format!("{name}.bin"))
        .chain(all_bodies().iter().map(|(name, _)| format!("{name}.json")))
        .collect();
    let present: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(present, expected);
}

fn write_missing_samples(folder: &Path) {
    let frames = all_frames().into_iter().map(|(name, value)| (name, "bin", value.to_bytes()));
    let bodies = all_bodies().into_iter().map(|(name, text)| (name, "json", text.into_bytes()));
    for (name, ending, bytes) in frames.chain(bodies) {
        let path = folder.join(format!("{name}.{ending}"));
        if !path.exists() {
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

fn stored(name: &str, ending: &str) -> Vec<u8> {
    let path = folder().join(format!("{name}.{ending}"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; see samples/README.md", path.display()))
}

fn folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/v1");
        if std::env::var_os(WRITE).is_some() {
            write_missing_samples(&folder);
        }
        folder
    });
    &FOLDER
}
