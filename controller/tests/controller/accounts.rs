//! NAS clients, accounts and vouchers by command: what is wrong is named, all of it, and changes nothing.

use crate::support::Files;

fn names(files: &Files) -> Vec<String> {
    let list: serde_json::Value = serde_json::from_str(&files.done(&["account", "list", "--json"])).unwrap();
    list.as_array().unwrap().iter().map(|account| account["account"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_file_of_accounts_with_broken_rows_is_refused_whole_and_every_bad_line_is_named() {
    let files = Files::new();
    let path = files.path("accounts.csv");
    let file = path.to_str().unwrap();
    let rows: [&[u8]; 9] = [
        b"name,password,plan",
        b"mai,long-enough-1,free",
        b"an,short,free",
        b"mai,long-enough-2,free",
        b",long-enough-3,free",
        b"b\xffh,long-enough-4,free",
        b"chi,long-enough-5",
        b"dung,$argon2i$v=19$m=16,free",
        b"em,long-enough-6,free",
    ];
    std::fs::write(&path, rows.join(&b'\n')).unwrap();
    let said = files.fails(1, &["account", "import", file]);
    for fault in [
        "line 3: the password has 5 bytes: 8 to 128 are allowed",
        "line 4: the name is on line 2 already",
        "line 5: the name has 0 bytes",
        "line 6: it is no UTF-8",
        "line 7: it has 2 fields instead of 3",
        "line 8: the password is no Argon2id verifier",
        "nothing of",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
    assert!(!said.contains("line 2:") && !said.contains("line 9:"), "{said}");
    assert!(names(&files).is_empty());
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let files = Files::new();
    let path = files.path("accounts.csv");
    let file = path.to_str().unwrap();
    std::fs::write(&path, "\u{feff}name,password\nmai,hồ gươm 2026\nan,long-enough-1\n").unwrap();
    assert!(files.done(&["account", "import", file, "--dry-run"]).contains("2 accounts could be imported"));
    assert!(names(&files).is_empty());
    assert_eq!(files.done(&["account", "import", file]), "accounts: 2 added, 0 changed");
    assert_eq!(files.done(&["account", "import", file]), "accounts: 0 added, 2 changed");
    assert_eq!(names(&files), ["an", "mai"]);
    std::fs::write(&path, "name,password,plan\nchi,long-enough-1,gold\n").unwrap();
    for arguments in [&["account", "import", file][..], &["account", "import", file, "--dry-run"]] {
        assert!(files.fails(1, arguments).contains("line 2: there is no plan \"gold\""));
    }
    for text in ["", "user,secret\na,b\n", "name\nmai\n"] {
        std::fs::write(&path, text).unwrap();
        let said = files.fails(1, &["account", "import", file]);
        assert!(said.contains("must be name,password or name,password,plan"), "{said}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(files.fails(1, &["account", "import", file]).contains("check the path"));
    assert_eq!(names(&files), ["an", "mai"]);
}

#[test]
fn a_verifier_made_elsewhere_is_taken_as_it_is_unless_it_would_cost_too_much() {
    let files = Files::new();
    let path = files.path("accounts.csv");
    let file = path.to_str().unwrap();
    let good =
        "\"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$WJlnUn8Ft3kL7ysLgJYzGd4IMw2jTYtnP9/kV5ZpJEs\"";
    std::fs::write(&path, format!("name,password\nmai,{good}\n")).unwrap();
    files.done(&["account", "import", file]);
    assert_eq!(files.sql("SELECT verifier FROM account"), good.trim_matches('"'));
    let dear = good.replace("m=19456", "m=4194304");
    std::fs::write(&path, format!("name,password\nan,{dear}\n")).unwrap();
    assert!(files.fails(1, &["account", "import", file]).contains("costs more than 65536 KiB"));
}

#[test]
fn a_nas_that_cannot_be_is_refused_with_what_to_write() {
    let files = Files::new();
    let add = |name: &str, address: &str, secret: &str, more: &[&str]| {
        let all = [&["nas", "add", name, "--address", address, "--secret", secret][..], more].concat();
        files.fails(1, &all)
    };
    let secret = "a-secret-of-16-bytes";
    assert!(add("Café", "192.0.2.7", secret, &[]).contains("a-z, 0-9 and - are allowed"));
    assert!(add("cafe", "somewhere", secret, &[]).contains("192.0.2.7 or 192.0.2.0/24"));
    assert!(add("cafe", "192.0.2.7/24", secret, &[]).contains("write 192.0.2.0/24"));
    assert!(add("cafe", "192.0.2.7", "short", &[]).contains("--secret has 5 bytes"));
    assert!(add("cafe", "192.0.2.7", secret, &["--zone", "moon"]).contains("there is no zone \"moon\""));
    files.done(&["nas", "add", "cafe", "--address", "192.0.2.7", "--secret", secret]);
    assert!(add("other", "192.0.2.7/32", secret, &[]).contains("belongs to another NAS"));
    assert_eq!(files.done(&["nas", "list"]), "cafe  192.0.2.7/32  generic");
    assert!(!files.done(&["nas", "list", "--json"]).contains(secret));
    files.done(&["nas", "remove", "cafe"]);
    assert!(files.fails(1, &["nas", "remove", "cafe"]).contains("there is no NAS \"cafe\""));
    assert!(
        files.fails(1, &["voucher", "create", "--plan", "gold", "--count", "1"]).contains("there is no plan")
    );
}
