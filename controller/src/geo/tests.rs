//! Databases of every shape, written here byte by byte, and the real one that the tests' packages bring.

use std::net::IpAddr;
use std::path::PathBuf;

use super::*;

/// A value of a MaxMind DB's data section.
enum Value {
    Text(&'static str),
    Short(u16),
    Number(u32),
    Long(u64),
    Map(Vec<(&'static str, Value)>),
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            assert!(text.len() < 29);
            out.push(2 << 5 | u8::try_from(text.len()).unwrap());
            out.extend(text.as_bytes());
        }
        // Type 5, unsigned 16 bits.
        Value::Short(number) => {
            out.push(5 << 5 | 2);
            out.extend(number.to_be_bytes());
        }
        // Type 9, unsigned 64 bits: beyond seven, a second byte says which.
        Value::Long(number) => {
            out.extend([8, 2]);
            out.extend(number.to_be_bytes());
        }
        // Type 6, unsigned 32 bits.
        Value::Number(number) => {
            out.push(6 << 5 | 4);
            out.extend(number.to_be_bytes());
        }
        Value::Map(entries) => {
            out.push(7 << 5 | u8::try_from(entries.len()).unwrap());
            for (key, value) in entries {
                encode(&Value::Text(key), out);
                encode(value, out);
            }
        }
    }
}

/// An IPv4 database in which 1.0.0.0/8 has `record` and nothing else has one: eight nodes of two 24-bit records.
fn database(kind: &'static str, record: &Value) -> Vec<u8> {
    const NODES: u32 = 8;
    let mut out = Vec::new();
    for depth in 0..NODES {
        let next = if depth + 1 == NODES { NODES + 16 } else { depth + 1 };
        // The first octet of 1.0.0.0/8 is seven zeros and a one.
        let (left, right) = if depth + 1 == NODES { (NODES, next) } else { (next, NODES) };
        out.extend(&left.to_be_bytes()[1..]);
        out.extend(&right.to_be_bytes()[1..]);
    }
    out.extend([0; 16]);
    encode(record, &mut out);
    out.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = Value::Map(vec![
        ("binary_format_major_version", Value::Short(2)),
        ("binary_format_minor_version", Value::Short(0)),
        ("build_epoch", Value::Long(1_790_000_000)),
        ("database_type", Value::Text(kind)),
        ("description", Value::Map(vec![("en", Value::Text("made by a test"))])),
        ("ip_version", Value::Short(4)),
        ("node_count", Value::Number(NODES)),
        ("record_size", Value::Short(24)),
    ]);
    encode(&metadata, &mut out);
    // The list of languages is an array, type 11: an extended type with no items.
    let languages = [&[2 << 5 | 9][..], b"languages", &[0, 4]].concat();
    let at = out.len() - metadata_len(&metadata);
    out[at] += 1;
    out.extend(languages);
    out
}

fn metadata_len(metadata: &Value) -> usize {
    let mut out = Vec::new();
    encode(metadata, &mut out);
    out.len()
}

struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn file(bytes: &[u8]) -> File {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("country.mmdb");
    std::fs::write(&path, bytes).unwrap();
    File { _folder: folder, path }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn flat() -> Value {
    Value::Map(vec![("country_code", Value::Text("AU"))])
}

#[test]
fn both_shapes_of_country_databases_are_read() {
    let nested = Value::Map(vec![(
        "country",
        Value::Map(vec![("geoname_id", Value::Number(5)), ("iso_code", Value::Text("VN"))]),
    )]);
    for (record, code) in [(flat(), "AU"), (nested, "VN")] {
        let file = file(&database("Test-Country", &record));
        let countries = Countries::open(Some(&file.path));
        assert_eq!(countries.problem(), None);
        assert_eq!(countries.of(address("1.2.3.4")), Country::Known(code.to_owned()));
        assert_eq!(countries.of(address("::ffff:1.2.3.4")), Country::Known(code.to_owned()));
        assert_eq!(countries.of(address("9.9.9.9")), Country::Unknown);
    }
}

#[test]
fn addresses_without_a_country_are_called_private_with_and_without_a_database() {
    let file = file(&database("Test-Country", &flat()));
    for countries in [Countries::open(Some(&file.path)), Countries::open(None)] {
        for private in ["10.1.2.3", "192.168.0.1", "127.0.0.1", "100.64.0.1", "::1", "fd50::7", "fe80::1"] {
            assert_eq!(countries.of(address(private)), Country::Private, "{private}");
        }
    }
    assert_eq!(Countries::open(None).of(address("1.2.3.4")), Country::NoDatabase);
    assert_eq!(Countries::open(None).problem(), None);
}

#[test]
fn a_file_that_is_missing_cut_damaged_or_of_another_kind_is_named_and_nothing_fails() {
    let whole = database("Test-Country", &flat());
    let mut damaged = whole.clone();
    // The last node points behind the data.
    damaged[45..48].copy_from_slice(&[0, 0xff, 0xff]);
    let other = Value::Map(vec![("autonomous_system_number", Value::Number(5))]);
    for (bytes, said) in [
        (&whole[..whole.len() / 2], "no whole MaxMind DB file"),
        (&b""[..], "no whole MaxMind DB file"),
        (&b"<html>404 not found</html>"[..], "no whole MaxMind DB file"),
        (&damaged[..], "it is damaged"),
        (&database("Test-ASN", &other)[..], "another kind (\"Test-ASN\")"),
    ] {
        let file = file(bytes);
        let countries = Countries::open(Some(&file.path));
        let problem = countries.problem().unwrap();
        assert!(problem.starts_with("geo.country_db = ") && problem.contains(said), "{problem}");
        assert_eq!(countries.of(address("1.2.3.4")), Country::NoDatabase);
    }
    let missing = Countries::open(Some(Path::new("/nowhere/country.mmdb")));
    assert!(missing.problem().unwrap().contains("No such file"), "{:?}", missing.problem());
}

#[test]
fn what_a_session_keeps_is_read_back_the_same() {
    for country in [Country::Known("VN".to_owned()), Country::Private, Country::Unknown, Country::NoDatabase]
    {
        assert_eq!(Country::from_stored(country.to_stored().as_deref()), country);
        assert_eq!(country.code().is_none(), country.reason().is_some());
    }
}

#[test]
fn the_real_database_knows_where_well_known_addresses_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/browser/node_modules/@ip-location-db/geo-whois-asn-country-mmdb")
        .join("geo-whois-asn-country.mmdb");
    assert!(path.is_file(), "the tests' packages are not installed: run make test");
    let countries = Countries::open(Some(&path));
    assert_eq!(countries.problem(), None);
    // VNPT and FPT in Vietnam, NTT in Japan, the German research network.
    for (known, code) in
        [("113.160.0.1", "VN"), ("2405:4800::1", "VN"), ("202.32.0.1", "JP"), ("2001:638::1", "DE")]
    {
        assert_eq!(countries.of(address(known)), Country::Known(code.to_owned()), "{known}");
    }
    assert_eq!(countries.of(address("192.0.2.1")), Country::Unknown);
    let cut = file(&std::fs::read(&path).unwrap()[..1_000_000]);
    assert!(Countries::open(Some(&cut.path)).problem().unwrap().contains("no whole MaxMind DB file"));
}
