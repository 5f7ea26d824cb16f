package server

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/supervision"
)

var (
	jobsNow  = prometheus.NewDesc("vetgraph_jobs", "Jobs in the queue by state.", []string{"state"}, nil)
	itemsNow = prometheus.NewDesc("vetgraph_items", "Items by department and state.", []string{"department", "state"}, nil)
	oldest   = prometheus.NewDesc("vetgraph_oldest_silence_seconds", "Time since the open obligation that has waited longest was last heard of.", nil, nil)
	silent   = prometheus.NewDesc("vetgraph_silences", "Words owed that nobody has; must be 0 at every instant.", nil, nil)
	dbOpen   = prometheus.NewDesc("vetgraph_db_connections", "Open connections to the database by use.", []string{"use"}, nil)
)

// gauges are the numbers that are counted when somebody looks.
type gauges struct {
	hub *Hub

	mu    sync.Mutex
	found *supervision.Report // what was silent
	until time.Time           // how long that will do
}

// gaugePatience bounds how long the numbers of one look may take.
const gaugePatience = 5 * time.Second

// share is how much of the time may go into looking for silences, however often
// somebody asks: one part in so many.
const share = 20

// Describe implements prometheus.Collector.
func (*gauges) Describe(to chan<- *prometheus.Desc) {
	to <- jobsNow
	to <- itemsNow
	to <- oldest
	to <- silent
	to <- dbOpen
}

// Collect implements prometheus.Collector. What cannot be counted just now is left out.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gaugePatience)
	defer cancel()
	g.connections(to)
	db, done := g.hub.Store.SQL()
	defer done()
	rows, err := db.QueryContext(ctx, `SELECT '', CAST(state AS TEXT), count(*) FROM river_job GROUP BY 2
		UNION ALL SELECT department, state, count(*) FROM items GROUP BY 1, 2`)
	if err != nil {
		return
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var department, state string
		var n float64
		if rows.Scan(&department, &state, &n) != nil {
			return
		}
		if department == "" {
			to <- prometheus.MustNewConstMetric(jobsNow, prometheus.GaugeValue, n, state)
		} else {
			to <- prometheus.MustNewConstMetric(itemsNow, prometheus.GaugeValue, n, department, state)
		}
	}
	if rows.Err() == nil {
		g.silence(ctx, to)
	}
}

// silence is what supervision finds for the whole record. In a large one that is
// work for a second or two, and is not done for everybody who looks.
func (g *gauges) silence(ctx context.Context, to chan<- prometheus.Metric) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if start := time.Now(); start.After(g.until) {
		r, err := g.hub.Office.Silences(access.AsMachine(ctx, "metrics"), 0)
		if err != nil {
			return
		}
		g.found, g.until = r, time.Now().Add(share*time.Since(start))
	}
	to <- prometheus.MustNewConstMetric(oldest, prometheus.GaugeValue, g.found.Oldest.Seconds())
	to <- prometheus.MustNewConstMetric(silent, prometheus.GaugeValue, float64(g.found.Total))
}

func (g *gauges) connections(to chan<- prometheus.Metric) {
	s := g.hub.Store
	if s.Pool != nil {
		stat := s.Pool.Stat()
		to <- prometheus.MustNewConstMetric(dbOpen, prometheus.GaugeValue, float64(stat.AcquiredConns()), "busy")
		to <- prometheus.MustNewConstMetric(dbOpen, prometheus.GaugeValue, float64(stat.IdleConns()), "idle")
		return
	}
	stat := s.Writer.Stats()
	to <- prometheus.MustNewConstMetric(dbOpen, prometheus.GaugeValue, float64(stat.InUse), "busy")
	to <- prometheus.MustNewConstMetric(dbOpen, prometheus.GaugeValue, float64(stat.Idle), "idle")
}
