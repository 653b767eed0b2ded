// Command ayni is the whole program: the server and the commands around it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ayni/internal/cli"
)

func main() { os.Exit(run()) }

// run runs the command until it is done. The first signal asks it to end, the
// second to hurry.
func run() int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	hurry := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		close(hurry)
	}()
	return cli.Run(ctx, os.Args[1:], cli.Streams{Out: os.Stdout, Err: os.Stderr, Hurry: hurry})
}
