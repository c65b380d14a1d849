//! Looking back: the facts of a postmortem. Recovery statistics join here when they are built.
