// Package bench measures the product against its budgets: the real binary on
// generated data, beside bare baselines in the same run, so that the figures
// that count are ratios. `make bench` runs it; docs/performance.md holds the
// last results.
package bench
