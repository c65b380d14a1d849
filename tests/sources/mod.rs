//! Sources against real Prometheus and VictoriaMetrics, and against servers that misbehave.

mod servers;
mod promql;
