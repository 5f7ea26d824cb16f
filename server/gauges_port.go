package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/switchboard"
)

var (
	portState    = prometheus.NewDesc("vetgraph_port_state", "1 for the state that a port is in.", []string{"port", "state"}, nil)
	portCalls    = prometheus.NewDesc("vetgraph_port_calls_total", "Calls through a port since this hub started.", []string{"port"}, nil)
	portFailures = prometheus.NewDesc("vetgraph_port_failures_total", "Calls through a port that failed.", []string{"port"}, nil)
	portAway     = prometheus.NewDesc("vetgraph_port_turned_away_total", "Calls that a port's gate did not let through.", []string{"port"}, nil)
	portRetried  = prometheus.NewDesc("vetgraph_port_retried_total", "Calls through a port that were repeated.", []string{"port"}, nil)
	portSlow     = prometheus.NewDesc("vetgraph_port_p99_seconds", "99th percentile of the last calls through a port.", []string{"port"}, nil)
	portErrors   = prometheus.NewDesc("vetgraph_port_error_rate", "Share of the last calls through a port that failed.", []string{"port"}, nil)
	portWaiting  = prometheus.NewDesc("vetgraph_port_waiting", "Items that wait to be delivered through a port, or for its receipt.", []string{"port"}, nil)
	portCert     = prometheus.NewDesc("vetgraph_port_certificate_expiry_seconds", "When a port's certificate ends, as Unix time.", []string{"port"}, nil)
)

// portGauges are how ports fare. Labels are IDs of the catalogue.
type portGauges struct{ hub *Hub }

// Describe implements prometheus.Collector.
func (*portGauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{portState, portCalls, portFailures, portAway, portRetried, portSlow, portErrors, portWaiting, portCert} {
		to <- d
	}
}

// Collect implements prometheus.Collector. What cannot be counted just now is left out.
func (g *portGauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(access.AsMachine(context.Background(), "metrics"), gaugePatience)
	defer cancel()
	ports := g.hub.catalog.Ports
	all, err := g.hub.Board.Running(ctx, ports)
	if err != nil {
		return
	}
	for i, r := range all {
		collect(to, ports[i].ID, r)
	}
}

func collect(to chan<- prometheus.Metric, id string, r *switchboard.Running) {
	gauge := func(d *prometheus.Desc, v float64, more ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{id}, more...)...)
	}
	gauge(portState, 1, r.State)
	gauge(portWaiting, float64(r.Waiting))
	if !r.Certificate.IsZero() {
		gauge(portCert, float64(r.Certificate.Unix()))
	}
	if r.State == switchboard.Unconnected {
		return
	}
	gauge(portSlow, r.P99.Seconds())
	gauge(portErrors, r.ErrorRate)
	for d, n := range map[*prometheus.Desc]int64{portCalls: r.Calls, portFailures: r.Failures, portAway: r.TurnedAway, portRetried: r.Retried} {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), id)
	}
}
