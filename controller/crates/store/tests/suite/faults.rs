//! Locked, corrupt, full, newer, not writable: one sentence each that says what to do, and nothing half applied.

use std::time::Duration;

use sqlx::{Connection, Executor};
use store::{Options, Store, StoreError};

use crate::rows::{Place, session, sessions};

#[tokio::test]
async fn a_lock_held_too_long_is_named_and_writing_goes_on_when_it_is_gone() {
    let place = Place::new();
    let store =
        place.open_with(Options { busy_timeout: Duration::from_millis(100), ..Options::default() }).await;
    let mut other = place.beside().await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = store.commit(sessions([session("hk-01", 1, 1)])).await.unwrap_err();
    let sentence = format!(
        "the database {} is locked by another program; end that program or let it finish, then try again",
        place.file().display()
    );
    assert_eq!(error.to_string(), sentence);
    store.check().await.unwrap();
    lock.rollback().await.unwrap();
    store.commit(sessions([session("hk-01", 1, 1)])).await.unwrap();
}

#[tokio::test]
async fn a_short_lock_is_waited_for() {
    let place = Place::new();
    let store = place.open().await;
    let mut other = place.beside().await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let (answer, ()) = tokio::join!(store.commit(sessions([session("hk-01", 1, 1)])), async {
        store.check().await.unwrap();
        lock.rollback().await.unwrap();
    });
    answer.unwrap();
}

#[tokio::test]
async fn many_programs_may_open_a_new_file_at_once() {
    let place = Place::new();
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = place.url();
        opening.spawn(async move { Store::open(&url).await.map(|_| ()) });
    }
    assert!(opening.join_all().await.into_iter().all(|opened| opened == Ok(())));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_called_corrupt_and_left_as_it_is() {
    let place = Place::new();
    let garbage =
        b"this was never a database, and it is longer than one header of SQLite would be".repeat(100);
    std::fs::write(place.file(), &garbage).unwrap();
    let error = Store::open(&place.url()).await.err().unwrap();
    let sentence =
        format!("the database {} is corrupt; restore a backup or move the file away", place.file().display());
    assert_eq!(error.to_string(), sentence);
    assert_eq!(std::fs::read(place.file()).unwrap(), garbage);
}

#[tokio::test]
async fn a_damaged_database_is_called_corrupt() {
    let place = Place::new();
    let store = place.open().await;
    store.commit(sessions((0..5000).map(|n| session("hk-01", n, n)))).await.unwrap();
    store.close().await;
    let mut bytes = std::fs::read(place.file()).unwrap();
    let length = bytes.len();
    bytes[4096..length].fill(0x5a);
    std::fs::write(place.file(), bytes).unwrap();
    let corrupt = StoreError::Corrupt { file: place.file() };
    match Store::open(&place.url()).await {
        Err(error) => assert_eq!(error, corrupt),
        Ok(store) => assert_eq!(store.commit(sessions([session("hk-01", 1, 1)])).await, Err(corrupt)),
    }
}

#[tokio::test]
async fn a_full_file_is_named_nothing_is_half_written_and_room_lets_it_go_on() {
    let place = Place::new();
    place.open().await.close().await;
    let store = place.open_with(Options { max_pages: Some(100), ..Options::default() }).await;
    let mut written = 0_u64;
    let error = loop {
        let batch = sessions((0..200).map(|n| session("hk-01", written * 200 + n, n)));
        match store.commit(batch).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    let sentence = format!(
        "there is no room for the database {}; free space on its disk, then it goes on by itself",
        place.file().display()
    );
    assert_eq!(error.to_string(), sentence);
    store.check().await.unwrap();

    let mut other = place.beside().await;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&mut other).await.unwrap();
    assert_eq!(rows.unsigned_abs(), written * 200, "whole batches only");
    other.execute("DELETE FROM session").await.unwrap();
    other.close().await.unwrap();
    store.commit(sessions((0..200).map(|n| session("hk-01", n, n)))).await.unwrap();
}

#[tokio::test]
async fn a_schema_of_a_newer_build_is_refused() {
    let place = Place::new();
    place.open().await.close().await;
    let mut other = place.beside().await;
    let newest: i64 =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut other).await.unwrap();
    other
        .execute("INSERT INTO _sqlx_migrations VALUES (9000, 'later', CURRENT_TIMESTAMP, TRUE, x'00', 1)")
        .await
        .unwrap();
    other.close().await.unwrap();
    let error = Store::open(&place.url()).await.err().unwrap();
    assert_eq!(error, StoreError::NewerSchema { file: place.file(), found: 9000, known: newest });
    assert!(error.to_string().contains("install the newer build again"));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let place = Place::new();
    let file = place.folder.path().join("nowhere").join("hotspot.db");
    let error = Store::open(&format!("sqlite:{}", file.display())).await.err().unwrap();
    assert_eq!(error, StoreError::NotWritable { file });
}

#[tokio::test]
async fn a_url_of_another_database_is_refused_with_the_key_to_set() {
    for url in
        ["postgres://localhost/hotspot", "sqlite:", "sqlite::memory:", "sqlite:a.db?mode=ro", "mysql:x"]
    {
        let error = Store::open(url).await.err().unwrap();
        assert_eq!(error, StoreError::UnsupportedUrl { url: url.to_owned() });
        assert!(error.to_string().contains("set it to sqlite:FILE"));
    }
}

#[tokio::test]
async fn a_url_may_have_slashes_or_be_a_bare_path() {
    let place = Place::new();
    for url in [format!("sqlite://{}", place.file().display()), place.file().display().to_string()] {
        Store::open(&url).await.unwrap().close().await;
    }
    assert!(place.file().exists());
}
