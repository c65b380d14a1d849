//! What people read: units, money, time and sentences, and escaping for each medium.
