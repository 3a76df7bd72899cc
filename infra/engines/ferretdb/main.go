// The MongoDB protocol over SQLite files: FerretDB as one program without a server behind it.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:27017", "address to listen on")
	directory := flag.String("directory", "", "directory of the databases; it must exist")
	flag.Parse()
	if *directory == "" {
		log.Fatal("-directory is missing")
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: *listen},
		Handler:   "sqlite",
		SQLiteURL: "file:" + *directory + "/",
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on %s, databases in %s", *listen, *directory)
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
