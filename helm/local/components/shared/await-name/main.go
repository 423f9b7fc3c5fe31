// Waits until a name resolves: what workers of a job do before their master is
// there. A resolver's "no such name" in one search domain is no reason to fail.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"
)

const patience = 10 * time.Minute

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: await-name NAME")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		addresses, err := net.DefaultResolver.LookupHost(ctx, os.Args[1])
		if err == nil && len(addresses) > 0 {
			fmt.Println(os.Args[1], "is", addresses[0])
			return
		}
		select {
		case <-ctx.Done():
			fmt.Fprintf(os.Stderr, "%s did not resolve in %s: %v\n", os.Args[1], patience, err)
			os.Exit(1)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
