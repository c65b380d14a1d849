//! PromQL: guard, plan, print, and evaluation over recorded samples.
