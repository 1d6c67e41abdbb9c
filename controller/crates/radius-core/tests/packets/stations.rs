//! MAC addresses and SSIDs as access points write them.

use radius_core::station::parse;

const MAC: [u8; 6] = [0x02, 0xAB, 0xCD, 0x0E, 0xF1, 0x23];

const WRITINGS: [&str; 6] = [
    "02-AB-CD-0E-F1-23",
    "02:ab:cd:0e:f1:23",
    "02ab.cd0e.f123",
    "02ABCD0EF123",
    "02abcd-0ef123",
    "02ab-cd0e-f123",
];

#[test]
fn p25_six_writings_of_a_mac_are_one_station() {
    for writing in WRITINGS {
        for text in [writing.to_lowercase(), writing.to_uppercase()] {
            let station = parse(text.as_bytes());
            assert_eq!((station.mac, station.ssid), (Some(MAC), None), "{text}");
        }
    }
}

#[test]
fn p25_the_ssid_behind_a_mac_is_told_apart_whatever_it_is() {
    let ssids: [&[u8]; 7] =
        [b"Hoan Kiem Free", b":", b"a:b:c", b"ab", "Hồ Gươm 🐢".as_bytes(), b"\0\xFF\xFE<b>", &[b'x'; 200]];
    for writing in WRITINGS {
        for ssid in ssids {
            let text = [writing.as_bytes(), b":", ssid].concat();
            let station = parse(&text);
            assert_eq!((station.mac, station.ssid), (Some(MAC), Some(ssid)), "{writing} {ssid:?}");
        }
        let without = [writing.as_bytes(), b":"].concat();
        assert_eq!((parse(&without).mac, parse(&without).ssid), (Some(MAC), None));
    }
}

#[test]
fn p25_what_is_no_mac_is_none() {
    let others: [&[u8]; 14] = [
        b"",
        b":",
        b"hotspot1",
        b"hotspot1:Free",
        b"02-AB-CD-0E-F1",
        b"02-AB-CD-0E-F1-2",
        b"02-AB-CD-0E-F1-2G",
        b"02-AB:CD-0E-F1-23",
        b"02-AB-CD-0E-F1-23-45",
        b"02-AB-CD-0E-F1-23 Free",
        b"02ABCD0EF12",
        b"02ABCD0EF1234",
        b"02_ab_cd_0e_f1_23",
        b"\xFF\xFE02abcd0ef123",
    ];
    for text in others {
        let station = parse(text);
        assert_eq!((station.mac, station.ssid), (None, None), "{}", text.escape_ascii());
    }
}
