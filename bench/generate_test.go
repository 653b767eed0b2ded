package bench

import (
	"context"
	"path/filepath"
	"testing"

	"ayni/internal/app"
	"ayni/internal/kernel/db/dbtest"
)

// generated is how many partnerships one round of BenchmarkGenerate makes.
const generated = 300

// BenchmarkGenerate measures what a new partnership with three parties costs,
// from the form to the checked journey: audit, rights, 35 states, waits,
// actions and deadlines.
func BenchmarkGenerate(b *testing.B) {
	engines := map[string]func(b *testing.B) string{
		"sqlite":   func(*testing.B) string { return "" },
		"postgres": func(b *testing.B) string { return dbtest.URL(b) },
	}
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				ctx := context.Background()
				o := app.Options{Data: filepath.Join(b.TempDir(), "data"), DBURL: engines[name](b), What: "bench"}
				_, err := app.BringUp(ctx, o)
				if err != nil {
					b.Fatal(err)
				}
				a, err := app.Open(ctx, o)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				_, err = Generate(ctx, a, generated)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				err = a.Close(ctx)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N)/generated, "ms/partnership")
		})
	}
}
