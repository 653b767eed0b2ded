// Package archtest holds the house to its rules: who may import whom, who
// names which table, what no code may call, what every route and every text
// needs. Each rule says why it is there, and each is shown to fail on a small
// tree that breaks it. There is nothing here but tests.
package archtest
