//! The watch in bad weather: an hour's life by seed, a thousand of them in every test run.
//!
//! `truth` makes a past, `doom` and `far` the world's ports, `house` the processes, `people` their orders; `life` lives
//! through it all, `audit` and `heard` hold the laws. Deliberately absent: sockets and files, which have tests of their own.

mod audit;
mod doom;
mod far;
mod heard;
mod house;
mod life;
mod people;
mod seeds;
mod truth;
