//! Sample data: replayed through the engine and compared with its truth files.
