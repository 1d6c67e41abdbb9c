//! RADIUS against the real controller: by radclient and pyrad, by hand, with repetitions, lies and floods.

mod clients;
mod duplicates;
mod flood;
mod orders;
mod records;
mod restarts;
mod scene;
mod silence;
