// Puts the image's kubectl where the launcher of an MPIJob looks for it. The Training
// Operator gives this a tenth of a core: it does nothing but copy.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const (
	source      = "/kubectl"
	usualFolder = "/opt/kube"
)

func deliver(folder string) error {
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	// Renamed when it is whole: a container that is started again may find a half.
	target := filepath.Join(folder, filepath.Base(source))
	to, err := os.OpenFile(target+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	return os.Rename(target+".new", target)
}

func main() {
	folder := os.Getenv("TARGET_DIR")
	if folder == "" {
		folder = usualFolder
	}
	if err := deliver(folder); err != nil {
		fmt.Fprintln(os.Stderr, "kubectl could not be delivered:", err)
		os.Exit(1)
	}
}
