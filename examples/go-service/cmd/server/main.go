package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
)

func main() {
	config := flag.String("config", "config.yaml", "path of the configuration")
	flag.Parse()
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok", *config)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
